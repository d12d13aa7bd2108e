package tenant

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/controllers/crmconnection"
	"github.com/followup-dev/followup-operator/internal/reconciler"
)

// recountAfter is how long a Tenant waits for more of its connections to move before it counts them.
const recountAfter = 500 * time.Millisecond

// countConnections comes early, because a Tenant that waits or is refused has them too.
func (r *Reconciler) countConnections(ctx context.Context, s *scope) error {
	var connections v1alpha1.CRMConnectionList
	err := r.client.List(ctx, &connections, client.InNamespace(s.tenant.Namespace),
		client.MatchingFields{crmconnection.IndexTenant: s.tenant.Name}, client.UnsafeDisableDeepCopy)
	if err != nil {
		return err
	}
	var all, healthy int32
	for i := range connections.Items {
		counts, well := judge(&connections.Items[i])
		if counts {
			all++
		}
		if well {
			healthy++
		}
	}
	s.connections = &v1alpha1.ConnectionCount{Healthy: &healthy, Total: &all, Summary: fmt.Sprintf("%d/%d", healthy, all)}
	return nil
}

// judge says whether a connection counts, which one on its way out does not, and whether it is healthy: that its credentials are
// not tried yet, or nothing was asked of the provider, is no fault.
func judge(connection *v1alpha1.CRMConnection) (counts, healthy bool) {
	conditions := connection.Status.Conditions
	counts = connection.DeletionTimestamp.IsZero()
	return counts, counts && meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionReady) &&
		!meta.IsStatusConditionFalse(conditions, v1alpha1.ConditionVerified) &&
		!meta.IsStatusConditionFalse(conditions, v1alpha1.ConditionHealthy)
}

func sameCount(before, after *v1alpha1.CRMConnection) bool {
	counted, wasWell := judge(before)
	counts, isWell := judge(after)
	return counted == counts && wasWell == isWell
}

// recount has a Tenant count its connections anew. Those of the initial list are counted without: each Tenant is looked at then.
func recount() handler.EventHandler {
	soon := func(obj client.Object, queue reconciler.Queue) {
		if connection, ok := obj.(*v1alpha1.CRMConnection); ok {
			tenant := types.NamespacedName{Namespace: connection.Namespace, Name: connection.Spec.TenantRef.Name}
			queue.AddAfter(reconcile.Request{NamespacedName: tenant}, recountAfter)
		}
	}
	return handler.Funcs{
		CreateFunc: func(_ context.Context, e event.CreateEvent, queue reconciler.Queue) {
			if !e.IsInInitialList {
				soon(e.Object, queue)
			}
		},
		UpdateFunc: func(_ context.Context, e event.UpdateEvent, queue reconciler.Queue) { soon(e.ObjectNew, queue) },
		DeleteFunc: func(_ context.Context, e event.DeleteEvent, queue reconciler.Queue) { soon(e.Object, queue) },
	}
}
