package slackui

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/followup-dev/followup-operator/internal/followup"
	"github.com/followup-dev/followup-operator/internal/outcome"
	"github.com/followup-dev/followup-operator/internal/slackapi"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// Board implements followup.Board for one run of one click, shortcut, form or event.
type Board struct {
	screen    *Screen
	inMessage bool // a message was clicked in
	pointed   bool // what was clicked in has been replaced, or need not be
	forms     bool // the run ends in a modal of its own, not in the one that was clicked in
}

// NewBoard returns the board of a user of the tenant. Of a run that nobody clicked for, req is the zero value.
func NewBoard(slack Slack, req Request, tenant tenancy.Tenant, now func() time.Time, log *slog.Logger) *Board {
	b := &Board{inMessage: req.InMessage, pointed: !req.InMessage || !req.Ephemeral || req.Rerun}
	req.InMessage = req.InMessage && req.Ephemeral // one that stays is a card or an announcement, which nothing replaces
	b.screen = New(slack, req, tenant, now, log)
	b.screen.waiting = b.screen.audience.opening()
	return b
}

// Loading opens a modal, or lays it over the one that was clicked in, while the trigger is young. Only a dead token is an
// error: Form tells a user who gets no modal.
func (b *Board) Loading(ctx context.Context) error {
	b.forms = true
	return b.screen.open(ctx)
}

// Show implements followup.Board. The card is what counts: that the modal or the list that was clicked in can't be
// changed is logged, and no error.
func (b *Board) Show(ctx context.Context, card followup.Card) (followup.Place, error) {
	s := b.screen
	p := s.audience.card(card, s.now())
	at, err := b.place(ctx, card.Session, p)
	if slackapi.Unshowable(err) {
		s.log.ErrorContext(ctx, "card not shown", "reason", err)
		p = s.audience.unshowable(card.Session.Meeting, s.now())
		at, err = b.place(ctx, card.Session, p)
	}
	if outcome.ClassOf(err) == outcome.Unauthorized {
		return followup.Place{}, &followup.Problem{Reason: followup.SlackTokenDead}
	}
	if err != nil {
		return followup.Place{}, fmt.Errorf("show card: %w", err)
	}
	b.mirror(ctx, p)
	b.point(ctx, card.Session.Meeting)
	return at, nil
}

// place updates the card, or posts it where there is none. One that may have been posted is posted again by the next
// run: a card that nobody updates any more does less harm than none.
func (b *Board) place(ctx context.Context, session followup.Session, p page) (followup.Place, error) {
	if at := session.Card; at != (followup.Place{}) {
		err := b.screen.slack.UpdateMessage(ctx, at.Channel, at.Timestamp, p.post())
		if !slackapi.MessageGone(err) {
			return at, err
		}
	}
	channel, timestamp, err := b.screen.slack.Post(ctx, session.Viewer.SlackUserID, p.post())
	return followup.Place{Channel: channel, Timestamp: timestamp}, err
}

// mirror shows the card in the modal that was clicked in, unless its user has closed it.
func (b *Board) mirror(ctx context.Context, p page) {
	if b.screen.req.ViewID == "" {
		return
	}
	if err := b.screen.updateClicked(ctx, p); err != nil {
		b.screen.log.InfoContext(ctx, "card not shown in the modal", "reason", err)
	}
}

// point leads from a message that only its user sees, and that nothing could change after half an hour, to the card.
func (b *Board) point(ctx context.Context, meeting followup.Meeting) {
	if b.pointed {
		return
	}
	b.pointed = true
	if err := b.screen.say(ctx, b.screen.audience.pointer(meeting)); err != nil {
		b.screen.log.InfoContext(ctx, "list not replaced", "reason", err)
	}
}

// Form implements followup.Board. A form can't be a message: a user who has no modal is asked to click again, unless they
// closed it.
func (b *Board) Form(ctx context.Context, form followup.Form) error {
	s := b.screen
	if s.modal == absent {
		return s.say(ctx, s.audience.tooLate())
	}
	err := s.slack.UpdateView(ctx, s.req.Key, s.view(s.audience.form(form, s.now())))
	if slackapi.Unshowable(err) {
		s.log.ErrorContext(ctx, "form not shown", "reason", err)
		err = s.slack.UpdateView(ctx, s.req.Key, s.view(s.audience.hindrance(followup.Problem{Reason: followup.Internal})))
	}
	switch class := outcome.ClassOf(err); {
	case err == nil:
		return nil
	case slackapi.NotFound(err) && s.modal == opened:
		s.log.InfoContext(ctx, "form was closed")
		return nil
	case class == outcome.Unauthorized:
		return &followup.Problem{Reason: followup.SlackTokenDead}
	case class == outcome.Permanent || s.req.Final:
		s.log.InfoContext(ctx, "form not shown", "reason", err)
		return s.say(ctx, s.audience.tooLate())
	default:
		return fmt.Errorf("show form: %w", err)
	}
}

// Problem implements followup.Board.
func (b *Board) Problem(ctx context.Context, problem followup.Problem) error {
	b.screen.log.InfoContext(ctx, "problem shown", "reason", problem.Reason)
	p := b.screen.audience.hindrance(problem)
	err := b.hinder(ctx, p)
	if b.screen.req.ResponseURL != "" && outcome.ClassOf(err) == outcome.Permanent && !slackapi.Unshowable(err) {
		_, _, err = b.screen.slack.Post(ctx, b.screen.req.SlackUserID, p.post()) // the response_url is used up, or closed
		return b.sent(ctx, err)
	}
	return err
}

func (b *Board) hinder(ctx context.Context, p page) error {
	if b.forms && b.screen.modal == absent {
		return b.screen.say(ctx, p)
	}
	return b.screen.show(ctx, p)
}

// hookLife is how long a response_url takes answers.
const hookLife = 30 * time.Minute

// Told implements followup.Board. A click on its Retry replaces what it told before.
func (b *Board) Told(ctx context.Context, task followup.Action, has followup.Connected, until time.Time, problem *followup.Problem) error {
	s := b.screen
	p := s.audience.task(task, has, until, problem)
	if s.req.ResponseURL != "" && s.now().Sub(s.req.ReceivedAt) < hookLife {
		err := s.slack.Respond(ctx, s.req.ResponseURL, p.message(b.inMessage))
		if outcome.ClassOf(err) != outcome.Permanent { // it is used up, or closed
			return b.sent(ctx, err)
		}
	}
	_, _, err := s.slack.Post(ctx, s.req.SlackUserID, p.post())
	return b.sent(ctx, err)
}

// Announce implements followup.Board.
func (b *Board) Announce(ctx context.Context, slackUserID string, meeting followup.Meeting) error {
	p := b.screen.audience.announcement(meeting, b.screen.now())
	_, _, err := b.screen.slack.Post(ctx, slackUserID, p.post())
	return b.sent(ctx, err)
}

// sent does not send again what may have arrived.
func (b *Board) sent(ctx context.Context, err error) error {
	switch class := outcome.ClassOf(err); {
	case err == nil:
		return nil
	case class == outcome.UnknownOutcome:
		b.screen.log.WarnContext(ctx, "message may not have arrived", "reason", err)
		return nil
	case class == outcome.Unauthorized:
		return &followup.Problem{Reason: followup.SlackTokenDead}
	default:
		return fmt.Errorf("tell: %w", err)
	}
}
