package retire

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

// Owners lists the live rows of all kinds. *store.Control does.
type Owners interface {
	Owners(ctx context.Context) ([]store.OwnedRow, error)
}

// Retirer retires the rows of deleted objects of one kind.
type Retirer struct {
	Cache  client.Reader
	Live   client.Reader // the API server, and not a cache, says whether an object is deleted
	New    func() client.Object
	Kind   store.OwnedKind
	Owners Owners
	// Retire retires the rows of an owner, and says whether there were any. Without a UID it is any owner of the name.
	Retire func(ctx context.Context, owner store.Owner) (bool, error)
	// Retired, if not nil, is called after rows were retired.
	Retired func(ctx context.Context) error
}

// Missed retires the rows whose object was deleted while nobody watched.
func (r *Retirer) Missed(ctx context.Context) error {
	rows, err := r.Owners.Owners(ctx)
	if err != nil {
		return err
	}
	var failures []error
	for _, row := range rows {
		if ctx.Err() != nil {
			break // the next run goes on from here
		}
		if row.Kind != r.Kind {
			continue
		}
		if gone, err := isGone(ctx, r.Cache, row.Owner, r.New()); err == nil && !gone {
			continue
		}
		failures = append(failures, r.Deleted(ctx, row.Owner))
	}
	return errors.Join(failures...)
}

// Deleted retires the rows of an object that seems to be gone, if it is.
func (r *Retirer) Deleted(ctx context.Context, owner store.Owner) error {
	gone, err := isGone(ctx, r.Live, owner, r.New())
	if err != nil || !gone {
		return err
	}
	timed, cancel := context.WithTimeout(ctx, reconciler.DatabaseTimeout)
	defer cancel()
	retired, err := r.Retire(timed, owner)
	if err != nil || !retired {
		return err
	}
	ctrl.LoggerFrom(ctx).Info("retired the rows of a deleted object", "kind", r.Kind, "namespace", owner.Namespace, "name", owner.Name)
	if r.Retired == nil {
		return nil
	}
	return r.Retired(ctx)
}

// isGone says whether no object of the owner's name is there, or one with another UID. empty is of its kind.
func isGone(ctx context.Context, reader client.Reader, owner store.Owner, empty client.Object) (bool, error) {
	err := reader.Get(ctx, client.ObjectKey{Namespace: owner.Namespace, Name: owner.Name}, empty)
	if apierrors.IsNotFound(err) {
		return true, nil
	}
	return err == nil && owner.UID != "" && empty.GetUID() != types.UID(owner.UID), err
}
