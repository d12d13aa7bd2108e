package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/followup-dev/followup-operator/test/postgres"
)

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
