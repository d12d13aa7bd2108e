package main

import (
	"fmt"
	"strings"

	"github.com/followup-dev/followup-operator/test/bench/rounds"
)

// Sizes of the chart, in its own units.
const (
	chartWidth = 760
	barsLeft   = 200
	barsWidth  = 480 // of the longest
	barHeight  = 22
	barStep    = 32
)

const chartStyle = `  <style>
    .page { fill: #fff; stroke: #d0d7de }
    .bar { fill: #8c959f }
    .ours { fill: #0969da }
    .second { fill-opacity: .45 }
    text { font: 13px system-ui, "Segoe UI", "DejaVu Sans", sans-serif; fill: #1f2328 }
    .title { font-weight: 600 }
    .name { text-anchor: end }
    @media (prefers-color-scheme: dark) {
      .page { fill: #0d1117; stroke: #30363d }
      .bar { fill: #8b949e }
      .ours { fill: #58a6ff }
      text { fill: #e6edf3 }
    }
  </style>
`

// chart draws requests per second, and CPU per request, of each peer as an SVG.
func chart(results []result, connections int) []byte {
	var bars strings.Builder
	y := 14
	y = panel(&bars, y, results, connections, fmt.Sprintf("Acknowledged requests per second, %d under way at once: more is better", connections), throughput)
	y = panel(&bars, y, results, connections, "CPU for a request, µs: of the peer and, paler, of Postgres: less is better", peerCPU, postgresCPU)
	return fmt.Appendf(nil, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %[1]d %[2]d" width="%[1]d" height="%[2]d" role="img" aria-labelledby="title">
  <title id="title">Requests per second and CPU per request of the webhook and its peers</title>
%[3]s  <rect class="page" x=".5" y=".5" width="%[4]d" height="%[5]d" rx="10"/>
%[6]s</svg>
`, chartWidth, y, chartStyle, chartWidth-1, y-1, bars.String())
}

// panel draws a bar for each peer, of the medians of parts one behind the other, and returns where the next panel begins.
func panel(text *strings.Builder, y int, results []result, connections int, title string, parts ...func(result) float64) int {
	medians := map[string][]float64{}
	longest := 0.0
	for _, name := range names(results) {
		sum := 0.0
		for _, part := range parts {
			median := rounds.Over(of(results, name, connections), part).Median
			medians[name] = append(medians[name], median)
			sum += median
		}
		longest = max(longest, sum)
	}
	fmt.Fprintf(text, "  <text class=\"title\" x=\"20\" y=\"%d\">%s</text>\n", y+16, title)
	y += 30
	for _, name := range names(results) {
		class := "bar"
		if name == webhook {
			class = "ours"
		}
		fmt.Fprintf(text, "  <text class=\"name\" x=\"%d\" y=\"%d\">%s</text>\n", barsLeft-10, y+16, name)
		x, sum := float64(barsLeft), 0.0
		for i, value := range medians[name] {
			length := value / longest * barsWidth
			fmt.Fprintf(text, "  <rect class=\"%s%s\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\"/>\n",
				class, []string{"", " second"}[i], x, y, length, barHeight)
			x += length
			sum += value
		}
		fmt.Fprintf(text, "  <text x=\"%.1f\" y=\"%d\">%.0f</text>\n", x+8, y+16, sum)
		y += barStep
	}
	return y + 10
}
