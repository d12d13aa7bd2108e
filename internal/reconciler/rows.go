package reconciler

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
)

// DatabaseTimeout bounds what one phase asks of the database, so that its being away shows in the status.
const DatabaseTimeout = 5 * time.Second

// DatabaseFailure says that the database is away or refused something, without repeating what it said: that may quote a row
// or an address. It is retried with backoff, but for a value that the database will never take (SQLSTATE classes 22, data
// exception, and 23, integrity constraint violation), which only a change of the spec cures.
//
// Source: https://www.postgresql.org/docs/current/errcodes-appendix.html
func DatabaseFailure(cause error) error {
	message := "the database does not answer"
	if refusal, ok := errors.AsType[interface {
		error
		SQLState() string
	}](cause); ok {
		state := refusal.SQLState()
		if strings.HasPrefix(state, "22") || strings.HasPrefix(state, "23") {
			return Stalled(v1alpha1.ConditionDatabaseSynced, v1alpha1.ReasonRejected,
				"a value of the spec can't be stored (SQLSTATE %s); correct it: look for control characters, and for a \"/\" in the name or key of a Secret", state)
		}
		message = fmt.Sprintf("the database refused (SQLSTATE %s)", state)
	}
	return Transient(cause, v1alpha1.ConditionDatabaseSynced, v1alpha1.ReasonDatabaseUnavailable, "%s; it is retried", message)
}

// RowOwner is the object that a row was written for.
type RowOwner struct {
	types.NamespacedName
	UID types.UID // "" is any object of that name
}

// Gone asks the API server, and not a cache, whether the owner is deleted: whether no object of its name is there, or one
// with another UID. empty is of its kind.
func (o RowOwner) Gone(ctx context.Context, live client.Reader, empty client.Object) (bool, error) {
	err := live.Get(ctx, o.NamespacedName, empty)
	if apierrors.IsNotFound(err) {
		return true, nil
	}
	return err == nil && o.UID != "" && empty.GetUID() != o.UID, err
}

// Every returns a runnable of the leader that does something at once and then at each interval. A failure is logged: the next
// interval tries again.
func Every(interval time.Duration, name string, do func(context.Context) error) manager.Runnable {
	return manager.RunnableFunc(func(ctx context.Context) error {
		log := ctrl.Log.WithName("housekeeping").WithValues("task", name)
		wait.UntilWithContext(ctrl.LoggerInto(ctx, log), func(ctx context.Context) {
			if err := do(ctx); err != nil && ctx.Err() == nil {
				log.Error(err, "task failed, it is tried again", "after", interval.String())
			}
		}, interval)
		return nil
	})
}
