package followup

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/google/uuid"
)

// Kind is what an action makes.
type Kind string

const (
	GmailDraft    Kind = "gmail_draft"
	CalendarEvent Kind = "calendar_event"
	CRMNote       Kind = "crm_note"
	CRMTask       Kind = "crm_task"
	CRMDeal       Kind = "crm_deal" // a change of one
)

// ActionState is how far an action is.
type ActionState string

const (
	Planned ActionState = "planned" // not sent yet
	Sending ActionState = "sending" // a run is at it, or died at it
	Unknown ActionState = "unknown" // sent, and nobody knows whether it was done: look before doing it again
	Done    ActionState = "done"
	Failed  ActionState = "failed" // certainly not done
	Undone  ActionState = "undone" // done, and taken back
)

// ErrBusy means that another run is at the action.
var ErrBusy = errors.New("another run is at this action")

// Action is one thing that a user had done at a vendor. Key makes it the same in each run and for each click.
type Action struct {
	ID        uuid.UUID
	Key       string
	SessionID uuid.UUID // uuid.Nil for a task that belongs to no meeting
	ActorID   string    // the Slack user
	Kind      Kind
	// Target is what it is done to: a mailbox, a calendar, an account, a deal; of a task the form that it was typed into.
	Target   string
	Revision int // of the texts, 0 where they do not matter
	// Input is what the user confirmed, as the JSON of EventInput, NoteInput, TaskInput or DealInput. It is frozen while the
	// action may have been done.
	Input json.RawMessage
	State ActionState
	Artefact
	// Reason is why it Failed; why it is Unknown: NotSure if its user has to look and say (VerbWasDone, VerbWasNotDone), any
	// other if VerbRetry will look; and why it is Planned and waits, "" otherwise.
	Reason    Reason
	UpdatedAt time.Time
}

// Artefact is what an action made, at its vendor.
type Artefact struct {
	ExternalID string // "" if the vendor does not tell
	URL        string // for people, "" if there is none
}

// The inputs of actions. Of a GmailDraft there is none: it is made of the session's revision.
type (
	// EventInput is a calendar event as its form was submitted.
	EventInput struct {
		Title       string `json:"title"`
		Description string `json:"description,omitempty"`
		Start       string `json:"start"` // 2026-11-30T15:00, in Zone
		Minutes     int    `json:"minutes"`
		Zone        string `json:"zone"` // IANA
		// Invite sends an invitation to each of the session's recipients. Otherwise they are not attendees either.
		Invite bool `json:"invite,omitempty"`
		Meet   bool `json:"meet,omitempty"` // with a Google Meet link
	}
	// NoteInput names the account that a note goes to.
	NoteInput struct {
		AccountID string `json:"account_id"`
	}
	// TaskInput is a task as its form was submitted.
	TaskInput struct {
		AccountID   string `json:"account_id,omitempty"`
		ContactID   string `json:"contact_id,omitempty"`
		Type        string `json:"type"`
		Due         string `json:"due"`  // 2026-11-30T09:00, in Zone
		Zone        string `json:"zone"` // IANA
		Subject     string `json:"subject"`
		Description string `json:"description,omitempty"`
	}
	// DealInput is what the form of a deal changed.
	DealInput struct {
		AccountID   string  `json:"account_id"`
		DealID      string  `json:"deal_id"`
		Stage       *string `json:"stage,omitempty"`
		Amount      *string `json:"amount,omitempty"`
		Description *string `json:"description,omitempty"`
	}
)

// Ledger keeps actions. Each change is audited with it.
type Ledger interface {
	// Plan keeps an action before it is done, and returns it with its ID; of one with that key, it returns what is there.
	// Only one that certainly is not done (planned, failed, undone) takes the new Input and is planned again. ErrNoSession:
	// the key is another user's.
	Plan(ctx context.Context, action Action) (Action, error)
	// Begin marks it as sending for the run of holder, and returns how it was before: of an action that the same holder, or
	// one whose lease is over, left as sending, Unknown. ErrBusy: another holder has it, for RetryAfter at most. An action
	// that is done is returned as such and not touched.
	Begin(ctx context.Context, id uuid.UUID, holder string) (Action, error)
	// Finish keeps how a run ended: Planned if it is to be tried again, Done, Failed, Unknown or Undone. A zero made leaves
	// what is known of the artefact.
	Finish(ctx context.Context, id uuid.UUID, state ActionState, made Artefact, reason Reason) error
	// Action returns one of the user's, or ErrNoSession.
	Action(ctx context.Context, id uuid.UUID, slackUserID string) (Action, error)
	// Actions returns all of a session, oldest first.
	Actions(ctx context.Context, sessionID uuid.UUID) ([]Action, error)
}

// Lease is how long a run has an action for itself. It is longer than any run may take.
const Lease = 60 * time.Second
