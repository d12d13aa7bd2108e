package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/followup-dev/followup-operator/internal/telemetry"
)

// errPanicked stands for a panic in the job's row: the panic's own text could quote a customer's data.
var errPanicked = errors.New("the job panicked; its stack is in the log")

// observer counts and logs each run of a job, and turns a panic into an error.
type observer struct {
	river.MiddlewareDefaults

	log     *slog.Logger
	metrics *telemetry.Webhook
	now     func() time.Time
}

// Work implements rivertype.WorkerMiddleware.
func (o *observer) Work(ctx context.Context, job *rivertype.JobRow, doInner func(context.Context) error) (err error) {
	start := o.now()
	if job.Attempt == 1 && !Snoozed(job) {
		o.metrics.JobWaited(job.Kind, max(0, start.Sub(job.CreatedAt)))
	}
	log := o.log.With("kind", job.Kind, "job_id", job.ID, "attempt", job.Attempt)
	defer func() {
		if value := recover(); value != nil {
			log.Error("job panicked", "type", fmt.Sprintf("%T", value), "stack", string(debug.Stack()))
			err = errPanicked
		}
		outcome, took := outcomeOf(job, err), o.now().Sub(start)
		o.metrics.JobRan(job.Kind, outcome, took)
		log.Info("job ran", "outcome", outcome, "took_ms", took.Milliseconds(), "error", err)
	}()
	return doInner(ctx)
}

func outcomeOf(job *rivertype.JobRow, err error) string {
	switch {
	case err == nil:
		return telemetry.JobCompleted
	case errors.Is(err, errPanicked):
		return telemetry.JobPanicked
	case errors.Is(err, &rivertype.JobSnoozeError{}):
		return telemetry.JobSnoozed
	case errors.Is(err, &rivertype.JobCancelError{}):
		return telemetry.JobCancelled
	case job.Attempt >= job.MaxAttempts:
		return telemetry.JobDiscarded
	default:
		return telemetry.JobRetried
	}
}
