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

// How long runs may take. A model takes its time; an action must be over before another run may begin it, and with it
// River's patience.
const (
	prepareTime = 150 * time.Second
	actTime     = followup.Lease - Grace
)

// settleTime is between two runs at an action: what a vendor took without saying so must show when the next run looks for it.
const settleTime = 20 * time.Second

// nextAction is when an action is tried again: after 20, 40, 80 s and so on.
func (w *Worker) nextAction(row *rivertype.JobRow) time.Time {
	return w.Now().Add(settleTime << (row.Attempt - 1))
}

// PrepareFollowup works jobs.PrepareFollowup.
type PrepareFollowup struct {
	river.WorkerDefaults[jobs.PrepareFollowup]
	Worker
}

// Timeout implements river.Worker.
func (w *PrepareFollowup) Timeout(*river.Job[jobs.PrepareFollowup]) time.Duration {
	return prepareTime + Grace
}

// Work runs the job once.
func (w *PrepareFollowup) Work(ctx context.Context, job *river.Job[jobs.PrepareFollowup]) error {
	ctx, cancel := context.WithTimeout(ctx, prepareTime)
	defer cancel()
	return w.onBoard(ctx, job.JobRow, job.Args.Click, func(tenant tenancy.Tenant, board *slackui.Board) error {
		pick, err := followup.ParsePosition(job.Args.Pick)
		if err != nil {
			return w.unreadable(ctx, board, fmt.Errorf("pick: %w", err))
		}
		return w.Adapters.Preparer(ctx, tenant, board).Prepare(ctx, tenant, followup.PrepareRequest{
			SlackUserID: job.Args.SlackUserID,
			Key:         job.Args.RequestKey,
			Pick:        pick,
			SessionID:   job.Args.SessionID,
			From:        job.Args.From,
			Wishes: followup.Wishes{
				Length: job.Args.Length, Language: job.Args.Language, Tone: job.Args.Tone, Note: job.Args.Note,
			},
			AskedAt: job.Args.ReceivedAt,
			Final:   final(job.JobRow),
		})
	})
}

// unreadable ends a job whose arguments no release of ours has made.
func (w *Worker) unreadable(ctx context.Context, board followup.Board, err error) error {
	return river.JobCancel(errors.Join(err, board.Problem(ctx, followup.Problem{Reason: followup.Internal})))
}

// OpenForm works jobs.OpenForm.
type OpenForm struct {
	river.WorkerDefaults[jobs.OpenForm]
	Worker
}

// Work runs the job once.
func (w *OpenForm) Work(ctx context.Context, job *river.Job[jobs.OpenForm]) error {
	return w.onBoard(ctx, job.JobRow, job.Args.Click, func(tenant tenancy.Tenant, board *slackui.Board) error {
		return w.Adapters.Editor(ctx, tenant, board).Open(ctx, tenant, followup.FormRequest{
			SlackUserID: job.Args.SlackUserID,
			Form:        job.Args.Form,
			SessionID:   job.Args.SessionID,
			Revision:    job.Args.Revision,
			Subject:     job.Args.Subject,
			Key:         job.Args.RequestKey,
			Final:       final(job.JobRow),
		})
	})
}

// SaveTexts works jobs.SaveTexts.
type SaveTexts struct {
	river.WorkerDefaults[jobs.SaveTexts]
	Worker
}

// Work runs the job once.
func (w *SaveTexts) Work(ctx context.Context, job *river.Job[jobs.SaveTexts]) error {
	return w.onBoard(ctx, job.JobRow, job.Args.Click, func(tenant tenancy.Tenant, board *slackui.Board) error {
		return w.Adapters.Editor(ctx, tenant, board).Save(ctx, tenant, followup.SaveRequest{
			SlackUserID: job.Args.SlackUserID,
			SessionID:   job.Args.SessionID,
			Revision:    job.Args.Revision,
			Summary:     job.Args.Summary,
			Subject:     job.Args.Subject,
			Body:        job.Args.Body,
			Note:        job.Args.Note,
			Final:       final(job.JobRow),
		})
	})
}

// ChooseAccount works jobs.ChooseAccount.
type ChooseAccount struct {
	river.WorkerDefaults[jobs.ChooseAccount]
	Worker
}

// Timeout implements river.Worker: with the account, an action may be done.
func (w *ChooseAccount) Timeout(*river.Job[jobs.ChooseAccount]) time.Duration { return actTime + Grace }

// NextRetry implements river.Worker.
func (w *ChooseAccount) NextRetry(job *river.Job[jobs.ChooseAccount]) time.Time {
	return w.nextAction(job.JobRow)
}

// Work runs the job once.
func (w *ChooseAccount) Work(ctx context.Context, job *river.Job[jobs.ChooseAccount]) error {
	ctx, cancel := context.WithTimeout(ctx, actTime)
	defer cancel()
	return w.onBoard(ctx, job.JobRow, job.Args.Click, func(tenant tenancy.Tenant, board *slackui.Board) error {
		return w.Adapters.Actor(ctx, tenant, board).Choose(ctx, tenant, followup.ChooseRequest{
			SlackUserID: job.Args.SlackUserID,
			SessionID:   job.Args.SessionID,
			Revision:    job.Args.Revision,
			AccountID:   job.Args.AccountID,
			Then:        followup.Kind(job.Args.Then),
			Holder:      job.Args.RequestKey,
			AskedAt:     job.Args.ReceivedAt,
			Final:       final(job.JobRow),
		})
	})
}

// Act works jobs.Act.
type Act struct {
	river.WorkerDefaults[jobs.Act]
	Worker
}

// Timeout implements river.Worker.
func (w *Act) Timeout(*river.Job[jobs.Act]) time.Duration { return actTime + Grace }

// NextRetry implements river.Worker.
func (w *Act) NextRetry(job *river.Job[jobs.Act]) time.Time { return w.nextAction(job.JobRow) }

// Work runs the job once.
func (w *Act) Work(ctx context.Context, job *river.Job[jobs.Act]) error {
	ctx, cancel := context.WithTimeout(ctx, actTime)
	defer cancel()
	return w.onBoard(ctx, job.JobRow, job.Args.Click, func(tenant tenancy.Tenant, board *slackui.Board) error {
		return w.Adapters.Actor(ctx, tenant, board).Act(ctx, tenant, followup.ActRequest{
			SlackUserID: job.Args.SlackUserID,
			Kind:        followup.Kind(job.Args.Action),
			SessionID:   job.Args.SessionID,
			Revision:    job.Args.Revision,
			FormKey:     job.Args.FormKey,
			Input:       job.Args.Input,
			ActionID:    job.Args.ActionID,
			Verb:        job.Args.Verb,
			Holder:      job.Args.RequestKey,
			AskedAt:     job.Args.ReceivedAt,
			Final:       final(job.JobRow),
		})
	})
}
