package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/followup-dev/followup-operator/internal/schema"
)

// run serves until ctx ends, then drains.
func (w *webhook) run(ctx context.Context) error {
	defer w.closePools()
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	var running sync.WaitGroup
	defer running.Wait()
	defer stop()

	failed := make(chan error, 2)
	for _, s := range []*server{w.public, w.metrics} {
		running.Go(func() { failed <- s.serve() })
	}
	defer w.metrics.close()
	defer w.public.close()
	w.log.Info("listening", "public", w.public.listener.Addr(), "metrics", w.metrics.listener.Addr())
	if w.secrets != nil {
		running.Go(func() { w.secrets.Run(background) })
	}
	if err := w.waitToStart(ctx); err != nil {
		w.log.Info("stopped before the start", "error", err)
		return nil
	}
	running.Go(func() { w.tenants.Run(background) })
	running.Go(func() { w.enqueuer.Run(background) })
	running.Go(func() { w.notices.Run(background) })
	if w.workers > 0 {
		if err := w.river.Start(background); err != nil {
			return err
		}
		running.Go(func() { w.sweeper.Run(background) })
		running.Go(func() { w.verifier.Run(background) })
		running.Go(func() { w.health.Run(background) })
	}
	select {
	case err := <-failed:
		return errors.Join(err, w.shutdown(background))
	case <-ctx.Done():
		return w.shutdown(background)
	}
}

// shutdown loses no request and no job: what is not finished in time is still in the database.
func (w *webhook) shutdown(ctx context.Context) error {
	w.ready.Drain()
	w.log.Info("draining: not ready, still serving", "for", w.timing.linger)
	<-time.After(w.timing.linger)

	serving, cancel := context.WithTimeout(ctx, w.timing.serve)
	defer cancel()
	err := w.public.http.Shutdown(serving)
	w.log.Info("draining: requests finished", "error", err)

	// River cancels what runs longer than timing.work; the second more is for writing that down.
	working, cancel := context.WithTimeout(ctx, w.timing.work+time.Second)
	defer cancel()
	err = errors.Join(err, w.river.Stop(working))
	w.log.Info("drained: jobs finished", "error", err)
	return err
}

// waitToStart returns when the database has the schema of this binary and the Secrets are listed, or with an error when
// ctx ends first.
func (w *webhook) waitToStart(ctx context.Context) error {
	const retry = 2 * time.Second
	for err := schema.Check(ctx, w.workerDSN); err != nil; err = schema.Check(ctx, w.workerDSN) {
		w.log.Warn("database not ready", "error", err, "retry_in", retry)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(retry):
		}
	}
	if w.secrets == nil {
		return nil
	}
	return w.secrets.WaitForSync(ctx)
}

func (w *webhook) closePools() {
	for _, pool := range w.pools {
		pool.Close()
	}
}
