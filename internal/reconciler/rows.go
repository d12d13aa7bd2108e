package reconciler

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
)

// DatabaseTimeout bounds what one phase asks of the database, so that its being away shows in the status.
const DatabaseTimeout = 5 * time.Second

// Synced is the finding that the database has what obj says. If something had to be repaired, that is told until the spec
// changes: repaired are the columns that somebody else had changed.
func Synced(obj Object, message string, repairedColumns []string) metav1.Condition {
	before := meta.FindStatusCondition(*obj.StatusConditions(), v1alpha1.ConditionDatabaseSynced)
	switch {
	case len(repairedColumns) > 0:
		return True(v1alpha1.ConditionDatabaseSynced, v1alpha1.ReasonRepaired,
			fmt.Sprintf("%s; %s", repaired(repairedColumns), message))
	case before != nil && before.Reason == v1alpha1.ReasonRepaired && before.ObservedGeneration == obj.GetGeneration():
		return *before
	default:
		return True(v1alpha1.ConditionDatabaseSynced, v1alpha1.ReasonSynced, message)
	}
}

func repaired(columns []string) string {
	return "somebody else had changed " + strings.Join(columns, ", ") + " in the database, which was undone"
}

// DatabaseFailure says that the database is away or refused something, without repeating what it said: that may quote a row
// or an address. The SQLSTATE decides what comes of it: see refusals.
func DatabaseFailure(cause error) error {
	refused, ok := errors.AsType[interface {
		error
		SQLState() string
	}](cause)
	if !ok {
		return Transient(cause, v1alpha1.ConditionDatabaseSynced, v1alpha1.ReasonDatabaseUnavailable, "the database does not answer; it is retried")
	}
	state := refused.SQLState()
	found := refusalOf(state)
	if found.kind == stalled {
		return Stalled(v1alpha1.ConditionDatabaseSynced, found.reason, "%s (SQLSTATE %s); %s", found.what, state, found.do)
	}
	return Transient(cause, v1alpha1.ConditionDatabaseSynced, found.reason, "%s (SQLSTATE %s); it is retried%s", found.what, state, found.do)
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
