package slackui

import (
	"slices"

	"github.com/followup-dev/followup-operator/internal/followup"
)

// words are the IDs of two texts: what happened, and what to do next. They are written for somebody who knows Slack and
// Fathom, and nothing of us. {{.When}} is when to try again.
type words struct{ what, next string }

var problems = map[followup.Reason]words{
	followup.FathomNotSetUp:   {"problem.fathom_not_set_up.what", "problem.fathom_not_set_up.next"},
	followup.FathomKeyRefused: {"problem.fathom_key_refused.what", "problem.fathom_key_refused.next"},
	followup.FathomBusy:       {"problem.fathom_busy.what", "problem.fathom_busy.next"},
	followup.FathomDown:       {"problem.fathom_down.what", "problem.fathom_down.next"},
	followup.EmailHidden:      {"problem.email_hidden.what", "problem.email_hidden.next"},
	followup.SlackDown:        {"problem.slack_down.what", "problem.slack_down.next"},
	followup.SlackNotSetUp:    {"problem.slack_not_set_up.what", "problem.slack_not_set_up.next"},
	followup.SlackTokenDead:   {"problem.slack_token_dead.what", "problem.slack_token_dead.next"},
	followup.WrongWorkspace:   {"problem.wrong_workspace.what", "problem.wrong_workspace.next"},
	followup.MeetingGone:      {"problem.meeting_gone.what", "problem.meeting_gone.next"},
	followup.NotReady:         {"problem.not_ready.what", "problem.not_ready.next"},
	followup.NothingSaid:      {"problem.nothing_said.what", "problem.nothing_said.next"},
	followup.WriterNotSetUp:   {"problem.writer_not_set_up.what", "problem.writer_not_set_up.next"},
	followup.WriterRefused:    {"problem.writer_refused.what", "problem.writer_refused.next"},
	followup.WriterBusy:       {"problem.writer_busy.what", "problem.writer_busy.next"},
	followup.WriterDown:       {"problem.writer_down.what", "problem.writer_down.next"},
	followup.GoogleNotSetUp:   {"problem.google_not_set_up.what", "problem.google_not_set_up.next"},
	followup.GoogleNotYours:   {"problem.google_not_yours.what", "problem.google_not_yours.next"},
	followup.GoogleReconnect:  {"problem.google_reconnect.what", "problem.google_reconnect.next"},
	followup.GoogleBusy:       {"problem.google_busy.what", "problem.google_busy.next"},
	followup.GoogleDown:       {"problem.google_down.what", "problem.google_down.next"},
	followup.GoogleRefused:    {"problem.google_refused.what", "problem.google_refused.next"},
	followup.CRMNotSetUp:      {"problem.crm_not_set_up.what", "problem.crm_not_set_up.next"},
	followup.CRMReconnect:     {"problem.crm_reconnect.what", "problem.crm_reconnect.next"},
	followup.CRMBusy:          {"problem.crm_busy.what", "problem.crm_busy.next"},
	followup.CRMDown:          {"problem.crm_down.what", "problem.crm_down.next"},
	followup.CRMRefused:       {"problem.crm_refused.what", "problem.crm_refused.next"},
	followup.NotSure:          {"problem.not_sure.what", "problem.not_sure.next"},
	followup.CannotUndo:       {"problem.cannot_undo.what", "problem.cannot_undo.next"},
	followup.Paused:           {"problem.paused.what", "problem.paused.next"},
	followup.LimitReached:     {"problem.limit_reached.what", "problem.limit_reached.next"},
	followup.Internal:         {"problem.internal.what", "problem.internal.next"},
}

// passing are those that the user can end, by trying again or by going back.
var passing = []followup.Reason{
	followup.FathomBusy, followup.FathomDown, followup.SlackDown, followup.Internal, followup.MeetingGone,
	followup.Paused, followup.LimitReached,
}

// wordsFor says what it can about a reason without words: that it is us.
func wordsFor(reason followup.Reason) words {
	if w, ok := problems[reason]; ok {
		return w
	}
	return problems[followup.Internal]
}

// problem stands in for a list.
func (a audience) problem(problem followup.Problem) page {
	p := a.hindrance(problem)
	if _, known := problems[problem.Reason]; !known || slices.Contains(passing, problem.Reason) {
		p.blocks = append(p.blocks, actions(button(ActionNewest, "", a.Say("screen.button.newest"))))
	}
	return p
}

// hindrance stands in for anything else: what was clicked on is still there to be clicked again.
func (a audience) hindrance(problem followup.Problem) page {
	what, next := a.explain(problem)
	return a.page(a.Say("problem.title"), what, section(":warning: *"+what+"*"), section(next))
}

// explain says what is wrong, and what to do next.
func (a audience) explain(problem followup.Problem) (what, next string) {
	if problem.Limit != nil {
		return a.usedUp(*problem.Limit)
	}
	w := wordsFor(problem.Reason)
	return a.Say(w.what), a.Say(w.next, "When", a.wait(problem.RetryAfter))
}

// limits are the IDs of how a plan's limits are read.
var limits = map[followup.Resource]map[string]string{
	followup.Requests: {
		"hourly": "problem.limit.requests.hourly", "daily": "problem.limit.requests.daily", "monthly": "problem.limit.requests.monthly",
	},
	followup.MeetingsProcessed: {
		"hourly": "problem.limit.meetings.hourly", "daily": "problem.limit.meetings.daily", "monthly": "problem.limit.meetings.monthly",
	},
	followup.CRMWrites: {
		"hourly": "problem.limit.crm.hourly", "daily": "problem.limit.crm.daily", "monthly": "problem.limit.crm.monthly",
	},
}

func (a audience) usedUp(limit followup.Limit) (what, next string) {
	number := a.Count(limits[limit.Resource][limit.Period], limit.Number)
	return a.Say("problem.limit.what", "Limit", number),
		a.Say("problem.limit.next", "Date", a.day(limit.ResetsAt), "Time", a.clock(limit.ResetsAt))
}
