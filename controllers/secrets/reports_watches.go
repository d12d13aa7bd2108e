package secrets

import (
	"context"

	esv1 "github.com/external-secrets/external-secrets/apis/externalsecrets/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/internal/reconciler"
)

// waker finds the owners, of one kind, of ExternalSecrets that are not fetched. For those that are, no report matters: so a
// start, which brings all reports at once, wakes few.
type waker struct {
	applied client.Reader
	kind    string
}

// onFailure wakes the owner of the ExternalSecret that an event is about.
func (w waker) onFailure() handler.EventHandler {
	return handler.EnqueueRequestsFromMapFunc(func(ctx context.Context, obj client.Object) []reconcile.Request {
		event, ok := obj.(*corev1.Event)
		if !ok {
			return nil
		}
		about := &esv1.ExternalSecret{}
		err := w.applied.Get(ctx, client.ObjectKey{Namespace: event.InvolvedObject.Namespace, Name: event.InvolvedObject.Name}, about)
		if err != nil {
			logUnlessMissing(ctx, err)
			return nil
		}
		return w.owners(*about)
	})
}

// onStore wakes the owners of the ExternalSecrets that a store is to serve.
func (w waker) onStore() handler.EventHandler {
	return handler.EnqueueRequestsFromMapFunc(func(ctx context.Context, store client.Object) []reconcile.Request {
		var declared esv1.ExternalSecretList
		if err := w.applied.List(ctx, &declared, client.InNamespace(store.GetNamespace())); err != nil {
			logUnlessMissing(ctx, err)
			return nil
		}
		var served []esv1.ExternalSecret
		for _, es := range declared.Items {
			if from := es.Spec.SecretStoreRef; from.Kind == esv1.SecretStoreKind && from.Name == store.GetName() {
				served = append(served, es)
			}
		}
		return w.owners(served...)
	})
}

func (w waker) owners(declared ...esv1.ExternalSecret) (requests []reconcile.Request) {
	for i := range declared {
		es := &declared[i]
		owner := metav1.GetControllerOf(es)
		if owner == nil || owner.Kind != w.kind || owner.APIVersion != v1alpha1.GroupVersion.String() || (upToDate(es) && !failed(es)) {
			continue
		}
		requests = append(requests, reconcile.Request{NamespacedName: types.NamespacedName{Namespace: es.Namespace, Name: owner.Name}})
	}
	return requests
}

func logUnlessMissing(ctx context.Context, err error) {
	if client.IgnoreNotFound(err) != nil && !meta.IsNoMatchError(err) {
		ctrl.LoggerFrom(ctx).Error(err, "can't wake the owners of ExternalSecrets")
	}
}

// newText passes what External Secrets says for the first time, and not that it says so again.
func newText() predicate.Predicate {
	return reconciler.Changed(func(before, after *corev1.Event) bool { return before.Message == after.Message })
}

// newReadiness passes that a store came, went, or changed its Ready.
func newReadiness() predicate.Predicate {
	return reconciler.Changed(func(before, after *esv1.SecretStore) bool { return readiness(before) == readiness(after) })
}
