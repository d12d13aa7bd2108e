package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

// options are what the flags say.
type options struct {
	rounds  int
	idle    int
	workers int
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
		fmt.Fprintln(os.Stderr, "bench-jobs:", err)
		os.Exit(1)
	}
}

func parse(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("jobs", flag.ContinueOnError)
	flags.IntVar(&o.rounds, "rounds", 5, "how often each measurement is made")
	flags.IntVar(&o.idle, "idle", 200, "how many jobs a round spaces out on an idle machine")
	flags.IntVar(&o.workers, "workers", 64, "how many jobs run at once; 64 is what a webhook has by default")
	return o, flags.Parse(args)
}

// run prints the table.
func run(ctx context.Context, o options) error {
	b, err := newBed(ctx, o.workers)
	if err != nil {
		return err
	}
	defer b.close()
	var results []result
	for round := range o.rounds {
		fmt.Fprintf(os.Stderr, "round %d of %d\n", round+1, o.rounds)
		for _, kind := range kinds {
			one, err := kind.measure(ctx, b, o)
			if err != nil {
				return fmt.Errorf("%s: %w", kind.name, err)
			}
			one.kind = kind.name
			results = append(results, one)
		}
	}
	fmt.Fprint(os.Stdout, table(results, o))
	return nil
}
