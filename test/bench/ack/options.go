package main

import (
	"flag"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// options are what the flags say.
type options struct {
	rounds      int
	measure     time.Duration
	connections []int
	webhook     string
	chart       string
}

func parse(args []string) (options, error) {
	o := options{connections: []int{1, 16, 64}}
	flags := flag.NewFlagSet("ack", flag.ContinueOnError)
	flags.IntVar(&o.rounds, "rounds", 5, "how often each peer is measured")
	flags.DurationVar(&o.measure, "measure", 4*time.Second, "how long each time, after a second of warming up")
	flags.Func("connections", "how many requests are under way at once, as 1,16,64", func(list string) (err error) {
		o.connections, err = numbers(list)
		return err
	})
	flags.StringVar(&o.webhook, "webhook", "", "measure this binary, such as one with symbols for a profiler, not one built as released")
	flags.StringVar(&o.chart, "chart", "", "draw the result into this SVG file")
	return o, flags.Parse(args)
}

func numbers(list string) ([]int, error) {
	var all []int
	for text := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("%q is no number of connections", text)
		}
		all = append(all, n)
	}
	return all, nil
}
