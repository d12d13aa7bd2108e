package main

import (
	"context"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/followup-dev/followup-operator/internal/tenancy"
)

const (
	noise    = 4000 // jobs of the noisy tenant, and its limit a minute
	perQuiet = 10   // jobs of each quiet tenant
	quietGap = 200 * time.Millisecond
	idleGap  = 60 * time.Millisecond
)

// result is one measurement.
type result struct {
	kind    string
	waits   []time.Duration // from asking for a job until it starts, sorted
	drained time.Duration   // until all jobs were done, with noise
	load    float64         // of the machine, as it began
}

// kinds are the measurements, in the order in which they take turns.
var kinds = []struct {
	name    string
	measure func(context.Context, *bed, options) (result, error)
}{
	{"idle, one job at a time", idle},
	{"20 tenants", func(ctx context.Context, b *bed, _ options) (result, error) { return b.crowd(ctx, b.admit, false) }},
	{"20 tenants beside 4,000 jobs of another", func(ctx context.Context, b *bed, _ options) (result, error) {
		return b.crowd(ctx, b.admit, true)
	}},
	{"the same, first in, first out", func(ctx context.Context, b *bed, _ options) (result, error) {
		return b.crowd(ctx, b.insert, true)
	}},
}

// idle spaces jobs out, unevenly, so that they meet every phase of what runs by the clock.
func idle(ctx context.Context, b *bed, o options) (result, error) {
	measured, err := b.begin(ctx)
	if err != nil {
		return result{}, err
	}
	for i := range o.idle {
		pause(ctx, between(idleGap))
		wait, err := b.timed(ctx, b.quiet[i%len(b.quiet)], b.admit)
		if err != nil {
			return result{}, err
		}
		measured.waits = append(measured.waits, wait)
	}
	slices.Sort(measured.waits)
	return measured, nil
}

// crowd has the quiet tenants ask now and then, while the noisy one's jobs are all there already.
func (b *bed) crowd(ctx context.Context, how enqueue, noisy bool) (result, error) {
	measured, err := b.begin(ctx)
	if err != nil {
		return result{}, err
	}
	gate := make(chan struct{})
	b.gate.Store(&gate)
	if noisy {
		if err := b.dump(ctx, how); err != nil {
			return result{}, err
		}
	}
	began := time.Now()
	close(gate)
	var mu sync.Mutex
	var group errgroup.Group
	for _, tenant := range b.quiet {
		group.Go(func() error {
			waits, err := b.ask(ctx, tenant, how)
			mu.Lock()
			defer mu.Unlock()
			measured.waits = append(measured.waits, waits...)
			return err
		})
	}
	err = group.Wait()
	b.drained.Wait()
	measured.drained = time.Since(began)
	slices.Sort(measured.waits)
	return measured, err
}

// dump makes the noisy tenant's jobs, as if all had come in this moment. The first few occupy the workers, at the gate.
func (b *bed) dump(ctx context.Context, how enqueue) error {
	began := time.Now()
	b.drained.Add(noise)
	var group errgroup.Group
	group.SetLimit(poolSize)
	for range noise {
		group.Go(func() error { return how(ctx, b.newJob(b.noisy)) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	_, err := b.admin.Exec(ctx, `
		UPDATE river.river_job SET scheduled_at = least(scheduled_at + $1, now()) WHERE state = 'available'`, time.Since(began))
	return err
}

// ask is one quiet tenant, who asks for its jobs one by one and does not wait for them.
func (b *bed) ask(ctx context.Context, tenant tenancy.ID, how enqueue) ([]time.Duration, error) {
	waits := make([]time.Duration, perQuiet)
	var group errgroup.Group
	for i := range waits {
		pause(ctx, between(quietGap))
		group.Go(func() (err error) {
			waits[i], err = b.timed(ctx, tenant, how)
			return err
		})
	}
	return waits, group.Wait()
}

// begin clears the tables and lets the machine come to rest.
func (b *bed) begin(ctx context.Context) (result, error) {
	if err := b.reset(ctx); err != nil {
		return result{}, err
	}
	pause(ctx, time.Second)
	load, err := loadAverage()
	return result{load: load}, err
}

// loadAverage is that of the last minute.
func loadAverage() (float64, error) {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return 0, err
	}
	first, _, _ := strings.Cut(string(text), " ")
	return strconv.ParseFloat(first, 64)
}

// between is a random time whose mean is the given one.
func between(mean time.Duration) time.Duration { return rand.N(2 * mean) }

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
