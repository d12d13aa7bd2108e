package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/followup-dev/followup-operator/test/postgres"
)

// options are what the flags say.
type options struct {
	rounds      int
	measure     time.Duration
	connections []int
	webhook     string
	chart       string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	o, err := parse(os.Args[1:])
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err == nil {
		err = run(ctx, o)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench-ack:", err)
		os.Exit(1)
	}
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

// run prints the table, and an error if a peer lost a row.
func run(ctx context.Context, o options) error {
	notef("building the programs, making a database of %d tenants", tenants)
	b, err := newBed(ctx, o.webhook, postgres.RunDurable)
	if err != nil {
		return err
	}
	defer b.close()
	peers, err := b.startAll(ctx, true)
	if err != nil {
		return err
	}
	notef("%d rounds of %s, each peer with %v connections", o.rounds, o.measure, o.connections)
	results, err := b.measureAll(ctx, o, peers)
	if err != nil {
		return err
	}
	machine, err := b.describe(ctx)
	if err != nil {
		return err
	}
	fmt.Fprint(os.Stdout, table(results, o, machine))
	if o.chart == "" {
		return nil
	}
	return os.WriteFile(o.chart, chart(results, aimed(o.connections)), 0o644)
}

// notef tells whoever waits.
func notef(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
