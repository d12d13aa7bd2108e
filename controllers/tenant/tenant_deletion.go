package tenant

import (
	"context"
	"errors"

	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/internal/reconciler"
	"github.com/followup-dev/followup-operator/internal/store"
)

// deleted retires the row of a Tenant that is gone. There is no finalizer to wait for it: a deletion never hangs, and one
// that nobody saw is found by retireMissed.
func (r *Reconciler) deleted(ctx context.Context, name types.NamespacedName) error {
	r.secrets.Forget(name)
	r.reporter.Gone(name)
	return r.retire(ctx, reconciler.RowOwner{NamespacedName: name})
}

// retireMissed retires the rows whose Tenant is gone, and wakes the refused: one may have been waiting for such a row, or for
// one that was removed by hand.
func (r *Reconciler) retireMissed(ctx context.Context) error {
	rows, err := r.rows.Owners(ctx)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if row.Kind != store.OwnedTenant {
			continue
		}
		owner := reconciler.RowOwner{
			NamespacedName: types.NamespacedName{Namespace: row.Namespace, Name: row.Name}, UID: types.UID(row.UID),
		}
		cached := &v1alpha1.Tenant{}
		if r.client.Get(ctx, owner.NamespacedName, cached) == nil && cached.UID == owner.UID {
			continue
		}
		err = errors.Join(err, r.retire(ctx, owner))
	}
	return errors.Join(err, r.wakeRefused(ctx))
}

// retire asks the API server before it believes that a Tenant is gone.
func (r *Reconciler) retire(ctx context.Context, owner reconciler.RowOwner) error {
	gone, err := owner.Gone(ctx, r.live, &v1alpha1.Tenant{})
	if err != nil || !gone {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, reconciler.DatabaseTimeout)
	defer cancel()
	retired, err := r.rows.RetireTenant(ctx, store.Owner{UID: string(owner.UID), Namespace: owner.Namespace, Name: owner.Name})
	if err != nil || !retired {
		return err
	}
	ctrl.LoggerFrom(ctx).Info("retired the rows of a deleted Tenant", "tenant", owner.NamespacedName)
	return r.wakeRefused(ctx)
}
