package followup

import (
	"errors"
	"fmt"

	"github.com/followup-dev/followup-operator/internal/crm"
	"github.com/followup-dev/followup-operator/internal/outcome"
)

// vendor has the Reasons for what can go wrong at one.
type vendor struct{ busy, down, reconnect, refused Reason }

var (
	atFathom = vendor{busy: FathomBusy, down: FathomDown, reconnect: FathomKeyRefused, refused: FathomDown}
	atWriter = vendor{busy: WriterBusy, down: WriterDown, reconnect: WriterNotSetUp, refused: WriterRefused}
	atGoogle = vendor{busy: GoogleBusy, down: GoogleDown, reconnect: GoogleReconnect, refused: GoogleRefused}
	atCRM    = vendor{busy: CRMBusy, down: CRMDown, reconnect: CRMReconnect, refused: CRMRefused}
)

// vendor is whose system the action is done at.
func (k Kind) vendor() vendor {
	switch k {
	case GmailDraft, CalendarEvent:
		return atGoogle
	default:
		return atCRM
	}
}

// explain makes a *Problem of the failure of a call, if it is no Problem yet. What is no failure of a call stays as it is.
func (v vendor) explain(err error) error {
	if _, ok := errors.AsType[*Problem](err); ok || err == nil {
		return err
	}
	if errors.Is(err, crm.ErrNotFound) {
		return &Problem{Reason: v.refused}
	}
	switch outcome.ClassOf(err) {
	case outcome.Throttled:
		return &Problem{Reason: v.busy, RetryAfter: outcome.RetryAfterOf(err)}
	case outcome.Transient, outcome.UnknownOutcome:
		return fmt.Errorf("%w: %w", &Problem{Reason: v.down}, err)
	case outcome.Unauthorized:
		return &Problem{Reason: v.reconnect}
	case outcome.Permanent:
		return &Problem{Reason: v.refused}
	default:
		return err
	}
}
