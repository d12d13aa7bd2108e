package slackui

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/slack-go/slack"

	"github.com/followup-dev/followup-operator/internal/followup"
	"github.com/followup-dev/followup-operator/internal/outcome"
	"github.com/followup-dev/followup-operator/internal/slackapi"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// triggerLife is how old a trigger_id may be when we begin to use it: Slack drops it after 3 s.
const triggerLife = 2500 * time.Millisecond

// Slack is the app in the user's workspace, as slackapi.Bot.
type Slack interface {
	Views
	Messages
}

// Views are modals.
type Views interface {
	OpenView(ctx context.Context, triggerID string, view slack.ModalViewRequest) error
	PushView(ctx context.Context, triggerID string, view slack.ModalViewRequest) error
	UpdateView(ctx context.Context, externalID string, view slack.ModalViewRequest) error
	UpdateViewID(ctx context.Context, viewID string, view slack.ModalViewRequest) error
}

// Messages are answers to what a user did, and what they are told unasked.
type Messages interface {
	Respond(ctx context.Context, responseURL string, message slack.WebhookMessage) error
	Post(ctx context.Context, channelOrUser string, message slack.WebhookMessage) (channel, timestamp string, err error)
	UpdateMessage(ctx context.Context, channel, timestamp string, message slack.WebhookMessage) error
}

// Request is where the answer to one command, shortcut, click or form goes.
type Request struct {
	Key         string // of the request, the same in each run; the external_id of a modal that it opens
	TriggerID   string
	ResponseURL string // "" if there is none: a global shortcut, a click in a modal
	ReceivedAt  time.Time
	Rerun       bool // an earlier run may have opened the modal
	Final       bool // no other run follows
	SlackUserID string
	ViewID      string // of the modal that was clicked in, or that lies below a submitted form; else ""
	InMessage   bool   // a message was clicked in, which the answer replaces
	Ephemeral   bool   // and only its user sees it: it can be changed by the ResponseURL alone
}

// Screen implements followup.Screen for one run of one request.
type Screen struct {
	slack    Slack
	req      Request
	audience audience
	now      func() time.Time
	log      *slog.Logger
	waiting  page // what stands in the modal that it opens
	modal    modal
}

// modal is what is known of the modal that the request opens.
type modal int

const (
	absent modal = iota
	perhaps
	opened
)

// New returns the screen of a user of the tenant, in its language and time zone (English and UTC if unknown).
func New(slack Slack, req Request, tenant tenancy.Tenant, now func() time.Time, log *slog.Logger) *Screen {
	a := audienceOf(tenant)
	return &Screen{slack: slack, req: req, audience: a, now: now, log: log, waiting: a.loading()}
}

// Loading opens the modal if the trigger is young, or takes the place of what was clicked in. Only a dead token is an
// error: without a modal there is a message, and what was clicked in is still to be replaced.
func (s *Screen) Loading(ctx context.Context) error {
	if s.req.ViewID != "" || s.req.InMessage {
		return s.hold(ctx)
	}
	return s.open(ctx)
}

// hold is for the first run: a response_url takes five answers, of which three runs need three.
func (s *Screen) hold(ctx context.Context) error {
	if s.req.Rerun {
		return nil
	}
	err := s.show(ctx, s.waiting)
	if outcome.ClassOf(err) == outcome.Unauthorized {
		return &followup.Problem{Reason: followup.SlackTokenDead}
	}
	if err != nil {
		s.log.InfoContext(ctx, "loading not shown", "reason", err)
	}
	return nil
}

