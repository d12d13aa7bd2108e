package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // users' time zones, wherever this runs
)

func main() {
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, log, os.Args[1:]); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "doubles:", err)
		os.Exit(1)
	}
}

// options are the flags.
type options struct {
	control, slack, fathom, aws string // listen addresses
	anthropic, crono, google    string // as these
	hooksURL                    string
	seed                        string
}

func parse(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("doubles", flag.ContinueOnError)
	flags.StringVar(&o.control, "control-listen", "127.0.0.1:9400", "address of the control API; keep it private")
	flags.StringVar(&o.slack, "slack-listen", ":9401", "address of Slack: the Web API under /api/, response_urls under /commands/")
	flags.StringVar(&o.fathom, "fathom-listen", ":9402", "address of Fathom: the API under /external/v1/")
	flags.StringVar(&o.aws, "aws-listen", ":9403", "address of AWS Secrets Manager")
	flags.StringVar(&o.anthropic, "anthropic-listen", ":9404", "address of Anthropic: the API under /v1/")
	flags.StringVar(&o.crono, "crono-listen", ":9405", "address of Crono: the API under /api/v1/")
	flags.StringVar(&o.google, "google-listen", ":9406", "address of Google: Gmail under /gmail/v1/, Calendar under /calendar/v3/, tokens at /token")
	flags.StringVar(&o.hooksURL, "slack-hooks-url", "", "scheme and host of response_urls, as the app reaches this process (default: this machine)")
	flags.StringVar(&o.seed, "seed", "", "file to start from (required)")
	if err := flags.Parse(args); err != nil {
		return options{}, err
	}
	if o.seed == "" || flags.NArg() > 0 {
		return options{}, errors.New("want --seed=<file> and no arguments beside flags")
	}
	return o, nil
}

func run(ctx context.Context, log *slog.Logger, args []string) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	s, err := start(ctx, o)
	if err != nil {
		return err
	}
	for _, l := range s.listeners {
		log.Info("listening", "double", l.name, "address", l.Addr().String())
	}
	return s.serve(ctx)
}
