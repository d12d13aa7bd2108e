package main

import (
	"strings"
	"testing"
)

func TestVerdicts(t *testing.T) {
	all, err := bounds([]byte("- {metric: a, what: A, unit: s, atMost: 2}\n- {metric: b, what: B, atLeast: 0.5}\n"))
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		measured map[string]float64
		met      bool
		row      string
	}{
		"both at their bound":  {map[string]float64{"a": 2, "b": 0.5}, true, "| A | 2 s | at most 2 s | met |"},
		"one is too much":      {map[string]float64{"a": 2.1, "b": 0.5}, false, "| A | 2.1 s | at most 2 s | MISSED |"},
		"one is too little":    {map[string]float64{"a": 2, "b": 0.4}, false, "| B | 0.4 | at least 0.5 | MISSED |"},
		"one was not measured": {map[string]float64{"a": 2}, false, "| B | - | at least 0.5 | MISSED |"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			table, met := verdicts(all, test.measured)
			if met != test.met || !strings.Contains(table, test.row) {
				t.Errorf("met %v, want %v with %s in:\n%s", met, test.met, test.row, table)
			}
		})
	}
}

func TestRangesAreWhole(t *testing.T) {
	if all, err := bounds(ranges); err != nil || len(all) == 0 {
		t.Errorf("%d ranges, %v", len(all), err)
	}
	for name, text := range map[string]string{
		"no bound":     "- {metric: a}",
		"two bounds":   "- {metric: a, atMost: 1, atLeast: 0}",
		"no metric":    "- {atMost: 1}",
		"a misspelled": "- {metric: a, atmost: 1, atMots: 2}",
	} {
		if _, err := bounds([]byte(text)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
