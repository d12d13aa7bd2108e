package slackui

import (
	"fmt"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/followup-dev/followup-operator/internal/followup"
)

// words say what happened, and what to do next.
type words struct{ what, next string }

const askAdmin = "your Followup administrator"

// troubles are written for somebody who knows Slack and Fathom, and nothing of us. {wait} is when to try again.
var troubles = map[followup.Reason]words{
	followup.FathomNotSetUp: {
		"Followup is not connected to Fathom yet, so it has no meetings to show.",
		"Ask " + askAdmin + " to add a Fathom API key (in Fathom: User Settings, API Access). Then type the command again.",
	},
	followup.FathomKeyRefused: {
		"Fathom no longer accepts this workspace's API key. It was probably revoked, or its owner left.",
		"Ask " + askAdmin + " to put a new Fathom API key in (in Fathom: User Settings, API Access).",
	},
	followup.FathomBusy: {
		"Fathom takes only so many requests a minute, and this workspace has just used them up.",
		"Type the command again {wait}.",
	},
	followup.FathomDown: {
		"Fathom is not answering properly at the moment. Your recordings are not affected.",
		"Type the command again {wait}. If it stays like this, see whether Fathom itself works for you.",
	},
	followup.EmailHidden: {
		"I show you the meetings that have your e-mail address on them, but Slack does not show me your address.",
		"Check that your Slack profile has an e-mail address. If it has, ask a Slack admin to approve the permission `users:read.email` for Followup.",
	},
	followup.SlackDown: {
		"Slack could not tell me your e-mail address just now, so I can't tell which meetings are yours.",
		"Type the command again {wait}.",
	},
	followup.SlackNotSetUp: {
		"Followup is not fully connected to this Slack workspace: its bot token is missing.",
		"Ask " + askAdmin + " to add it.",
	},
	followup.SlackTokenDead: {
		"Followup has lost its connection to this Slack workspace: Slack no longer accepts its bot token.",
		"Ask a Slack admin to install Followup again, and " + askAdmin + " to put the new bot token in.",
	},
	followup.WrongWorkspace: {
		"Followup can't find you in Slack: its bot token seems to belong to another workspace than this one.",
		"Ask " + askAdmin + " to put this workspace's bot token in.",
	},
	followup.Internal: {
		"Something went wrong on our side, and trying again did not help. Nothing of yours was changed.",
		"Type the command again {wait}. If it stays like this, tell " + askAdmin + ".",
	},
}

func trouble(problem followup.Problem) page {
	w, ok := troubles[problem.Reason]
	if !ok {
		w = troubles[followup.Internal]
	}
	next := strings.ReplaceAll(w.next, "{wait}", wait(problem.RetryAfter))
	return page{
		title:   "Something is in the way",
		summary: w.what,
		blocks:  []slack.Block{section(":warning: *" + w.what + "*"), section(next)},
	}
}

// wait rounds up: who comes back too early is refused again.
func wait(d time.Duration) string {
	switch seconds := int((d + time.Second - 1) / time.Second); {
	case seconds <= 0:
		return "in a minute or two"
	case seconds == 1:
		return "in a second"
	case seconds < 100:
		return fmt.Sprintf("in %d seconds", seconds)
	default:
		return fmt.Sprintf("in %d minutes", (seconds+59)/60)
	}
}
