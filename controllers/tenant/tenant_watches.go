package tenant

import (
	"context"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/internal/reconciler"
)

// IndexSlackApp is the field of the cache that finds the Tenants of a SlackApp in its namespace.
const IndexSlackApp = "spec.slackAppRef.name"

const indexReason = "status.ready.reason"

// index prepares the cache for finding the Tenants of a SlackApp, and those that were refused.
func index(ctx context.Context, mgr ctrl.Manager) error {
	fields := map[string]func(*v1alpha1.Tenant) string{
		IndexSlackApp: func(t *v1alpha1.Tenant) string { return t.Spec.SlackAppRef.Name },
		indexReason: func(t *v1alpha1.Tenant) string {
			if ready := reconciler.Ready(t); ready != nil {
				return ready.Reason
			}
			return ""
		},
	}
	for field, value := range fields {
		err := mgr.GetFieldIndexer().IndexField(ctx, &v1alpha1.Tenant{}, field, func(obj client.Object) []string {
			tenant, ok := obj.(*v1alpha1.Tenant)
			if !ok {
				return nil
			}
			return []string{value(tenant)}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// ofSlackApp finds the Tenants of a SlackApp that came, went, was refused or admitted, or has other plans.
func (r *Reconciler) ofSlackApp(ctx context.Context, app client.Object) []reconcile.Request {
	var tenants v1alpha1.TenantList
	err := r.client.List(ctx, &tenants, client.InNamespace(app.GetNamespace()), client.MatchingFields{IndexSlackApp: app.GetName()})
	if err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "can't wake the Tenants of a SlackApp", "slackApp", app.GetName())
		return nil
	}
	requests := make([]reconcile.Request, len(tenants.Items))
	for i := range tenants.Items {
		requests[i].NamespacedName = client.ObjectKeyFromObject(&tenants.Items[i])
	}
	return requests
}

// wakeRefused has the Tenants looked at again whose workspace was claimed by another, or is being erased.
func (r *Reconciler) wakeRefused(ctx context.Context) error {
	for _, reason := range []string{v1alpha1.ReasonWorkspaceAlreadyClaimed, v1alpha1.ReasonErasing} {
		var refused v1alpha1.TenantList
		if err := r.client.List(ctx, &refused, client.MatchingFields{indexReason: reason}); err != nil {
			return err
		}
		for i := range refused.Items {
			if err := r.waker.Wake(ctx, client.ObjectKeyFromObject(&refused.Items[i])); err != nil {
				return err
			}
		}
	}
	return nil
}
