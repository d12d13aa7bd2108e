package workers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

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

// Worker is what the workers of all kinds need.
type Worker struct {
	Directory Directory
	Adapters  *adapters.Adapters
	Now       func() time.Time
	Log       *slog.Logger
}

// Grace is what River waits longer for a run than the run takes: its rescuer starts a job again when that has passed, and
// must not do so while the run still ends.
const Grace = 15 * time.Second

// ended says what the error of a run means for its job. It is cancelled when running it again can't help: the tenant is
// gone, or Slack will never take the answer.
func (w *Worker) ended(err error) error {
	if later, ok := errors.AsType[*followup.Later](err); ok {
		return river.JobSnooze(max(0, later.At.Sub(w.Now())))
	}
	class := outcome.ClassOf(err)
	if errors.Is(err, tenancy.ErrNotFound) || class == outcome.Permanent || class == outcome.Unauthorized {
		return river.JobCancel(err)
	}
	return err
}

// tenantOf finds whose job it is; a user of a tenant that is gone is told so.
func (w *Worker) tenantOf(ctx context.Context, click jobs.Click) (tenancy.Tenant, error) {
	tenant, err := w.Directory.ByID(ctx, click.TenantID)
	if errors.Is(err, tenancy.ErrNotFound) {
		err = errors.Join(err, w.tellGone(ctx, click.ResponseURL))
	}
	if err != nil {
		return tenancy.Tenant{}, fmt.Errorf("find tenant %s: %w", click.TenantID, err)
	}
	return tenant, nil
}

// tellGone answers a user whose tenant was removed after the acknowledgement: with it went the token, and the language.
func (w *Worker) tellGone(ctx context.Context, responseURL string) error {
	if responseURL == "" {
		return nil
	}
	bot := w.Adapters.Slack.Bot(credentials.Secret{}) // a response_url asks for no token
	return bot.Respond(ctx, responseURL, slackui.NoticeMessage(i18n.For("").Say("ack.unknown_workspace")))
}

// onBoard runs a use case for the user who clicked, on the board that they see.
func (w *Worker) onBoard(
	ctx context.Context, row *rivertype.JobRow, click jobs.Click, do func(tenancy.Tenant, *slackui.Board) error,
) error {
	tenant, err := w.tenantOf(ctx, click)
	if err != nil {
		return w.ended(err)
	}
	log := w.Log.With("job_id", row.ID, "tenant_id", tenant.ID)
	bot, err := w.Adapters.Bot(tenant)
	board := slackui.NewBoard(bot, slackRequest(row, click), tenant, w.Now, log)
	if err != nil {
		log.WarnContext(ctx, "bot token not readable", "error", err)
		return w.ended(board.Problem(ctx, followup.Problem{Reason: followup.SlackNotSetUp}))
	}
	if err := w.mayRun(ctx, tenant, click); err != nil {
		return w.refuse(ctx, row, err, board.Problem)
	}
	return w.ended(do(tenant, board))
}

// mayRun says why a request that was admitted is not worked: its tenant was stopped since, with all that is queued, or has used up
// its plan's requests.
func (w *Worker) mayRun(ctx context.Context, tenant tenancy.Tenant, click jobs.Click) error {
	if err := drained(tenant); err != nil {
		return err
	}
	return w.Adapters.Quotas(tenant).Charge(ctx, followup.Requests, click.RequestKey)
}

// drained says that a tenant was stopped with all that is queued.
func drained(tenant tenancy.Tenant) error {
	if tenant.Stop == tenancy.Drain {
		return &followup.Problem{Reason: followup.Paused}
	}
	return nil
}

// refuse tells a user why their request is not worked, and cancels its job. What they clicked on is still there.
func (w *Worker) refuse(
	ctx context.Context, row *rivertype.JobRow, err error, tell func(context.Context, followup.Problem) error,
) error {
	problem, ok := errors.AsType[*followup.Problem](err)
	if !ok && !final(row) {
		return w.ended(err)
	}
	if !ok {
		return w.ended(errors.Join(err, tell(ctx, followup.Problem{Reason: followup.Internal})))
	}
	if failed := tell(ctx, *problem); failed != nil {
		return w.ended(failed)
	}
	return river.JobCancel(problem)
}

func slackRequest(row *rivertype.JobRow, click jobs.Click) slackui.Request {
	return slackui.Request{
		Key:         click.RequestKey,
		TriggerID:   click.TriggerID,
		ResponseURL: click.ResponseURL,
		ReceivedAt:  click.ReceivedAt,
		Rerun:       row.Attempt > 1 || jobs.Snoozed(row),
		Final:       final(row),
		SlackUserID: click.SlackUserID,
		ViewID:      click.ViewID,
		InMessage:   click.InMessage,
		Ephemeral:   click.Ephemeral,
	}
}

func final(row *rivertype.JobRow) bool { return row.Attempt >= row.MaxAttempts }
