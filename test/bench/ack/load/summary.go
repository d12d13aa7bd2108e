package main

import (
	"slices"
	"time"

	"github.com/followup-dev/followup-operator/test/bench/ack/traffic"
)

// summarise counts what all lanes saw.
func summarise(lanes []*lane) traffic.Result {
	var all []time.Duration
	var seen traffic.Result
	for _, l := range lanes {
		all = append(all, l.took...)
		seen.Errors += l.wrong
		if l.wrong > 0 {
			seen.Error = l.err.Error()
		}
	}
	seen.Requests = len(all)
	slices.Sort(all)
	quantile := func(q float64) float64 {
		if len(all) == 0 {
			return 0
		}
		return float64(all[min(len(all)-1, int(q*float64(len(all))))]) / float64(time.Millisecond)
	}
	seen.P50, seen.P99, seen.P999 = quantile(.5), quantile(.99), quantile(.999)
	return seen
}
