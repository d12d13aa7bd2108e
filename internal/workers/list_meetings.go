package workers

import (
	"context"
	"errors"
	"fmt"

	"github.com/riverqueue/river"

	"github.com/followup-dev/followup-operator/internal/followup"
	"github.com/followup-dev/followup-operator/internal/jobs"
	"github.com/followup-dev/followup-operator/internal/slackui"
)

// ListMeetings works jobs.ListMeetings.
type ListMeetings struct {
	river.WorkerDefaults[jobs.ListMeetings]
	Worker
}

// Work runs the job once.
func (w *ListMeetings) Work(ctx context.Context, job *river.Job[jobs.ListMeetings]) error {
	return w.ended(w.list(ctx, job))
}

func (w *ListMeetings) list(ctx context.Context, job *river.Job[jobs.ListMeetings]) error {
	tenant, err := w.tenantOf(ctx, job.Args.Click)
	if err != nil {
		return err
	}
	log := w.Log.With("job_id", job.ID, "tenant_id", tenant.ID)
	bot, err := w.Adapters.Bot(tenant)
	screen := slackui.New(bot, slackRequest(job.JobRow, job.Args.Click), tenant, w.Now, log)
	if err != nil {
		log.WarnContext(ctx, "bot token not readable", "error", err)
		return screen.Problem(ctx, followup.Problem{Reason: followup.SlackNotSetUp})
	}
	if err := drained(tenant); err != nil {
		return w.refuse(ctx, job.JobRow, err, screen.Problem)
	}
	req, err := request(job)
	if err != nil {
		return river.JobCancel(errors.Join(err, screen.Problem(ctx, followup.Problem{Reason: followup.Internal})))
	}
	return w.Adapters.Lister(ctx, tenant, screen).List(ctx, tenant, req)
}

func request(job *river.Job[jobs.ListMeetings]) (followup.Request, error) {
	before, err := followup.ParsePosition(job.Args.Before)
	if err != nil {
		return followup.Request{}, fmt.Errorf("before: %w", err)
	}
	pick, err := followup.ParsePosition(job.Args.Pick)
	if err != nil {
		return followup.Request{}, fmt.Errorf("pick: %w", err)
	}
	return followup.Request{
		SlackUserID: job.Args.SlackUserID, Key: job.Args.RequestKey, Final: final(job.JobRow), Before: before, Pick: pick,
	}, nil
}
