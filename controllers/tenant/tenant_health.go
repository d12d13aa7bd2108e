package tenant

import (
	"context"
	"time"

	"github.com/google/uuid"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/internal/reconciler"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// hearHealth looks at the Tenants again whose installation the webhooks say has ended, until the context ends. It holds a
// connection to Postgres of its own, of the leader alone, and makes a new one when that is lost: after 200 ms, then slower,
// up to 10 s.
func (r *Reconciler) hearHealth(ctx context.Context) error {
	backoff := wait.Backoff{Duration: 200 * time.Millisecond, Factor: 2, Jitter: 0.1, Steps: 7, Cap: 10 * time.Second}
	log := ctrl.Log.WithName("tenant-health")
	delay := backoff.DelayWithReset(clock.RealClock{}, time.Minute)
	_ = delay.Until(ctx, true, true, func(ctx context.Context) (bool, error) {
		err := r.rows.ListenHealth(ctx, healthEvents{r})
		if ctx.Err() == nil {
			log.Error(err, "ends of installations are not heard; a new connection is made")
		}
		return false, nil
	})
	return nil // shutting down
}

// healthEvents wakes Tenants; it implements store.TenantEvents.
type healthEvents struct{ *Reconciler }

// Listening wakes all that are disconnected: nobody listened when that happened.
func (h healthEvents) Listening(ctx context.Context) error { return h.wakeDisconnected(ctx, uuid.Nil) }

// Changed wakes one.
func (h healthEvents) Changed(ctx context.Context, id tenancy.ID) error {
	return h.wakeDisconnected(ctx, id)
}

// Alive has nothing to do: what is heard late is late, not wrong.
func (h healthEvents) Alive() {}

func (r *Reconciler) wakeDisconnected(ctx context.Context, id tenancy.ID) error {
	timed, cancel := context.WithTimeout(ctx, reconciler.DatabaseTimeout)
	defer cancel()
	owners, err := r.rows.DisconnectedOwners(timed, id)
	if err != nil {
		return err
	}
	for _, owner := range owners {
		tenant := &v1alpha1.Tenant{ObjectMeta: metav1.ObjectMeta{Namespace: owner.Namespace, Name: owner.Name}}
		if err := r.wake(ctx, tenant); err != nil {
			return err
		}
	}
	return nil
}

// wake has a Tenant looked at again.
func (r *Reconciler) wake(ctx context.Context, tenant *v1alpha1.Tenant) error {
	select {
	case r.woken <- event.GenericEvent{Object: tenant}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
