package reconciler

import (
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
)

// SpecChanged passes what asks for work: a new or deleted object, a changed spec, and a resync; not our writes of status.
func SpecChanged() predicate.Predicate {
	return predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
		return e.ObjectOld.GetGeneration() != e.ObjectNew.GetGeneration() ||
			e.ObjectOld.GetResourceVersion() == e.ObjectNew.GetResourceVersion()
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
