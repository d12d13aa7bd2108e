package main

import (
	"context"
	"errors"
	"flag"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // tenants name time zones; the image has no files of them

	_ "golang.org/x/crypto/x509roots/fallback" // vendors and Postgres speak TLS; the image has no CA files

	"k8s.io/klog/v2"
)

func main() {
	log := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	klog.SetSlogLogger(log)
	cfg, err := parseConfig(os.Args[1:], os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		log.Error("flags not understood", "error", err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal kills

	w, err := newWebhook(ctx, cfg, production, log)
	if err != nil {
		log.Error("webhook not started", "error", err)
		os.Exit(1)
	}
	if err := w.run(ctx); err != nil {
		log.Error("webhook failed", "error", err)
		os.Exit(1)
	}
}
