package followup

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// What can be asked of an action that is there.
const (
	VerbRetry      = "retry"
	VerbUndo       = "undo"
	VerbWasDone    = "was_done" // the user looked: it is there
	VerbWasNotDone = "was_not_done"
)

// Actor does, repeats and takes back what a user asks for, each once.
type Actor struct {
	Workbench
}

// ActRequest asks for a new action (Kind, SessionID, Revision, FormKey, Input), or has a Verb for the one with ActionID.
type ActRequest struct {
	SlackUserID string
	Kind        Kind
	SessionID   uuid.UUID // uuid.Nil for a task that belongs to no meeting
	Revision    int
	FormKey     string          // of a CRMTask or CRMDeal
	Input       json.RawMessage // as the Kind has it; of a GmailDraft and a CRMNote none
	ActionID    uuid.UUID
	Verb        string
	Holder      string    // the same for each run of the click, and no other's
	AskedAt     time.Time // when the user clicked: what changed since then, the click did not mean
	Final       bool
}

// Act returns nil when the user has seen how it ended, *Later, or an error that is worth another run.
func (a *Actor) Act(ctx context.Context, tenant tenancy.Tenant, req ActRequest) error {
	return errors.ErrUnsupported
}

// ChooseRequest says which account a session's meeting belongs to.
type ChooseRequest struct {
	SlackUserID string
	SessionID   uuid.UUID
	Revision    int
	AccountID   string
	Then        Kind // to be done with it: CRMNote, or "" for nothing
	Holder      string
	AskedAt     time.Time
	Final       bool
}

// Choose remembers the account.
func (a *Actor) Choose(ctx context.Context, tenant tenancy.Tenant, req ChooseRequest) error {
	return errors.ErrUnsupported
}