// open opens a modal, over the one that was clicked in if there is one.
func (s *Screen) open(ctx context.Context) error {
	if s.req.Rerun {
		s.modal = perhaps
	}
	age := s.now().Sub(s.req.ReceivedAt)
	if age >= triggerLife {
		s.log.InfoContext(ctx, "modal not opened", "reason", "late", "age", age)
		return nil
	}
	open := s.slack.OpenView
	if s.req.ViewID != "" {
		open = s.slack.PushView
	}
	err := open(ctx, s.req.TriggerID, s.view(s.waiting))
	switch {
	case err == nil || slackapi.AlreadyOpen(err):
		s.modal = opened
		return nil
	case outcome.ClassOf(err) == outcome.Unauthorized:
		return &followup.Problem{Reason: followup.SlackTokenDead}
	case outcome.ClassOf(err) == outcome.UnknownOutcome:
		s.modal = perhaps
	}
	s.log.InfoContext(ctx, "modal not opened", "reason", err)
	return nil
}

// Meetings implements followup.Screen.
func (s *Screen) Meetings(ctx context.Context, list followup.List) error {
	return s.finish(ctx, s.audience.meetings(list, s.now()))
}

// Meeting implements followup.Screen.
func (s *Screen) Meeting(ctx context.Context, meeting followup.Meeting, viewerEmail string) error {
	return s.finish(ctx, s.audience.meeting(meeting, viewerEmail, s.now()))
}

// Problem implements followup.Screen.
func (s *Screen) Problem(ctx context.Context, problem followup.Problem) error {
	s.log.InfoContext(ctx, "problem shown", "reason", problem.Reason)
	return s.finish(ctx, s.audience.problem(problem))
}

// finish shows a page, or that we have made one that Slack does not take.
func (s *Screen) finish(ctx context.Context, p page) error {
	err := s.show(ctx, p)
	if slackapi.Unshowable(err) {
		s.log.ErrorContext(ctx, "page not shown", "reason", err)
		return s.show(ctx, s.audience.problem(followup.Problem{Reason: followup.Internal}))
	}
	return err
}

func (s *Screen) show(ctx context.Context, p page) error {
	switch {
	case s.modal != absent:
		return s.updateOpened(ctx, p)
	case s.req.ViewID != "":
		return s.updateClicked(ctx, p)
	default:
		return s.say(ctx, p)
	}
}

// updateClicked leaves it at that if the user has closed the modal: then they do not want to see the answer.
func (s *Screen) updateClicked(ctx context.Context, p page) error {
	err := s.slack.UpdateViewID(ctx, s.req.ViewID, p.modal(""))
	if slackapi.NotFound(err) {
		s.log.InfoContext(ctx, "modal was closed")
		return nil
	}
	if err != nil {
		return fmt.Errorf("update modal: %w", err)
	}
	return nil
}

func (s *Screen) updateOpened(ctx context.Context, p page) error {
	err := s.slack.UpdateView(ctx, s.req.Key, s.view(p))
	if err == nil || slackapi.Unshowable(err) {
		return err
	}
	s.log.InfoContext(ctx, "modal not updated", "reason", err)
	switch outcome.ClassOf(err) {
	case outcome.Unauthorized:
		return s.say(ctx, s.audience.problem(followup.Problem{Reason: followup.SlackTokenDead}))
	case outcome.Permanent: // it was closed, or never opened
		return s.say(ctx, p)
	default:
		if s.req.Final {
			return s.say(ctx, p)
		}
		return fmt.Errorf("update modal: %w", err)
	}
}

// say sends a message: to the response_url, or without one into the user's conversation with the app.
func (s *Screen) say(ctx context.Context, p page) error {
	var err error
	if s.req.ResponseURL != "" {
		err = s.slack.Respond(ctx, s.req.ResponseURL, p.message(s.req.InMessage))
	} else {
		_, _, err = s.slack.Post(ctx, s.req.SlackUserID, p.message(false))
	}
	again := s.req.InMessage && !s.req.Final // to replace it twice is to replace it once
	if outcome.ClassOf(err) == outcome.UnknownOutcome && !again {
		s.log.WarnContext(ctx, "answer may not have arrived", "reason", err)
		return nil
	}
	if err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	return nil
}

// view keeps the external_id in each version, or the next run would not find the modal.
func (s *Screen) view(p page) slack.ModalViewRequest { return p.modal(s.req.Key) }
