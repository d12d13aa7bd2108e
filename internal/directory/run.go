package directory

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/followup-dev/followup-operator/internal/tenancy"
)

const (
	// refreshLimit bounds a read of one tenant, loadLimit one of all.
	refreshLimit = 2 * time.Second
	loadLimit    = 10 * time.Second

	minBackoff = 50 * time.Millisecond
	maxBackoff = 2 * time.Second
)

// Run keeps the directory current until ctx ends. It reconnects by itself.
func (d *Directory) Run(ctx context.Context) {
	swept := make(chan struct{})
	go func() {
		defer close(swept)
		d.sweep(ctx)
	}()
	d.listen(ctx)
	<-swept
}

func (d *Directory) listen(ctx context.Context) {
	backoff := minBackoff
	for ctx.Err() == nil {
		err := d.db.ListenTenants(ctx, d.app.ID, (*listener)(d))
		if d.listening.Swap(false) {
			backoff = minBackoff
		}
		if ctx.Err() != nil {
			return
		}
		d.log.Warn("tenant changes not heard, lookups go to the database", "error", err, "retry_in", backoff)
		wait(ctx, backoff)
		backoff = min(2*backoff, maxBackoff)
	}
}

// listener is a Directory that hears of changes; it implements store.TenantEvents.
type listener Directory

// Listening loads what changed before; from now on each change is notified.
func (l *listener) Listening(ctx context.Context) error {
	d := (*Directory)(l)
	ctx, cancel := context.WithTimeout(ctx, loadLimit)
	defer cancel()
	if err := d.loadSince(ctx, d.now()); err != nil {
		return err
	}
	d.listening.Store(true)
	d.changed(uuid.Nil)
	d.log.Info("tenants loaded, listening for changes", "tenants", d.Len())
	return nil
}

// Changed reads one tenant again.
func (l *listener) Changed(ctx context.Context, id tenancy.ID) error {
	ctx, cancel := context.WithTimeout(ctx, refreshLimit)
	defer cancel()
	err := (*Directory)(l).refresh(ctx, id)
	if err == nil {
		l.changed(id)
	}
	return err
}

// Alive notes that the connection works.
func (l *listener) Alive() { (*Directory)(l).mark(&l.heard) }

func (d *Directory) sweep(ctx context.Context) {
	for wait(ctx, d.sweepEvery); ctx.Err() == nil; wait(ctx, d.sweepEvery) {
		limited, cancel := context.WithTimeout(ctx, loadLimit)
		if err := d.loadSince(limited, d.now()); err != nil && ctx.Err() == nil {
			d.log.Warn("tenants not reloaded", "error", err)
		}
		cancel()
	}
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
