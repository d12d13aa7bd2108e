package reconciler

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
	ctrl "sigs.k8s.io/controller-runtime"
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

// taskTimeout bounds one run of a task: a connection that is half dead must not hold up all that follow.
const taskTimeout = time.Minute

// Every returns a runnable of the leader that does something at once and then at each interval, or up to a tenth later: several
// operators of one database don't stay in step. A failure, or taking longer than a minute, is logged: the next interval tries again.
func Every(interval time.Duration, name string, do func(context.Context) error) manager.Runnable {
	return manager.RunnableFunc(func(ctx context.Context) error {
		log := ctrl.Log.WithName("housekeeping").WithValues("task", name)
		wait.JitterUntilWithContext(ctrl.LoggerInto(ctx, log), func(ctx context.Context) {
			timed, cancel := context.WithTimeout(ctx, taskTimeout)
			defer cancel()
			if err := do(timed); err != nil && ctx.Err() == nil {
				log.Error(err, "task failed, it is tried again", "after", interval.String())
			}
		}, interval, 0.1, true)
		return nil
	})
}
