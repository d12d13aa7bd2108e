package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/followup-dev/followup-operator/hack/cluster"
)

const clusterName = "demo"

// downPatience bounds how long going down may take, Ctrl-C or not.
const downPatience = time.Minute

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "\ndemo:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	options := cluster.Options{Name: clusterName, Out: os.Stdout}
	if len(args) == 1 && args[0] == "down" {
		return cluster.Down(ctx, options)
	}
	if len(args) > 0 {
		return fmt.Errorf("unknown argument %q; there is only: down", args[0])
	}
	s, err := newStack(options)
	if err != nil {
		return err
	}
	if err := s.up(ctx); err != nil {
		return s.down(ctx, err)
	}
	if err := s.tour(ctx); err != nil {
		return s.down(ctx, err)
	}
	if os.Getenv("DEMO_EXIT") == "1" {
		return s.down(ctx, s.judge(ctx))
	}
	s.howToGoOn()
	select {
	case <-ctx.Done():
	case <-s.cluster.Gone():
	}
	return s.down(ctx, nil)
}
