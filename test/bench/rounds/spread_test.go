package rounds

import (
	"math"
	"testing"
)

func TestSpreadOfRounds(t *testing.T) {
	tests := map[string]struct {
		values []float64
		want   string
	}{
		"odd":  {values: []float64{3, 1, 2}, want: "2 (1...3)"},
		"even": {values: []float64{4, 1, 3, 2}, want: "2.5 (1...4)"},
		"one":  {values: []float64{7}, want: "7 (7...7)"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if got := Of(tc.values).Format("%g"); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
	if got := Of(nil); !math.IsNaN(got.Median) {
		t.Errorf("no rounds come to %v", got)
	}
}
