package followup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/followup-dev/followup-operator/internal/crm"
)

var (
	// errNoLook means that the vendor can't be asked whether it was done.
	errNoLook = errors.New("the vendor can't be asked whether it was done")
	// errNoUndo means that the vendor has no way to take it back.
	errNoUndo = errors.New("the vendor has no way to take it back")
)

// performer does one action at its vendor.
type performer interface {
	// look finds what may have been made. It finds nothing where doing it twice is to do it once.
	look(ctx context.Context) (made Artefact, found bool, err error)
	do(ctx context.Context) (Artefact, error)
	undo(ctx context.Context, made Artefact) error
}

// performer returns the one for the action, with all that the action needs. Its error says that nothing was done.
func (a *Actor) performer(ctx context.Context, d *deed) (performer, error) {
	switch d.action.Kind {
	case GmailDraft:
		return a.gmailDraft(ctx, d)
	case CalendarEvent:
		return a.calendarEvent(ctx, d)
	case CRMNote:
		return a.crmNote(ctx, d)
	case CRMTask:
		return a.crmTask(ctx, d)
	case CRMDeal:
		return a.crmDeal(ctx, d)
	default:
		return nil, fmt.Errorf("%w: %d bytes", errNoKind, len(d.action.Kind))
	}
}

// texts are those that the action is made of.
func (a *Actor) texts(ctx context.Context, d *deed) (Texts, error) {
	revision, err := a.Sheets.Revision(ctx, d.session.ID, d.action.Revision)
	if err != nil {
		return Texts{}, fmt.Errorf("read the texts: %w", gone(err))
	}
	return revision.Texts, nil
}

// input reads what the user confirmed.
func (d *deed) input(into any) error {
	if err := json.Unmarshal(d.action.Input, into); err != nil {
		return fmt.Errorf("read what is to be done: %w", err)
	}
	return nil
}

// ref is the line by which the action is found at a CRM.
func (d *deed) ref() string {
	if d.session == nil {
		return RefOf(nil, d.action.Key)
	}
	return RefOf(&d.session.Meeting, d.action.Key)
}

// foundAt is what a CRM says of a look.
func foundAt(record crm.Record, err error) (Artefact, bool, error) {
	if errors.Is(err, crm.ErrNotFound) {
		return Artefact{}, false, nil
	}
	if err != nil {
		return Artefact{}, false, err
	}
	return artefact(record), true, nil
}

func artefact(record crm.Record) Artefact { return Artefact{ExternalID: record.ID, URL: record.URL} }
