package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/followup-dev/followup-operator/test/bench/rounds"
)

// headline is the number of connections that the aims are about.
const headline = 16

// Values of a result.
func throughput(r result) float64  { return float64(r.Requests) / r.Seconds }
func peerCPU(r result) float64     { return r.perRequest(r.cpu) }
func postgresCPU(r result) float64 { return r.perRequest(r.postgres) }
func othersCores(r result) float64 { return r.others.Seconds() / r.Seconds }

// of selects results.
func of(results []result, peer string, connections int) []result {
	var some []result
	for _, r := range results {
		if r.peer == peer && r.connections == connections {
			some = append(some, r)
		}
	}
	return some
}

// names are the peers in the order in which they were first measured.
func names(results []result) []string {
	var all []string
	for _, r := range results {
		if !slices.Contains(all, r.peer) {
			all = append(all, r.peer)
		}
	}
	return all
}

// table is the result in Markdown, with what it was measured on.
func table(results []result, o options, machine string) string {
	var text strings.Builder
	fmt.Fprintf(&text, "\n%s\n\n", machine)
	fmt.Fprintf(&text, "%d rounds of %s; median (least...most) of the rounds. Meanwhile all else on the machine took %s cores.\n",
		o.rounds, o.measure, rounds.Over(results, othersCores).Format("%.1f"))
	for _, connections := range o.connections {
		fmt.Fprintf(&text, "\n%d under way at once:\n\n", connections)
		text.WriteString("| | req/s | p50 ms | p99 ms | p99.9 ms | CPU us/req | Postgres us/req | RSS / PSS MiB |\n|---|---|---|---|---|---|---|---|\n")
		for _, name := range names(results) {
			some := of(results, name, connections)
			fmt.Fprintf(&text, "| %s | %s | %s | %s | %s | %s | %s | %.0f / %.0f |\n", name,
				rounds.Over(some, throughput).Format("%.0f"),
				rounds.Over(some, func(r result) float64 { return r.P50 }).Format("%.1f"),
				rounds.Over(some, func(r result) float64 { return r.P99 }).Format("%.1f"),
				rounds.Over(some, func(r result) float64 { return r.P999 }).Format("%.1f"),
				rounds.Over(some, peerCPU).Format("%.0f"), rounds.Over(some, postgresCPU).Format("%.0f"),
				rounds.Over(some, func(r result) float64 { return r.rss }).Median, rounds.Over(some, func(r result) float64 { return r.pss }).Median)
		}
	}
	fmt.Fprintf(&text, "\nRequests not acknowledged: %s.\n", strings.Join(errorsOf(results), ", "))
	for _, a := range aims(results, aimed(o.connections)) {
		fmt.Fprintf(&text, "\n- %s", a)
	}
	text.WriteString("\n")
	return text.String()
}

// errorsOf counts, for each peer, what was not answered as it should be.
func errorsOf(results []result) []string {
	var all []string
	for _, name := range names(results) {
		wrong := 0
		for _, r := range results {
			if r.peer == name {
				wrong += r.Errors
			}
		}
		all = append(all, fmt.Sprintf("%s %d", name, wrong))
	}
	return all
}

// aimed is the number of connections that the aims are judged at.
func aimed(connections []int) int {
	if slices.Contains(connections, headline) {
		return headline
	}
	return connections[0]
}

// aims says of each whether it holds. Ratios are taken within a round, whose measurements lie seconds apart.
func aims(results []result, connections int) []string {
	var largest float64
	for _, r := range results {
		if r.peer == webhook {
			largest = max(largest, r.rss)
		}
	}
	ratio := func(other string, value func(result) float64) rounds.Spread {
		var all []float64
		theirs := of(results, other, connections)
		for i, ours := range of(results, webhook, connections) {
			all = append(all, value(ours)/value(theirs[i]))
		}
		return rounds.Of(all)
	}
	overFloor, overBolt, cpuOfBolt := ratio(floor, throughput), ratio(boltPeer, throughput), ratio(boltPeer, peerCPU)
	return []string{
		fmt.Sprintf("req/s of %s: %s; aim 0.7 or more: %s", floor, overFloor.Format("%.2f"), rounds.Verdict(overFloor.Median >= 0.7)),
		fmt.Sprintf("req/s of %s: %s; aim 2 or more: %s", boltPeer, overBolt.Format("%.2f"), rounds.Verdict(overBolt.Median >= 2)),
		fmt.Sprintf("CPU per request of %s: %s; aim 0.33 or less: %s", boltPeer, cpuOfBolt.Format("%.2f"), rounds.Verdict(cpuOfBolt.Median <= 1.0/3)),
		fmt.Sprintf("largest RSS of the webhook: %.0f MiB; aim 60 or less: %s", largest, rounds.Verdict(largest <= 60)),
	}
}
