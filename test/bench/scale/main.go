package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"
)

// options are what the flags say.
type options struct {
	tenants int
	latency int
	out     string
	check   string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctrl.SetLogger(logr.Discard()) // the runner's own clients have nothing to tell
	o, err := parse(os.Args[1:])
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err == nil {
		err = run(ctx, o)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench-scale:", err)
		os.Exit(1)
	}
}

func parse(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("scale", flag.ContinueOnError)
	flags.IntVar(&o.tenants, "tenants", 10_000, "how many Tenants there are, at least 2, each with two CRMConnections")
	flags.IntVar(&o.latency, "new", 200, "how many more are made one after another while the rest is at rest")
	flags.StringVar(&o.out, "out", "bin/bench/scale", "directory for the result, the operator's log and its profiles")
	flags.StringVar(&o.check, "check", "", "measure nothing: judge this result.json")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if o.tenants < 2 || o.latency < 1 {
		return o, errors.New("-tenants must be at least 2, -new at least 1")
	}
	return o, nil
}

// run prints the tables, and an error if something is out of its range.
func run(ctx context.Context, o options) error {
	if o.check != "" {
		return judge(o.check)
	}
	if err := os.MkdirAll(o.out, 0o755); err != nil {
		return err
	}
	measured, err := measure(ctx, o)
	if err != nil {
		err = fmt.Errorf("%w; next: read %s", err, filepath.Join(o.out, logFile))
	}
	file := filepath.Join(o.out, "result.json")
	if err := errors.Join(err, measured.write(file)); err != nil {
		return err
	}
	fmt.Fprint(os.Stdout, measured.tables())
	err = judge(file)
	notef("the result is in %s; where the time goes: go tool pprof -top %s", file, filepath.Join(o.out, "cold-start.cpu"))
	return err
}

// notef tells whoever waits.
func notef(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
