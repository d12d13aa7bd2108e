package intake

import (
	"github.com/google/uuid"

	"github.com/followup-dev/followup-operator/internal/followup"
	"github.com/followup-dev/followup-operator/internal/jobs"
	"github.com/followup-dev/followup-operator/internal/slackui"
)

// clicks are the buttons and menus of the app, by their action_id, with the job that each asks for. Its error names a field.
var clicks = clickable()

func clickable() map[string]func(action) (jobs.Stamped, error) {
	all := map[string]func(action) (jobs.Stamped, error){
		slackui.ActionOlder: func(used action) (jobs.Stamped, error) {
			before, err := position("actions.value", used.Value)
			return jobs.ListMeetings{Before: before}, err
		},
		slackui.ActionNewest: func(action) (jobs.Stamped, error) { return jobs.ListMeetings{}, nil },
		slackui.ActionFind: func(used action) (jobs.Stamped, error) {
			pick, err := position("actions.selected_option.value", used.SelectedOption.Value)
			return jobs.ListMeetings{Pick: pick}, err
		},
		slackui.ActionStart: func(used action) (jobs.Stamped, error) {
			pick, err := position("actions.value", used.Value)
			return jobs.PrepareFollowup{Pick: pick}, err
		},
		slackui.ActionRetry:      again(followup.VerbRetry),
		slackui.ActionUndo:       again(followup.VerbUndo),
		slackui.ActionWasDone:    again(followup.VerbWasDone),
		slackui.ActionWasNotDone: again(followup.VerbWasNotDone),
	}
	for _, form := range []string{
		followup.FormEdit, followup.FormRegenerate, followup.FormEvent, followup.FormAccount, followup.FormTask,
		followup.FormDeals, followup.FormDeal,
	} {
		all[slackui.ActionForm+form] = opens(form)
	}
	for _, kind := range []followup.Kind{followup.GmailDraft, followup.CRMNote} { // the others ask for a form first
		all[slackui.ActionAct+string(kind)] = does(kind)
	}
	return all
}

// position is where in the list of meetings a button or an option leads.
func position(name, value string) (string, error) {
	p, err := followup.ParsePosition(value)
	if err != nil || p.IsZero() {
		return "", &fieldError{field: name}
	}
	return p.String(), nil
}

// again asks for something to be done with an action that is there.
func again(verb string) func(action) (jobs.Stamped, error) {
	return func(used action) (jobs.Stamped, error) {
		id, err := uuid.Parse(used.Value)
		if err != nil || id == uuid.Nil {
			return nil, &fieldError{field: "actions.value"}
		}
		return jobs.Act{ActionID: id, Verb: verb}, nil
	}
}

func opens(form string) func(action) (jobs.Stamped, error) {
	return func(used action) (jobs.Stamped, error) {
		ref, err := reference("actions.value", used.Value)
		return jobs.OpenForm{Form: form, SessionID: ref.Session, Revision: ref.Revision, Subject: ref.Subject}, err
	}
}

func does(kind followup.Kind) func(action) (jobs.Stamped, error) {
	return func(used action) (jobs.Stamped, error) {
		ref, err := reference("actions.value", used.Value)
		return jobs.Act{Action: string(kind), SessionID: ref.Session, Revision: ref.Revision}, err
	}
}

// maxRevision is more than anybody asks for, and fits a column.
const maxRevision = 1_000_000

// reference is what of a session a button is about.
func reference(name, value string) (slackui.Ref, error) {
	ref, err := slackui.ParseRef(value)
	if err != nil || ref.Session == uuid.Nil || !sound(ref) {
		return slackui.Ref{}, &fieldError{field: name}
	}
	return ref, nil
}

func sound(ref slackui.Ref) bool {
	return ref.Revision >= 0 && ref.Revision <= maxRevision && (ref.Subject == "" || printable.fits(ref.Subject))
}
