package slackui

import (
	"slices"

	"github.com/slack-go/slack"

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
	followup.Internal:         {"problem.internal.what", "problem.internal.next"},
}

// passing are those that the user can end, by trying again or by going back.
var passing = []followup.Reason{
	followup.FathomBusy, followup.FathomDown, followup.SlackDown, followup.Internal, followup.MeetingGone,
}

func (a audience) problem(problem followup.Problem) page {
	reason := problem.Reason
	w, ok := problems[reason]
	if !ok {
		reason, w = followup.Internal, problems[followup.Internal]
	}
	what := a.Say(w.what)
	blocks := []slack.Block{section(":warning: *" + what + "*"), section(a.Say(w.next, "When", a.wait(problem.RetryAfter)))}
	if slices.Contains(passing, reason) {
		blocks = append(blocks, actions(button(ActionNewest, "", a.Say("screen.button.newest"))))
	}
	return a.page(a.Say("problem.title"), what, blocks...)
}
