package followup

import (
	"context"

	"github.com/followup-dev/followup-operator/internal/crm"
)

// crmNote is a note at the meeting's account.
type crmNote struct {
	crm  crm.CRM
	note crm.Note
}

func (a *Actor) crmNote(ctx context.Context, d *deed) (performer, error) {
	var input NoteInput
	if err := d.input(&input); err != nil {
		return nil, err
	}
	texts, err := a.texts(ctx, d)
	if err != nil {
		return nil, err
	}
	c, err := a.Offices.CRM(ctx)
	if err != nil {
		return nil, err
	}
	capabilities := c.Capabilities()
	text := shorten(texts.Note, maxNote(Connected{CRM: &capabilities}))
	return crmNote{crm: c, note: crm.Note{AccountID: input.AccountID, Text: text, Ref: d.ref()}}, nil
}

func (n crmNote) look(ctx context.Context) (Artefact, bool, error) {
	return foundAt(n.crm.FindNote(ctx, n.note))
}

func (n crmNote) do(ctx context.Context) (Artefact, error) {
	record, err := n.crm.CreateNote(ctx, n.note)
	return artefact(record), err
}

func (crmNote) undo(context.Context, Artefact) error { return errNoUndo }
