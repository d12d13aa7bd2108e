package workers

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/followup-dev/followup-operator/internal/followup"
	"github.com/followup-dev/followup-operator/internal/jobs"
	"github.com/followup-dev/followup-operator/internal/slackui"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// pollTime is for some pages of Fathom's list, and a message in Slack for each that is new.
const pollTime = 2 * time.Minute

// AnnounceRecording works jobs.AnnounceRecording.
type AnnounceRecording struct {
	river.WorkerDefaults[jobs.AnnounceRecording]
	Worker
}

// Work runs the job once.
func (w *AnnounceRecording) Work(ctx context.Context, job *river.Job[jobs.AnnounceRecording]) error {
	at, err := followup.ParsePosition(job.Args.At)
	if err != nil {
		return river.JobCancel(fmt.Errorf("at: %w", err))
	}
	return w.unasked(ctx, job.JobRow, job.Args.TenantID, func(tenant tenancy.Tenant, announcer *followup.Announcer) error {
		return announcer.Announce(ctx, tenant, at)
	})
}

// PollRecordings works jobs.PollRecordings.
type PollRecordings struct {
	river.WorkerDefaults[jobs.PollRecordings]
	Worker
}

// Timeout implements river.Worker.
func (w *PollRecordings) Timeout(*river.Job[jobs.PollRecordings]) time.Duration {
	return pollTime + Grace
}

// Work runs the job once.
func (w *PollRecordings) Work(ctx context.Context, job *river.Job[jobs.PollRecordings]) error {
	ctx, cancel := context.WithTimeout(ctx, pollTime)
	defer cancel()
	return w.unasked(ctx, job.JobRow, job.Args.TenantID, func(tenant tenancy.Tenant, announcer *followup.Announcer) error {
		return announcer.Poll(ctx, tenant)
	})
}

var errNotServed = errors.New("the tenant is held, its trial over, or the app removed")

// unasked runs what no user waits for. A tenant that is not served, or whose token is not readable, hears nothing: its recordings
// are in the list when it comes back.
func (w *Worker) unasked(
	ctx context.Context, row *rivertype.JobRow, id tenancy.ID, do func(tenancy.Tenant, *followup.Announcer) error,
) error {
	tenant, err := w.tenantOf(ctx, jobs.Click{TenantID: id})
	if err != nil {
		return w.ended(err)
	}
	if !tenant.Serves(w.Now()) {
		return river.JobCancel(errNotServed)
	}
	bot, err := w.Adapters.Bot(tenant)
	if err != nil {
		return river.JobCancel(fmt.Errorf("read the bot token: %w", err))
	}
	log := w.Log.With("job_id", row.ID, "tenant_id", tenant.ID)
	board := slackui.NewBoard(bot, slackRequest(row, jobs.Click{}), tenant, w.Now, log)
	return w.ended(do(tenant, w.Adapters.Announcer(ctx, tenant, board)))
}

// SweepRecordings works jobs.SweepRecordings: it has the recordings of each tenant polled whose Fathom tells of new ones.
type SweepRecordings struct {
	river.WorkerDefaults[jobs.SweepRecordings]
	Worker

	Tenants func() []tenancy.Tenant // of the app
}

// Work runs the job once.
func (w *SweepRecordings) Work(ctx context.Context, job *river.Job[jobs.SweepRecordings]) error {
	var announced []tenancy.ID
	for _, tenant := range w.Tenants() {
		if tenant.Serves(w.Now()) && w.Adapters.Announces(tenant) {
			announced = append(announced, tenant.ID)
		}
	}
	return jobs.Follow(ctx, job.Args, announced)
}
