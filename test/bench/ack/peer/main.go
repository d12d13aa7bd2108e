package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "peer:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	listen := flag.String("listen", "", "address to serve, host:port")
	dsnFile := flag.String("dsn-file", "", "file with the DSN of the webhook's login")
	connections := flag.Int("connections", 10, "size of the pool")
	recorded := flag.String("recording", "", "file with what the webhook sent; without it a request is one audit row")
	flag.Parse()

	work := auditRow
	if *recorded != "" {
		text, err := os.ReadFile(*recorded)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(text, &work); err != nil {
			return fmt.Errorf("read the recording: %w", err)
		}
	}
	pool, err := openPool(ctx, *dsnFile, *connections)
	if err != nil {
		return err
	}
	defer pool.Close()
	tenants, err := loadTenants(ctx, pool)
	if err != nil {
		return err
	}
	server := &http.Server{Addr: *listen, Handler: &handler{pool: pool, tenants: tenants, work: work}}
	context.AfterFunc(ctx, func() { server.Close() })
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", *listen)
	if err != nil {
		return err
	}
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
