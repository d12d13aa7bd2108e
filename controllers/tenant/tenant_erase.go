package tenant

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/internal/reconciler"
	"github.com/followup-dev/followup-operator/internal/store"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// Eraser deletes tenants for good.
type Eraser interface {
	BeginErasure(ctx context.Context, owner store.Owner, slackTeamID, slackEnterpriseID string) ([]store.Erasure, error)
	EraseSome(ctx context.Context, id tenancy.ID) (store.Erased, error)
	FinishErasure(ctx context.Context, id tenancy.ID) error
	Tombstone(ctx context.Context, id tenancy.ID) (store.Tombstone, error)
}

const (
	// eraseFor is how long an erasure goes on before the status tells how far it is, and other Tenants have their turn.
	eraseFor = 3 * time.Second
	// eraseTimeout bounds a statement, which may delete thousands of long texts: one that is cut off begins anew.
	eraseTimeout = 30 * time.Second

	eraseOn   = 100 * time.Millisecond // until an erasure goes on
	lookAtJob = time.Second            // how often it is seen whether a running job has ended
)

// keepFinalizer comes before all that makes data, so that no deletion goes by what is to be erased.
func (r *Reconciler) keepFinalizer(ctx context.Context, s *scope) error {
	wanted := s.tenant.Spec.DeletionPolicy == v1alpha1.DeletionErase
	if controllerutil.ContainsFinalizer(s.tenant, v1alpha1.FinalizerErase) == wanted {
		return nil
	}
	return r.setFinalizer(ctx, s.tenant, wanted)
}

// setFinalizer writes the list only as it was read: somebody else's finalizer is not undone.
func (r *Reconciler) setFinalizer(ctx context.Context, tenant *v1alpha1.Tenant, wanted bool) error {
	changed := tenant.DeepCopy()
	if wanted {
		controllerutil.AddFinalizer(changed, v1alpha1.FinalizerErase)
	} else {
		controllerutil.RemoveFinalizer(changed, v1alpha1.FinalizerErase)
	}
	if err := r.client.Patch(ctx, changed, client.MergeFromWithOptions(tenant, client.MergeFromWithOptimisticLock{})); err != nil {
		return err
	}
	changed.DeepCopyInto(tenant)
	return nil
}

// leave erases the data of a Tenant that is being deleted, if that is its policy, and lets it go. With another policy there is
// nothing to do yet: its rows are retired when it is gone.
func (r *Reconciler) leave(ctx context.Context, tenant *v1alpha1.Tenant) (ctrl.Result, error) {
	if !controllerutil.ContainsFinalizer(tenant, v1alpha1.FinalizerErase) {
		return ctrl.Result{}, nil
	}
	before := tenant.DeepCopy()
	err := r.eraseUnlessGivenUp(ctx, tenant)
	if err == nil {
		err = client.IgnoreNotFound(r.setFinalizer(ctx, tenant, false))
	}
	if err == nil {
		return ctrl.Result{}, nil
	}
	return r.reporter.Finish(ctx, before, tenant, nil, err)
}

func (r *Reconciler) eraseUnlessGivenUp(ctx context.Context, tenant *v1alpha1.Tenant) error {
	if tenant.Spec.DeletionPolicy != v1alpha1.DeletionErase || tenant.Annotations[v1alpha1.AnnotationAbandonErasure] == "true" {
		ctrl.LoggerFrom(ctx).Info("let a Tenant go without erasing its data, as asked", "tenantID", tenant.Status.TenantID)
		return nil
	}
	if err := r.erase(ctx, tenant); err != nil {
		return err
	}
	return r.wakeRefused(ctx) // the workspace is free
}

