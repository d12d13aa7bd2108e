package followup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
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

// Actor does, repeats and takes back what a user asks for. Whenever a run dies, and however often a button is pressed, there is
// one artefact in the end: an action is kept before it is done, and what may have been done is looked for before it is done
// again.
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
func (a *Actor) Act(ctx context.Context, _ tenancy.Tenant, req ActRequest) error {
	return a.end(ctx, a.act(ctx, req), req.Final)
}

func (a *Actor) act(ctx context.Context, req ActRequest) error {
	if req.Verb == "" {
		return a.start(ctx, req)
	}
	action, err := a.Ledger.Action(ctx, req.ActionID, req.SlackUserID)
	if err != nil {
		return fmt.Errorf("find the action: %w", gone(err))
	}
	d, err := a.deed(ctx, req, action.SessionID)
	if err != nil {
		return err
	}
	d.action = action
	switch req.Verb {
	case VerbRetry:
		return a.run(ctx, d)
	case VerbUndo:
		return a.undo(ctx, d)
	default:
		return a.settle(ctx, d)
	}
}

// deed is one run at an action.
type deed struct {
	req     ActRequest
	session *Session // nil for a task that belongs to no meeting
	action  Action
	until   time.Time // when it is tried again, if its vendor said when
	problem *Problem  // what is to be told beside the action's Reason, or nil
}

func (a *Actor) deed(ctx context.Context, req ActRequest, sessionID uuid.UUID) (*deed, error) {
	d := &deed{req: req}
	if sessionID == uuid.Nil {
		return d, nil
	}
	session, err := a.session(ctx, sessionID, req.SlackUserID)
	if err != nil {
		return nil, err
	}
	if session.Viewer, err = a.whois().refreshed(ctx, session.Viewer); err != nil {
		return nil, err
	}
	d.session = &session
	return d, nil
}

// start keeps a new action, or finds the one that is the same, and does it.
func (a *Actor) start(ctx context.Context, req ActRequest) error {
	d, err := a.deed(ctx, req, req.SessionID)
	if err != nil {
		return err
	}
	d.action, err = a.plan(ctx, d)
	if errors.Is(err, errNoAccount) {
		return a.tell(ctx, d) // the card asks for the account
	}
	if err != nil {
		return err
	}
	return a.run(ctx, d)
}

// run does the action, and keeps and shows how that ended.
func (a *Actor) run(ctx context.Context, d *deed) error {
	undone, err := a.undoneSince(ctx, d)
	if err != nil {
		return err
	}
	if undone {
		return a.tell(ctx, d)
	}
	if d.action, err = a.Ledger.Plan(ctx, d.action); err != nil {
		return fmt.Errorf("keep the action: %w", gone(err))
	}
	if d.action.State == Done {
		return a.tell(ctx, d)
	}
	if err := a.tellActing(ctx, d); err != nil {
		return err
	}
	before, err := a.Ledger.Begin(ctx, d.action.ID, d.req.Holder)
	if errors.Is(err, ErrBusy) {
		return &Later{At: a.Now().Add(Lease)}
	}
	if err != nil {
		return fmt.Errorf("begin the action: %w", err)
	}
	if d.action = before; before.State == Done {
		return a.tell(ctx, d)
	}
	return a.conclude(ctx, d, a.perform(ctx, d, before.State == Unknown))
}

// undoneSince says that the user took the action back after the click: the run is of a job that was done before.
func (a *Actor) undoneSince(ctx context.Context, d *deed) (bool, error) {
	if d.session == nil {
		return false, nil // a task can't be taken back
	}
	actions, err := a.Ledger.Actions(ctx, d.session.ID)
	if err != nil {
		return false, fmt.Errorf("read the actions: %w", err)
	}
	return slices.ContainsFunc(actions, func(other Action) bool {
		return other.Key == d.action.Key && other.State == Undone && d.late(other)
	}), nil
}

// late says that the action changed after the click.
func (d *deed) late(action Action) bool { return action.UpdatedAt.After(d.req.AskedAt) }
