package secrets

import (
	"context"
	"maps"
	"slices"

	esv1 "github.com/external-secrets/external-secrets/apis/externalsecrets/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/followup-dev/followup-operator/internal/reconciler"
)

// LabelledOwner wakes the object that a Secret's label names.
func LabelledOwner(label string) handler.EventHandler {
	return handler.EnqueueRequestsFromMapFunc(func(_ context.Context, secret client.Object) []reconcile.Request {
		owner := types.NamespacedName{Namespace: secret.GetNamespace(), Name: secret.GetLabels()[label]}
		return []reconcile.Request{{NamespacedName: owner}}
	})
}

// Fetched passes what matters of an ExternalSecret: what we declared, and whether it was fetched. Its refreshTime changes
// each hour, and is nobody's concern.
func Fetched() predicate.Predicate {
	return reconciler.Changed(func(before, after *esv1.ExternalSecret) bool {
		return before.Generation == after.Generation &&
			maps.Equal(before.Labels, after.Labels) &&
			maps.Equal(before.Annotations, after.Annotations) &&
			len(before.OwnerReferences) == len(after.OwnerReferences) &&
			before.Status.SyncedResourceVersion == after.Status.SyncedResourceVersion &&
			slices.EqualFunc(before.Status.Conditions, after.Status.Conditions, func(a, b esv1.ExternalSecretStatusCondition) bool {
				return a.Type == b.Type && a.Status == b.Status
			})
	})
}
