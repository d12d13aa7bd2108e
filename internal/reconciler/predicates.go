package reconciler

import (
	"slices"

	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
)

// requests are the annotations by which people ask for something.
var requests = []string{v1alpha1.AnnotationReconcileRequestedAt, v1alpha1.AnnotationTakeOver, v1alpha1.AnnotationAbandonErasure}

// Asked passes what asks for work: a new or deleted object, a changed spec, annotation of ours or list of finalizers, and a
// resync; not our writes of status.
func Asked() predicate.Predicate {
	return predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
		before, after := e.ObjectOld, e.ObjectNew
		return before.GetGeneration() != after.GetGeneration() ||
			before.GetResourceVersion() == after.GetResourceVersion() ||
			!slices.Equal(before.GetFinalizers(), after.GetFinalizers()) ||
			slices.ContainsFunc(requests, func(name string) bool { return before.GetAnnotations()[name] != after.GetAnnotations()[name] })
	}}
}

// Changed passes creations, deletions, and the updates that same finds a difference in.
func Changed[T any](same func(before, after T) bool) predicate.Predicate {
	return predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
		before, isT := e.ObjectOld.(T)
		after, isToo := e.ObjectNew.(T)
		return isT && isToo && !same(before, after)
	}}
}
