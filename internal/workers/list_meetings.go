package workers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/riverqueue/river"

	"github.com/followup-dev/followup-operator/internal/adapters"
	"github.com/followup-dev/followup-operator/internal/credentials"
	"github.com/followup-dev/followup-operator/internal/followup"
	"github.com/followup-dev/followup-operator/internal/i18n"
	"github.com/followup-dev/followup-operator/internal/jobs"
	"github.com/followup-dev/followup-operator/internal/outcome"
	"github.com/followup-dev/followup-operator/internal/slackui"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// Directory finds tenants, as directory.Directory does.
type Directory interface {
	ByID(ctx context.Context, id tenancy.ID) (tenancy.Tenant, error)
}

// ListMeetings works jobs.ListMeetings.
type ListMeetings struct {
	river.WorkerDefaults[jobs.ListMeetings]

	Directory Directory
	Adapters  *adapters.Adapters
	Now       func() time.Time
	Log       *slog.Logger
}

// Work runs the job once. It is cancelled when running it again can't help: the tenant is gone, or Slack will never
// take the answer.
func (w *ListMeetings) Work(ctx context.Context, job *river.Job[jobs.ListMeetings]) error {
	err := w.list(ctx, job)
	class := outcome.ClassOf(err)
	if errors.Is(err, tenancy.ErrNotFound) || class == outcome.Permanent || class == outcome.Unauthorized {
		return river.JobCancel(err)
	}
	return err
}

func (w *ListMeetings) list(ctx context.Context, job *river.Job[jobs.ListMeetings]) error {
	tenant, err := w.Directory.ByID(ctx, job.Args.TenantID)
	if errors.Is(err, tenancy.ErrNotFound) {
		err = errors.Join(err, w.tellGone(ctx, job.Args.ResponseURL))
	}
	if err != nil {
		return fmt.Errorf("find tenant %s: %w", job.Args.TenantID, err)
	}
	log := w.Log.With("job_id", job.ID, "tenant_id", tenant.ID)
	bot, err := w.Adapters.Bot(tenant)
	screen := slackui.New(bot, screenRequest(job), tenant, w.Now, log)
	if err != nil {
		log.WarnContext(ctx, "bot token not readable", "error", err)
		return screen.Problem(ctx, followup.Problem{Reason: followup.SlackNotSetUp})
	}
	req, err := request(job)
	if err != nil {
		return river.JobCancel(errors.Join(err, screen.Problem(ctx, followup.Problem{Reason: followup.Internal})))
	}
	return w.Adapters.Lister(ctx, tenant, screen).List(ctx, tenant, req)
}

// tellGone answers a user whose tenant was removed after the acknowledgement: with it went the token, and the language.
func (w *ListMeetings) tellGone(ctx context.Context, responseURL string) error {
	if responseURL == "" {
		return nil
	}
	bot := w.Adapters.Slack.Bot(credentials.Secret{}) // a response_url asks for no token
	return bot.Respond(ctx, responseURL, slackui.NoticeMessage(i18n.For("").Say("ack.unknown_workspace")))
}

func screenRequest(job *river.Job[jobs.ListMeetings]) slackui.Request {
	return slackui.Request{
		Key:         job.Args.RequestKey,
		TriggerID:   job.Args.TriggerID,
		ResponseURL: job.Args.ResponseURL,
		ReceivedAt:  job.Args.ReceivedAt,
		Rerun:       job.Attempt > 1,
		Final:       final(job),
		SlackUserID: job.Args.SlackUserID,
		ViewID:      job.Args.ViewID,
		InMessage:   job.Args.InMessage,
	}
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
	return followup.Request{SlackUserID: job.Args.SlackUserID, Final: final(job), Before: before, Pick: pick}, nil
}

func final(job *river.Job[jobs.ListMeetings]) bool { return job.Attempt >= job.MaxAttempts }
