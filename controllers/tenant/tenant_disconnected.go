package tenant

import (
	"context"
	"errors"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/followup-dev/followup-operator/internal/reconciler"
	"github.com/followup-dev/followup-operator/internal/store"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// hearDisconnections looks at the Tenants again whose installation the webhooks say has ended, until the context ends. It
// holds a connection to Postgres of its own, of the leader alone, and makes a new one when that is lost: after 200 ms, then
// slower, up to 10 s.
func (r *Reconciler) hearDisconnections(ctx context.Context) error {
	backoff := wait.Backoff{Duration: 200 * time.Millisecond, Factor: 2, Jitter: 0.1, Steps: 7, Cap: 10 * time.Second}
	log := ctrl.Log.WithName("tenant-disconnections")
	delay := backoff.DelayWithReset(clock.RealClock{}, time.Minute)
	_ = delay.Until(ctx, true, true, func(ctx context.Context) (bool, error) {
		err := r.rows.ListenDisconnections(ctx, disconnections{r})
		if ctx.Err() == nil {
			log.Error(err, "ends of installations are not heard; a new connection is made")
		}
		return false, nil
	})
	return nil // shutting down
}

// disconnections wakes Tenants; it implements store.TenantEvents.
type disconnections struct{ *Reconciler }

// Listening wakes all that are disconnected: nobody listened when that happened.
func (d disconnections) Listening(ctx context.Context) error {
	timed, cancel := context.WithTimeout(ctx, reconciler.DatabaseTimeout)
	defer cancel()
	owners, err := d.rows.DisconnectedOwners(timed)
	if err != nil {
		return err
	}
	for _, owner := range owners {
		if err := d.wakeOwner(ctx, owner); err != nil {
			return err
		}
	}
	return nil
}

// Changed wakes one.
func (d disconnections) Changed(ctx context.Context, id tenancy.ID) error {
	timed, cancel := context.WithTimeout(ctx, reconciler.DatabaseTimeout)
	defer cancel()
	owner, err := d.rows.DisconnectedOwner(timed, id)
	if errors.Is(err, tenancy.ErrNotFound) {
		return nil // it was retired, or has another installation by now
	}
	if err != nil {
		return err
	}
	return d.wakeOwner(ctx, owner)
}

// Alive has nothing to do: what is heard late is late, not wrong.
func (d disconnections) Alive() {}

func (d disconnections) wakeOwner(ctx context.Context, owner store.Owner) error {
	return d.waker.Wake(ctx, types.NamespacedName{Namespace: owner.Namespace, Name: owner.Name})
}
