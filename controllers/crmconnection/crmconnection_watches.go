package crmconnection

import (
	"context"

	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
)

// IndexTenant is the field of the cache that finds the CRMConnections of a Tenant in its namespace.
const IndexTenant = "spec.tenantRef.name"

// index prepares the cache for finding the CRMConnections of a Tenant.
func index(ctx context.Context, mgr ctrl.Manager) error {
	return mgr.GetFieldIndexer().IndexField(ctx, &v1alpha1.CRMConnection{}, IndexTenant, func(obj client.Object) []string {
		connection, ok := obj.(*v1alpha1.CRMConnection)
		if !ok {
			return nil
		}
		return []string{connection.Spec.TenantRef.Name}
	})
}

// sameRow compares what connections depend on: whether the Tenant has a row.
func sameRow(before, after *v1alpha1.Tenant) bool {
	return before.Status.TenantID == after.Status.TenantID
}

func (r *Reconciler) ofTenant(ctx context.Context, tenant client.Object) []reconcile.Request {
	return r.connections(ctx, client.ObjectKeyFromObject(tenant))
}

// ofLabelled finds the connections of the Tenant that the label of a Secret or ConfigMap names: one of them may use it.
func (r *Reconciler) ofLabelled(ctx context.Context, labelled client.Object) []reconcile.Request {
	return r.connections(ctx, types.NamespacedName{Namespace: labelled.GetNamespace(), Name: labelled.GetLabels()[v1alpha1.LabelTenant]})
}

func (r *Reconciler) connections(ctx context.Context, tenant types.NamespacedName) []reconcile.Request {
	var connections v1alpha1.CRMConnectionList
	err := r.client.List(ctx, &connections, client.InNamespace(tenant.Namespace), client.MatchingFields{IndexTenant: tenant.Name})
	if err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "can't wake the CRMConnections of a Tenant", "tenant", tenant)
		return nil
	}
	return requests(connections)
}

func requests(connections v1alpha1.CRMConnectionList) []reconcile.Request {
	all := make([]reconcile.Request, len(connections.Items))
	for i := range connections.Items {
		all[i].NamespacedName = client.ObjectKeyFromObject(&connections.Items[i])
	}
	return all
}
