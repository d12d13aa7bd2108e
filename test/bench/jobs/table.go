package main

import (
	"fmt"
	"runtime"
	"strings"
	"time"

	"github.com/followup-dev/followup-operator/test/bench/rounds"
)

// table is the results in Markdown: of each number the median of the rounds, and the least and most.
func table(results []result, o options) string {
	var text strings.Builder
	load := rounds.Over(results, func(r result) float64 { return r.load })
	fmt.Fprintf(&text, "\n%s, %d cores, %s, %d workers. %d rounds: median (least...most). Load average as they began: %s.\n\n",
		time.Now().UTC().Format(time.DateOnly), runtime.NumCPU(), runtime.Version(), o.workers, o.rounds, load.Format("%.1f"))
	text.WriteString("| from asking to start, ms | p50 | p95 | p99 | all done after, s |\n|---|---|---|---|---|\n")
	for _, kind := range kinds {
		some := of(results, kind.name)
		drained := "-"
		if rounds.Over(some, seconds).Most > 0 {
			drained = rounds.Over(some, seconds).Format("%.1f")
		}
		fmt.Fprintf(&text, "| %s | %s | %s | %s | %s |\n", kind.name,
			rounds.Over(some, quantile(0.50)).Format("%.1f"), rounds.Over(some, quantile(0.95)).Format("%.1f"), rounds.Over(some, quantile(0.99)).Format("%.1f"), drained)
	}
	start := rounds.Over(of(results, kinds[0].name), quantile(0.50))
	extra := more(of(results, kinds[1].name), of(results, kinds[2].name))
	fmt.Fprintf(&text, "\n- start of a job when idle, p50: %s ms; aim 10 or less: %s\n", start.Format("%.1f"), rounds.Verdict(start.Median <= 10))
	fmt.Fprintf(&text, "- more at p95 beside the noise: %s ms; aim below 50: %s\n", extra.Format("%.1f"), rounds.Verdict(extra.Median < 50))
	return text.String()
}

// more is how much longer the p95 with noise is than the one without, of the same round.
func more(without, with []result) rounds.Spread {
	var all []float64
	for i := range with {
		all = append(all, quantile(0.95)(with[i])-quantile(0.95)(without[i]))
	}
	return rounds.Of(all)
}

// quantile is one of a result's waits, in milliseconds.
func quantile(q float64) func(result) float64 {
	return func(r result) float64 {
		return float64(r.waits[int(q*float64(len(r.waits)-1))]) / float64(time.Millisecond)
	}
}

func seconds(r result) float64 { return r.drained.Seconds() }

func of(results []result, kind string) (some []result) {
	for _, r := range results {
		if r.kind == kind {
			some = append(some, r)
		}
	}
	return some
}
