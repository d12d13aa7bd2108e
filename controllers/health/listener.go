package health

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/followup-dev/followup-operator/internal/reconciler"
	"github.com/followup-dev/followup-operator/internal/store"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// Rows tell what the webhooks found out. *store.Control is one.
type Rows interface {
	ListenHealth(ctx context.Context, events store.TenantEvents) error
	HealthOwners(ctx context.Context, id tenancy.ID) ([]store.OwnedRow, error)
	ChangedHealth(ctx context.Context, ago time.Duration) ([]tenancy.ID, error)
}

// LookEvery is the time between two looks for what was not heard of: a webhook that dies between a commit and its word.
const LookEvery = 10 * time.Minute

// lookBack overlaps with the look before.
const lookBack = LookEvery + 5*time.Minute

// Listener wakes the objects of which something new is known. It implements store.TenantEvents.
type Listener struct {
	Rows        Rows
	Tenants     *reconciler.Waker
	Connections *reconciler.Waker
}

// Run listens until the context ends. It holds a connection to Postgres of its own, of the leader alone, and makes a new one when
// that is lost: after 200 ms, then slower, up to 10 s.
func (l *Listener) Run(ctx context.Context) error {
	backoff := wait.Backoff{Duration: 200 * time.Millisecond, Factor: 2, Jitter: 0.1, Steps: 7, Cap: 10 * time.Second}
	log := ctrl.Log.WithName("health")
	delay := backoff.DelayWithReset(clock.RealClock{}, time.Minute)
	_ = delay.Until(ctx, true, true, func(ctx context.Context) (bool, error) {
		err := l.Rows.ListenHealth(ctx, l)
		if ctx.Err() == nil {
			log.Error(err, "health is not heard of; a new connection is made")
		}
		return false, nil
	})
	return nil // shutting down
}

// Look wakes the objects of which something became known lately.
func (l *Listener) Look(ctx context.Context) error {
	timed, cancel := context.WithTimeout(ctx, reconciler.DatabaseTimeout)
	defer cancel()
	changed, err := l.Rows.ChangedHealth(timed, lookBack)
	if err != nil {
		return err
	}
	for _, id := range changed {
		if err := l.Changed(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// Listening wakes those of which something became known while nobody listened. What is older a new leader sees anyway.
func (l *Listener) Listening(ctx context.Context) error { return l.Look(ctx) }

// Changed wakes a tenant's objects.
func (l *Listener) Changed(ctx context.Context, id tenancy.ID) error {
	timed, cancel := context.WithTimeout(ctx, reconciler.DatabaseTimeout)
	defer cancel()
	owners, err := l.Rows.HealthOwners(timed, id)
	if err != nil {
		return err
	}
	for _, owner := range owners {
		waker := l.Tenants
		if owner.Kind == store.OwnedConnection {
			waker = l.Connections
		}
		if err := waker.Wake(ctx, types.NamespacedName{Namespace: owner.Namespace, Name: owner.Name}); err != nil {
			return err
		}
	}
	return nil
}

// Alive has nothing to do: what is heard late is late, not wrong.
func (l *Listener) Alive() {}
