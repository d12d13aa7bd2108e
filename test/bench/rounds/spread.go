package rounds

import (
	"fmt"
	"math"
	"slices"
)

// Spread is the median of some rounds, with the least and the most of them; NaN of none.
type Spread struct{ Median, Least, Most float64 }

// Of is the spread of the given values.
func Of(values []float64) Spread {
	if len(values) == 0 {
		return Spread{math.NaN(), math.NaN(), math.NaN()}
	}
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	median := sorted[middle]
	if len(sorted)%2 == 0 {
		median = (sorted[middle-1] + sorted[middle]) / 2
	}
	return Spread{Median: median, Least: sorted[0], Most: sorted[len(sorted)-1]}
}

// Over is the spread of one value of each result.
func Over[R any](results []R, value func(R) float64) Spread {
	values := make([]float64, 0, len(results))
	for _, r := range results {
		values = append(values, value(r))
	}
	return Of(values)
}

// Format writes "median (least...most)", each with the verb.
func (s Spread) Format(verb string) string {
	return fmt.Sprintf(verb+" ("+verb+"..."+verb+")", s.Median, s.Least, s.Most)
}

// Verdict says whether an aim holds.
func Verdict(holds bool) string {
	if holds {
		return "met"
	}
	return "MISSED"
}
