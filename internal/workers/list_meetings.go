package workers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/riverqueue/river"

	"github.com/followup-dev/followup-operator/internal/credentials"
	"github.com/followup-dev/followup-operator/internal/fathom"
	"github.com/followup-dev/followup-operator/internal/followup"
	"github.com/followup-dev/followup-operator/internal/jobs"
	"github.com/followup-dev/followup-operator/internal/slackapi"
	"github.com/followup-dev/followup-operator/internal/slackui"
	"github.com/followup-dev/followup-operator/internal/store"
	"github.com/followup-dev/followup-operator/internal/tenancy"
	"github.com/followup-dev/followup-operator/internal/vendorhttp"
)

// Directory finds tenants, as directory.Directory does.
type Directory interface {
	ByID(ctx context.Context, id tenancy.ID) (tenancy.Tenant, error)
}

// ListMeetings works jobs.ListMeetings.
type ListMeetings struct {
	river.WorkerDefaults[jobs.ListMeetings]

	Directory   Directory
	Credentials credentials.Source
	Store       *store.DB // as the worker's role
	Slack       *slackapi.API
	Vendors     *vendorhttp.Client
	FathomURL   string
	Now         func() time.Time
	Log         *slog.Logger
}

// Work runs the job once. It is cancelled when running it again can't help: the tenant is gone, or Slack will never
// take the answer.
func (w *ListMeetings) Work(ctx context.Context, job *river.Job[jobs.ListMeetings]) error {
	err := w.list(ctx, job)
	class := vendorhttp.ClassOf(err)
	if errors.Is(err, tenancy.ErrNotFound) || class == vendorhttp.Permanent || class == vendorhttp.Unauthorized {
		return river.JobCancel(err)
	}
	return err
}

func (w *ListMeetings) list(ctx context.Context, job *river.Job[jobs.ListMeetings]) error {
	tenant, err := w.Directory.ByID(ctx, job.Args.TenantID)
	if err != nil {
		return fmt.Errorf("find tenant %s: %w", job.Args.TenantID, err)
	}
	log := w.Log.With("job_id", job.ID, "tenant_id", tenant.ID)
	final := job.Attempt >= job.MaxAttempts
	token, err := w.botToken(tenant)
	bot := w.Slack.Bot(token)
	screen := slackui.New(bot, slackui.Request{
		Key:         job.Args.RequestKey,
		TriggerID:   job.Args.TriggerID,
		ResponseURL: job.Args.ResponseURL,
		ReceivedAt:  job.Args.ReceivedAt,
		Rerun:       job.Attempt > 1,
		Final:       final,
	}, tenant.TimeZone, w.Now, log)
	if err != nil {
		log.WarnContext(ctx, "bot token not readable", "error", err)
		return screen.Problem(ctx, followup.Problem{Reason: followup.SlackNotSetUp})
	}
	rows := w.Store.Tenant(tenant.ID)
	lister := followup.Lister{
		Screen:   screen,
		Source:   recordings{fathom: w.fathom(ctx, tenant, log), log: log},
		People:   people{rows},
		Profiles: profiles{bot: bot, log: log},
		Sessions: sessions{rows},
		Now:      w.Now,
	}
	return lister.List(ctx, tenant, followup.Request{SlackUserID: job.Args.SlackUserID, Final: final})
}

func (w *ListMeetings) botToken(tenant tenancy.Tenant) (credentials.Secret, error) {
	raw, err := w.Credentials.Get(credentials.OfTenant(tenant.Owner), tenant.SlackToken)
	if err != nil {
		return credentials.Secret{}, err
	}
	bot, err := credentials.ParseSlackBot(raw)
	return bot.Token, err
}

// fathom is nil if the tenant has no key that can be read.
func (w *ListMeetings) fathom(ctx context.Context, tenant tenancy.Tenant, log *slog.Logger) *fathom.Client {
	raw, err := w.Credentials.Get(credentials.OfTenant(tenant.Owner), tenant.FathomKey)
	if err != nil {
		log.WarnContext(ctx, "Fathom key not readable", "error", err)
		return nil
	}
	key, err := credentials.ParseFathom(raw)
	if err != nil {
		log.WarnContext(ctx, "Fathom key not readable", "secret", tenant.FathomKey, "error", err)
		return nil
	}
	return fathom.New(w.Vendors, w.FathomURL, key.APIKey)
}
