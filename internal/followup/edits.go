package followup

import (
	"context"
	"fmt"
	"reflect"

	"github.com/google/uuid"

	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// SaveRequest has a session's texts as the user left them.
type SaveRequest struct {
	SlackUserID string
	SessionID   uuid.UUID
	Revision    int // that was edited
	Summary     string
	Subject     string
	Body        string
	Note        string
	Final       bool
}

// Save keeps what the user changed as a new revision. Where others are newer than the edited one, it is made from the
// newest: what two forms changed is all there, and of a text that both changed, the last to be saved.
func (e *Editor) Save(ctx context.Context, _ tenancy.Tenant, req SaveRequest) error {
	return e.end(ctx, e.save(ctx, req), req.Final)
}

func (e *Editor) save(ctx context.Context, req SaveRequest) error {
	session, err := e.session(ctx, req.SessionID, req.SlackUserID)
	if err != nil {
		return err
	}
	base, err := e.Sheets.Revision(ctx, session.ID, req.Revision)
	if err != nil {
		return fmt.Errorf("find the edited texts: %w", gone(err))
	}
	if err := e.add(ctx, session.ID, base, req.edits(base.Texts)); err != nil {
		return err
	}
	session, err = e.session(ctx, req.SessionID, req.SlackUserID)
	if err != nil {
		return err
	}
	card, err := e.cardOf(ctx, session)
	if err != nil {
		return err
	}
	return e.show(ctx, card)
}

// add makes a revision after the last one. A run again finds on its way the one that it made.
func (e *Editor) add(ctx context.Context, session uuid.UUID, last Revision, edit edits) error {
	for {
		edited := edit.of(last.Texts)
		if reflect.DeepEqual(edited, last.Texts) {
			return nil
		}
		next := Revision{Number: last.Number + 1, Edited: true, Texts: edited, CreatedAt: e.Now()}
		kept, err := e.Sheets.AddRevision(ctx, session, next)
		if err != nil {
			return fmt.Errorf("keep the texts: %w", err)
		}
		if kept.Edited && reflect.DeepEqual(kept.Texts, edited) {
			return nil
		}
		last = kept
	}
}

// edits are the texts that a user changed; nil is as it was.
type edits struct{ summary, subject, body, note *string }

func (r SaveRequest) edits(base Texts) edits {
	return edits{
		summary: changed(base.Summary, r.Summary),
		subject: changed(base.Email.Subject, r.Subject),
		body:    changed(base.Email.Body, r.Body),
		note:    changed(base.Note, r.Note),
	}
}

func changed(from, to string) *string {
	if from == to {
		return nil
	}
	return &to
}

func (e edits) of(texts Texts) Texts {
	for _, field := range []struct{ text, edit *string }{
		{&texts.Summary, e.summary}, {&texts.Email.Subject, e.subject}, {&texts.Email.Body, e.body}, {&texts.Note, e.note},
	} {
		if field.edit != nil {
			*field.text = *field.edit
		}
	}
	return texts
}
