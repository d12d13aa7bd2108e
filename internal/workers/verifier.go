package workers

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/followup-dev/followup-operator/internal/adapters"
	"github.com/followup-dev/followup-operator/internal/jobs"
	"github.com/followup-dev/followup-operator/internal/store"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

const (
	// lookEvery is the time between two looks at all credentials: for what was not heard of, and for those that are to be tried again.
	lookEvery = 10 * time.Minute
	// lookApart lets what changes together be looked at together.
	lookApart = 200 * time.Millisecond
	lookLimit = time.Minute
)

// Verifier has the credentials of an app's tenants tried at their providers: each once, soon after it is there, and one that was
// accepted about once a day. In several processes of an app it does the same: a try that is waiting is not enqueued again.
type Verifier struct {
	Adapters *adapters.Adapters
	Tenants  func() []tenancy.Tenant // of the app
	Checks   func(ctx context.Context) (map[tenancy.ID]store.TenantChecks, error)
	Enqueue  func(ctx context.Context, wanted []jobs.VerifyCredentials) error
	Log      *slog.Logger

	mu      sync.Mutex
	changed map[string]bool // tenants by ID or owner; "" is all
	wake    chan struct{}
	once    sync.Once
}

// TenantChanged has a tenant looked at soon, all of them for uuid.Nil.
func (v *Verifier) TenantChanged(id tenancy.ID) {
	if id == uuid.Nil {
		v.look("")
		return
	}
	v.look(id.String())
}

// SecretChanged has the tenant looked at soon that the Tenant of this name declares, all of them for "".
func (v *Verifier) SecretChanged(tenant string) { v.look(tenant) }

func (v *Verifier) look(name string) {
	v.mu.Lock()
	if v.changed == nil {
		v.changed = map[string]bool{}
	}
	v.changed[name] = true
	v.mu.Unlock()
	select {
	case v.woken() <- struct{}{}:
	default: // one that was not heard yet serves this, too
	}
}

func (v *Verifier) woken() chan struct{} {
	v.once.Do(func() { v.wake = make(chan struct{}, 1) })
	return v.wake
}

func (v *Verifier) taken() map[string]bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	names := v.changed
	v.changed = nil
	return names
}

// Run looks until ctx ends.
func (v *Verifier) Run(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			v.look("")
			continue
		case <-v.woken():
		}
		if err := v.Look(ctx, v.taken()); err != nil && ctx.Err() == nil {
			v.Log.Warn("credentials not looked at, they will be within ten minutes", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(lookApart):
		}
	}
}

// Look enqueues the tries that are due of these tenants.
func (v *Verifier) Look(ctx context.Context, names map[string]bool) error {
	ctx, cancel := context.WithTimeout(ctx, lookLimit)
	defer cancel()
	known := func(ctx context.Context, tenant tenancy.Tenant) (store.TenantChecks, error) {
		return v.Adapters.Checks(ctx, tenant)
	}
	if names[""] {
		all, err := v.Checks(ctx)
		if err != nil {
			return err
		}
		known = func(_ context.Context, tenant tenancy.Tenant) (store.TenantChecks, error) { return all[tenant.ID], nil }
	}
	var wanted []jobs.VerifyCredentials
	for _, tenant := range v.Tenants() {
		if !names[""] && !names[tenant.ID.String()] && !names[tenant.Owner] {
			continue
		}
		checks, err := known(ctx, tenant)
		if err != nil {
			return err
		}
		for _, due := range v.Adapters.DueTrials(ctx, tenant, checks) {
			wanted = append(wanted, jobs.VerifyCredentials{TenantID: tenant.ID, Subject: due.Subject, Attempt: due.Attempt})
		}
	}
	return v.Enqueue(ctx, wanted)
}
