package followup

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/followup-dev/followup-operator/internal/crm"
)

// Board is where a user sees a follow-up and works it: a card in their conversation with the app, and for the length of a
// click the modal that was clicked in. A *Problem as error means that it is no use to go on.
type Board interface {
	Modal

	// Show draws the card, and the modal that was clicked in alike. It returns where the card is, to be kept: a session
	// without one gets one, and so does one whose card was deleted.
	Show(ctx context.Context, card Card) (Place, error)
	// Problem says what is wrong where no card can.
	Problem(ctx context.Context, problem Problem) error
	// Told says how a task ended that belongs to no meeting, and so is on no card. Of one that is still planned it says that
	// it is tried again at until, because its Reason (CRMBusy) passes. problem is more than its Reason says, or nil.
	Told(ctx context.Context, task Action, has Connected, until time.Time, problem *Problem) error
	// Announce tells a user, in their conversation with the app, that a recording can be followed up.
	Announce(ctx context.Context, slackUserID string, meeting Meeting) error
}

// Modal is where forms are shown.
type Modal interface {
	// Loading opens it for what comes. It must be the first call of a run that ends in a form: Slack gives 3 s.
	Loading(ctx context.Context) error
	Form(ctx context.Context, form Form) error
}

// Card is a session as its user sees it.
type Card struct {
	Session  Session
	Revision *Revision // nil before the first
	Actions  []Action  // of all revisions, oldest first
	Has      Connected
	Progress Progress // "" when nothing is going on
	// Until is when we try again: when NotYet ends, or an action that is Planned with the Reason GoogleBusy or CRMBusy is
	// taken up again, or the next revision is, if Problem is one that passes. Zero otherwise.
	Until time.Time
	// Problem is in the way of the next revision, nil if nothing is.
	Problem *Problem
}

// Progress is what is being done for a card.
type Progress string

const (
	Reading Progress = "reading" // what was said
	NotYet  Progress = "not_yet" // Fathom is not ready; we look again at Card.Until
	Writing Progress = "writing" // the model does
	Acting  Progress = "acting"  // an action is being done, see its state
)

// Form is a modal to fill in: *EditForm, *RegenerateForm, *EventForm, *AccountForm, *TaskForm, *DealList or *DealForm.
type Form interface{ form() }

// EditForm has a session's texts, to be changed.
type EditForm struct {
	Session  Session
	Revision Revision
}

// RegenerateForm asks for Wishes.
type RegenerateForm struct {
	Session  Session
	Revision Revision
	Tone     string // the user's usual
}

// EventForm asks for an EventInput.
type EventForm struct {
	Session  Session
	Revision Revision
	Input    EventInput // as proposed
	Guests   []Person   // who would be invited
}

// AccountForm asks which account at the CRM the meeting belongs to, and then has Then done ("" for nothing).
type AccountForm struct {
	Session    Session
	Revision   Revision
	CRM        string  // its name
	Candidates []Match // none or several
	Then       Kind
}

// TaskForm asks for a TaskInput.
type TaskForm struct {
	Session uuid.UUID // uuid.Nil for a task that belongs to no meeting
	Number  int       // of the revision, 0 without a session
	Key     string    // makes the task the same if the form is submitted twice
	CRM     crm.Capabilities
	Input   TaskInput // as proposed
	Account *Match    // nil if unknown
	Contact *crm.Contact
}

// DealList has an account's open deals.
type DealList struct {
	Session  Session
	Revision Revision
	CRM      string
	Account  Match
	Deals    []crm.Deal
}

// DealForm asks for a DealInput.
type DealForm struct {
	Session  Session
	Revision Revision
	Key      string // as of a TaskForm
	CRM      string
	Deal     crm.Deal
	Stages   []string // none if the CRM does not tell: then the stage is typed
}

func (*EditForm) form()       {}
func (*RegenerateForm) form() {}
func (*EventForm) form()      {}
func (*AccountForm) form()    {}
func (*TaskForm) form()       {}
func (*DealList) form()       {}
func (*DealForm) form()       {}
