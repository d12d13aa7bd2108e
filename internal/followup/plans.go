package followup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

var (
	errNoAccount = errors.New("the meeting's account at the CRM is not known")
	errNoKind    = errors.New("there is no such kind of action")
)

// primary is the calendar that people mean.
const primary = "primary"

// plan makes the action that was asked for, with the key that makes it the same each time.
func (a *Actor) plan(ctx context.Context, d *deed) (Action, error) {
	action := Action{ActorID: d.req.SlackUserID, Kind: d.req.Kind, Input: d.req.Input, State: Planned}
	if d.session == nil && d.req.Kind != CRMTask {
		return Action{}, &Problem{Reason: MeetingGone}
	}
	if d.session != nil {
		action.SessionID = d.session.ID
	}
	switch d.req.Kind {
	case GmailDraft:
		action.Target, action.Revision = strings.ToLower(d.session.Viewer.Email), d.req.Revision
	case CalendarEvent:
		action.Target, action.Revision = primary, d.req.Revision
	case CRMNote:
		account, err := a.account(ctx, d.session)
		if err != nil {
			return Action{}, err
		}
		action.Target, action.Revision = account.AccountID, d.req.Revision
		action.Input, err = json.Marshal(NoteInput{AccountID: account.AccountID})
		if err != nil {
			return Action{}, fmt.Errorf("write down the account: %w", err)
		}
	case CRMTask:
		return d.planTask(action)
	case CRMDeal:
		return d.planDeal(action)
	default:
		return Action{}, fmt.Errorf("%w: %d bytes", errNoKind, len(d.req.Kind))
	}
	action.Key = keyOf(d.session.ID, action.Kind, action.Target, action.Revision)
	return action, nil
}

func (d *deed) planTask(action Action) (Action, error) {
	var task TaskInput
	if err := json.Unmarshal(d.req.Input, &task); err != nil {
		return Action{}, fmt.Errorf("read the task: %w", err)
	}
	task.AccountID = d.accountOr(task.AccountID)
	action.Target, action.Key = d.req.FormKey, taskKey(d.req.FormKey)
	var err error
	action.Input, err = json.Marshal(task)
	return action, err
}

func (d *deed) planDeal(action Action) (Action, error) {
	var change DealInput
	if err := json.Unmarshal(d.req.Input, &change); err != nil {
		return Action{}, fmt.Errorf("read the change of a deal: %w", err)
	}
	change.AccountID = d.accountOr(change.AccountID)
	action.Target, action.Key = change.DealID, dealKey(d.session.ID, change.DealID, d.req.FormKey)
	var err error
	action.Input, err = json.Marshal(change)
	return action, err
}

// accountOr is that of the form, or else the session's, whose form it was.
func (d *deed) accountOr(id string) string {
	if id == "" && d.session != nil && d.session.Account != nil {
		return d.session.Account.AccountID
	}
	return id
}

// account is the session's, found now if it was not before.
func (a *Actor) account(ctx context.Context, session *Session) (Match, error) {
	if session.Account != nil {
		return *session.Account, nil
	}
	asking, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	c, err := a.Offices.CRM(asking)
	if err != nil {
		return Match{}, atCRM.explain(err)
	}
	match, _, err := a.matcher().Match(asking, c, *session)
	if err != nil {
		return Match{}, atCRM.explain(err)
	}
	if match == nil {
		return Match{}, errNoAccount
	}
	if err := a.Sheets.SetAccount(ctx, session.ID, *match); err != nil {
		return Match{}, fmt.Errorf("keep the account: %w", err)
	}
	session.Account = match
	return *match, nil
}
