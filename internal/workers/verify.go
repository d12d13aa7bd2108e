package workers

import (
	"context"
	"fmt"
	"time"

	"github.com/riverqueue/river"

	"github.com/followup-dev/followup-operator/internal/jobs"
	"github.com/followup-dev/followup-operator/internal/outcome"
)

// VerifyCredentials works jobs.VerifyCredentials. A held tenant's are tried too: its owner wants to know before it is served.
type VerifyCredentials struct {
	river.WorkerDefaults[jobs.VerifyCredentials]
	Worker
}

// leastWait is how long a provider is left alone that asks to wait and does not say how long.
const leastWait = 10 * time.Second

// Work runs the job once.
func (w *VerifyCredentials) Work(ctx context.Context, job *river.Job[jobs.VerifyCredentials]) error {
	tenant, err := w.Directory.ByID(ctx, job.Args.TenantID)
	if err != nil {
		return w.ended(fmt.Errorf("find tenant %s: %w", job.Args.TenantID, err))
	}
	err = w.Adapters.Verify(ctx, tenant, job.Args.Subject, job.Args.Attempt)
	if outcome.ClassOf(err) == outcome.Throttled {
		return river.JobSnooze(max(leastWait, outcome.RetryAfterOf(err)))
	}
	return err
}
