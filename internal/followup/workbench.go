package followup

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// Workbench is what each use case of a follow-up works with, made for one tenant and one click.
type Workbench struct {
	Board    Board
	Sheets   Sheets
	Ledger   Ledger
	Offices  Offices
	Mappings Mappings
	Quotas   Quotas
	People   People
	Profiles Profiles
	Now      func() time.Time
}

func (w *Workbench) whois() whois { return whois{w.People, w.Profiles, w.Now} }

func (w *Workbench) matcher() *Matcher { return &Matcher{Mappings: w.Mappings} }

// session returns one of the user's, or the Problem MeetingGone.
func (w *Workbench) session(ctx context.Context, id uuid.UUID, slackUserID string) (Session, error) {
	session, err := w.Sheets.Session(ctx, id, slackUserID)
	if err != nil {
		return Session{}, fmt.Errorf("find the session: %w", gone(err))
	}
	return session, nil
}

// gone makes what is not the user's look as if it were not there.
func gone(err error) error {
	if errors.Is(err, ErrNoSession) {
		return &Problem{Reason: MeetingGone}
	}
	return err
}

// cardOf returns the card of a session, with nothing going on.
func (w *Workbench) cardOf(ctx context.Context, session Session) (*Card, error) {
	card := &Card{Session: session, Has: w.Offices.Has(ctx, session.Viewer)}
	if session.Revision > 0 {
		revision, err := w.Sheets.Revision(ctx, session.ID, session.Revision)
		if err != nil {
			return nil, fmt.Errorf("read the texts: %w", err)
		}
		card.Revision = &revision
	}
	var err error
	card.Actions, err = w.Ledger.Actions(ctx, session.ID)
	if err != nil {
		return nil, fmt.Errorf("read the actions: %w", err)
	}
	return card, nil
}

// show draws the card, and keeps where it is.
func (w *Workbench) show(ctx context.Context, card *Card) error {
	place, err := w.Board.Show(ctx, *card)
	if err != nil {
		return fmt.Errorf("show the card: %w", err)
	}
	if place == card.Session.Card {
		return nil
	}
	if err := w.Sheets.SetCard(ctx, card.Session.ID, place); err != nil {
		return fmt.Errorf("keep where the card is: %w", err)
	}
	card.Session.Card = place
	return nil
}

// end has the user told of an error that ends a run, or returns it for another.
func (w *Workbench) end(ctx context.Context, err error, final bool) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err() // we are being stopped, which is not the user's to hear
	}
	if _, ok := errors.AsType[*Later](err); ok {
		return err
	}
	if problem, ok := errors.AsType[*Problem](err); ok {
		return w.Board.Problem(ctx, *problem)
	}
	if final {
		return errors.Join(err, w.Board.Problem(ctx, Problem{Reason: Internal}))
	}
	return err
}

// leastWait is for vendors that ask to wait, and do not say how long.
const leastWait = 30 * time.Second

// after is when to try again what a vendor was too busy for.
func (w *Workbench) after(wait time.Duration) time.Time { return w.Now().Add(max(wait, leastWait)) }
