package main

import (
	"context"
	"errors"
	"flag"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	_ "time/tzdata" // tenants name time zones; the image has no files of them

	_ "golang.org/x/crypto/x509roots/fallback" // vendors and Postgres speak TLS; the image has no CA files

	"github.com/go-logr/logr"
	"k8s.io/klog/v2"
	ctrl "sigs.k8s.io/controller-runtime"
)

// gcPercent trades CPU, of which the operator at rest takes next to none, for memory, of which its caches take most: Go's default
// would let the heap grow to twice of what is alive. GOGC in the environment comes before it.
const gcPercent = 25

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	log := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	klog.SetSlogLogger(log)
	ctrl.SetLogger(logr.FromSlogHandler(log.Handler()))

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal kills

	err := run(ctx, os.Args[1:], log)
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return
	}
	log.Error("operator ended", "error", err)
	os.Exit(1)
}

func run(ctx context.Context, args []string, log *slog.Logger) error {
	if len(args) > 0 && args[0] == "migrate" {
		return migrate(ctx, args[1:], os.Stderr, log)
	}
	return manage(ctx, args, os.Stderr, log)
}
