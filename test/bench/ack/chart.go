package main

import (
	"fmt"
	"strings"
)

// chart draws requests per second and CPU per request of each peer.
func chart(results []result) []byte {
	const (
		left, width  = 190, 470 // of the bars
		bar, gap     = 22, 12
		panel        = 34 // a panel's title
		grey, colour = "#9aa5b1", "#2563eb"
	)
	connections := headline
	if len(of(results, webhook, headline)) == 0 {
		connections = results[0].connections
	}
	all := names(results)
	var text strings.Builder
	y := 10
	draw := func(title string, unit string, parts ...func(result) float64) {
		fmt.Fprintf(&text, `<text x="10" y="%d" class="title">%s</text>`+"\n", y+18, title)
		y += panel
		most := 0.0
		for _, name := range all {
			sum := 0.0
			for _, part := range parts {
				sum += over(of(results, name, connections), part).median
			}
			most = max(most, sum)
		}
		for _, name := range all {
			fill := grey
			if name == webhook {
				fill = colour
			}
			fmt.Fprintf(&text, `<text x="%d" y="%d" class="name">%s</text>`+"\n", left-10, y+16, name)
			x, sum := float64(left), 0.0
			for i, part := range parts {
				value := over(of(results, name, connections), part).median
				length := value / most * width
				fmt.Fprintf(&text, `<rect x="%.1f" y="%d" width="%.1f" height="%d" fill="%s" fill-opacity="%.2f"/>`+"\n", x, y, length, bar, fill, 1-0.55*float64(i))
				x += length
				sum += value
			}
			fmt.Fprintf(&text, `<text x="%.1f" y="%d" class="value">%.0f%s</text>`+"\n", x+6, y+16, sum, unit)
			y += bar + gap
		}
		y += 8
	}
	draw(fmt.Sprintf("Acknowledged requests per second, %d under way at once (more is better)", connections), "", throughput)
	draw("CPU per request in microseconds: the peer, and paler, Postgres for it (less is better)", "", peerCPU, postgresCPU)
	return fmt.Appendf(nil, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 740 %d" font-family="system-ui, sans-serif" font-size="14">
<style>.title{font-weight:600}.name{text-anchor:end}text{fill:#1f2933}</style>
<rect width="740" height="%d" fill="#ffffff"/>
%s</svg>
`, y, y, text.String())
}
