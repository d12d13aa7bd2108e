package reconciler

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/source"
)

// Waker has objects of one kind looked at again, for what no watch tells. A nil one wakes nobody.
type Waker struct {
	woken chan event.GenericEvent
}

// NewWaker returns a Waker, whose Source its kind's controller is to watch.
func NewWaker() *Waker { return &Waker{woken: make(chan event.GenericEvent)} }

// Source has the objects that are woken.
func (w *Waker) Source() source.Source {
	return source.Channel(w.woken, &handler.EnqueueRequestForObject{})
}

// Wake has the object looked at again. It blocks until the controller runs, or the context ends.
func (w *Waker) Wake(ctx context.Context, object types.NamespacedName) error {
	if w == nil {
		return nil
	}
	named := &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Namespace: object.Namespace, Name: object.Name}}
	select {
	case w.woken <- event.GenericEvent{Object: named}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