// erase goes on with the erasure for a while, wherever it is, and returns nil when nothing is left. A workspace is one tenant of
// each app that the Tenant was declared for.
func (r *Reconciler) erase(ctx context.Context, tenant *v1alpha1.Tenant) error {
	timed, cancel := context.WithTimeout(ctx, reconciler.DatabaseTimeout)
	defer cancel()
	owner := store.Owner{Namespace: tenant.Namespace, Name: tenant.Name}
	erasures, err := r.rows.BeginErasure(timed, owner, tenant.Spec.Workspace.TeamID, tenant.Spec.Workspace.EnterpriseID)
	if err != nil {
		return notErased(err, tenant.Name)
	}
	pause := time.Now().Add(r.eraseFor)
	for _, erasure := range erasures {
		tenant.Status.TenantID = erasure.TenantID.String()
		tenant.Status.Erasure = &v1alpha1.Erasure{StartedAt: metav1.NewTime(erasure.StartedAt)}
		if err := r.eraseTenant(ctx, tenant, erasure.TenantID, pause); err != nil {
			return err
		}
	}
	if len(erasures) == 0 { // not known is whether the last one was written down
		return r.writeDown(ctx, tenant)
	}
	return nil
}

func (r *Reconciler) eraseTenant(ctx context.Context, tenant *v1alpha1.Tenant, id tenancy.ID, pause time.Time) error {
	for {
		erased, err := r.eraseSome(ctx, id)
		if err != nil {
			return notErased(err, tenant.Name)
		}
		tenant.Status.Erasure.Step, tenant.Status.Erasure.RowsDeleted = erased.Step, &erased.Total
		switch {
		case erased.Step == "":
			return r.finishErasure(ctx, tenant, id)
		case erased.Rows == 0:
			return erasing(lookAtJob, "the tenant's last jobs end, and then its data is deleted")
		case time.Now().After(pause):
			return erasing(eraseOn, "the tenant's data is being deleted; status.erasure tells how far that is")
		}
	}
}

func erasing(again time.Duration, message string) error {
	return reconciler.Waiting(again, "", v1alpha1.ReasonErasing, "%s", message)
}

func (r *Reconciler) eraseSome(ctx context.Context, id tenancy.ID) (store.Erased, error) {
	timed, cancel := context.WithTimeout(ctx, eraseTimeout)
	defer cancel()
	return r.rows.EraseSome(timed, id)
}

func (r *Reconciler) finishErasure(ctx context.Context, tenant *v1alpha1.Tenant, id tenancy.ID) error {
	timed, cancel := context.WithTimeout(ctx, eraseTimeout)
	defer cancel()
	if err := r.rows.FinishErasure(timed, id); err != nil {
		return notErased(err, tenant.Name)
	}
	return r.writeDown(ctx, tenant)
}

// writeDown logs the tombstone, so that after a restore from a backup it is known outside the database what was erased.
func (r *Reconciler) writeDown(ctx context.Context, tenant *v1alpha1.Tenant) error {
	id, err := uuid.Parse(tenant.Status.TenantID)
	if err != nil {
		return nil // it never had a row
	}
	timed, cancel := context.WithTimeout(ctx, reconciler.DatabaseTimeout)
	defer cancel()
	stone, err := r.rows.Tombstone(timed, id)
	if errors.Is(err, tenancy.ErrNotFound) {
		return nil
	}
	if err != nil {
		return notErased(err, tenant.Name)
	}
	ctrl.LoggerFrom(ctx).Info("erased a tenant", "tenantID", stone.TenantID, "slackAppID", stone.SlackAppID,
		"beganAt", stone.BeganAt, "erasedAt", stone.ErasedAt, "counts", stone.Counts, "digest", stone.Digest)
	return nil
}

// notErased is retried whatever the database says: no change of the spec would help.
func notErased(cause error, name string) error {
	return reconciler.Transient(cause, "", v1alpha1.ReasonDatabaseUnavailable,
		"the tenant's data can't be erased while the database does not answer, or refuses; it is retried. To let this Tenant go and keep what is left: "+
			"kubectl annotate tenant %s %s=true", name, v1alpha1.AnnotationAbandonErasure)
}
