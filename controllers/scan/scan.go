package scan

import (
	"context"
	"errors"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/followup-dev/followup-operator/internal/reconciler"
	"github.com/followup-dev/followup-operator/internal/store"
)

// Scanner compares the rows of one kind with its objects.
type Scanner struct {
	Cache client.Reader
	Live  client.Reader // the API server, and not a cache, says whether an object is deleted
	New   func() client.Object
	Waker *reconciler.Waker // of the kind
	// Rows has the visitor see all live rows of the kind.
	Rows func(ctx context.Context, visit store.Visit) error
	// Declared lists the objects whose status says that they have a row.
	Declared func(ctx context.Context) ([]types.NamespacedName, error)
	// Retire retires the rows of an owner, and says whether there were any. Without a UID it is any owner of the name.
	Retire func(ctx context.Context, owner store.Owner) (bool, error)
	// Retired, if not nil, is called after rows were retired.
	Retired func(ctx context.Context) error
}

// Scan retires the rows whose object was deleted while nobody watched, and wakes the objects whose row is not what they declare:
// it was changed, or it is gone. It sends some queries, however many rows there are, and writes nothing when all is well.
func (s *Scanner) Scan(ctx context.Context) error {
	declared, err := s.Declared(ctx) // before the rows: an object that comes meanwhile has its row already
	if err != nil {
		return err
	}
	rowless := make(map[types.NamespacedName]bool, len(declared))
	for _, name := range declared {
		rowless[name] = true
	}
	var failures []error // one row's hold up no other
	unread := s.Rows(ctx, func(ctx context.Context, page []store.ScannedRow) error {
		for _, row := range page {
			delete(rowless, nameOf(row.Owner))
			failures = append(failures, s.look(ctx, row))
		}
		return ctx.Err()
	})
	if err := errors.Join(append(failures, unread)...); err != nil {
		return err
	}
	for name := range rowless {
		ctrl.LoggerFrom(ctx).Info("an object has no row", "namespace", name.Namespace, "name", name.Name)
		if err := s.Waker.Wake(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

func (s *Scanner) look(ctx context.Context, row store.ScannedRow) error {
	gone, err := isGone(ctx, s.Cache, row.Owner, s.New())
	switch {
	case err != nil:
		return err
	case gone:
		return s.Deleted(ctx, row.Owner)
	case row.Drifted:
		return s.Waker.Wake(ctx, nameOf(row.Owner))
	default:
		return nil
	}
}

// Deleted retires the rows of an object that seems to be gone, if it is.
func (s *Scanner) Deleted(ctx context.Context, owner store.Owner) error {
	gone, err := isGone(ctx, s.Live, owner, s.New())
	if err != nil || !gone {
		return err
	}
	timed, cancel := context.WithTimeout(ctx, reconciler.DatabaseTimeout)
	defer cancel()
	retired, err := s.Retire(timed, owner)
	if err != nil || !retired {
		return err
	}
	ctrl.LoggerFrom(ctx).Info("retired the rows of a deleted object", "namespace", owner.Namespace, "name", owner.Name)
	if s.Retired == nil {
		return nil
	}
	return s.Retired(ctx)
}

// isGone says whether no object of the owner's name is there, or one with another UID. empty is of its kind.
func isGone(ctx context.Context, reader client.Reader, owner store.Owner, empty client.Object) (bool, error) {
	err := reader.Get(ctx, nameOf(owner), empty)
	if apierrors.IsNotFound(err) {
		return true, nil
	}
	return err == nil && owner.UID != "" && empty.GetUID() != types.UID(owner.UID), err
}

func nameOf(owner store.Owner) types.NamespacedName {
	return types.NamespacedName{Namespace: owner.Namespace, Name: owner.Name}
}
