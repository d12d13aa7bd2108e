package slackui

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/slack-go/slack"

	"github.com/followup-dev/followup-operator/internal/followup"
	"github.com/followup-dev/followup-operator/internal/slackapi"
	"github.com/followup-dev/followup-operator/internal/vendorhttp"
)

// triggerLife is how old a trigger_id may be when we begin to use it: Slack drops it after 3 s.
const triggerLife = 2500 * time.Millisecond

// Slack is the app in the user's workspace, as slackapi.Bot.
type Slack interface {
	OpenView(ctx context.Context, triggerID string, view slack.ModalViewRequest) error
	UpdateView(ctx context.Context, externalID string, view slack.ModalViewRequest) error
	Respond(ctx context.Context, responseURL string, message slack.WebhookMessage) error
}

// Request is where the answer to one command goes.
type Request struct {
	Key         string // of the request, the same in each run; the modal's external_id
	TriggerID   string
	ResponseURL string
	ReceivedAt  time.Time
	Rerun       bool // an earlier run may have opened the modal
	Final       bool // no other run follows
}

// Screen implements followup.Screen for one run of one request.
type Screen struct {
	slack Slack
	req   Request
	clock clock
	now   func() time.Time
	log   *slog.Logger
	modal modal
}

// modal is what is known of the modal in Slack.
type modal int

const (
	absent modal = iota
	perhaps
	opened
)

// New returns the screen of a user whose times are shown in timeZone (an IANA name, UTC if unknown).
func New(slack Slack, req Request, timeZone string, now func() time.Time, log *slog.Logger) *Screen {
	return &Screen{slack: slack, req: req, clock: newClock(timeZone), now: now, log: log}
}

// Loading opens the modal if the trigger is young. Only a dead token is an error: without a modal there is a message.
func (s *Screen) Loading(ctx context.Context) error {
	if s.req.Rerun {
		s.modal = perhaps
	}
	age := s.now().Sub(s.req.ReceivedAt)
	if age >= triggerLife {
		s.log.InfoContext(ctx, "modal not opened", "reason", "late", "age", age)
		return nil
	}
	err := s.slack.OpenView(ctx, s.req.TriggerID, s.view(loading))
	switch {
	case err == nil || slackapi.AlreadyOpen(err):
		s.modal = opened
		return nil
	case vendorhttp.ClassOf(err) == vendorhttp.Unauthorized:
		return &followup.Problem{Reason: followup.SlackTokenDead}
	case vendorhttp.ClassOf(err) == vendorhttp.UnknownOutcome:
		s.modal = perhaps
	}
	s.log.InfoContext(ctx, "modal not opened", "reason", err)
	return nil
}

// Meetings implements followup.Screen.
func (s *Screen) Meetings(ctx context.Context, list followup.List) error {
	return s.show(ctx, meetings(list, s.clock))
}

// Problem implements followup.Screen.
func (s *Screen) Problem(ctx context.Context, problem followup.Problem) error {
	s.log.InfoContext(ctx, "problem shown", "reason", problem.Reason)
	return s.show(ctx, trouble(problem))
}

func (s *Screen) show(ctx context.Context, p page) error {
	if s.modal == absent {
		return s.respond(ctx, p)
	}
	err := s.slack.UpdateView(ctx, s.req.Key, s.view(p))
	if err == nil {
		return nil
	}
	s.log.InfoContext(ctx, "modal not updated", "reason", err)
	switch vendorhttp.ClassOf(err) {
	case vendorhttp.Unauthorized:
		return s.respond(ctx, trouble(followup.Problem{Reason: followup.SlackTokenDead}))
	case vendorhttp.Permanent: // it was closed, or never opened
		return s.respond(ctx, p)
	default:
		if s.req.Final {
			return s.respond(ctx, p)
		}
		return fmt.Errorf("update modal: %w", err)
	}
}

func (s *Screen) respond(ctx context.Context, p page) error {
	err := s.slack.Respond(ctx, s.req.ResponseURL, p.message())
	if vendorhttp.ClassOf(err) == vendorhttp.UnknownOutcome {
		s.log.WarnContext(ctx, "answer may not have arrived", "reason", err)
		return nil
	}
	if err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	return nil
}

// view keeps the external_id in each version, or the next run would not find the modal.
func (s *Screen) view(p page) slack.ModalViewRequest {
	view := p.modal()
	view.ExternalID = s.req.Key
	return view
}
