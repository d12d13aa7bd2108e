package slackui

import (
	"unicode/utf8"

	"github.com/slack-go/slack"

	"github.com/followup-dev/followup-operator/internal/followup"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// Block Kit's limits of an answer to block_suggestion, the text in code points.
const (
	maxOptions    = 100
	maxOptionText = 75
)

// Options answers a block_suggestion. Unlike slack-go's type it says so when there are none.
type Options struct {
	Options []*slack.OptionBlockObject `json:"options"`
}

// Suggestions are what is offered below the search box, at most 100: "Title · 23 Nov 2026", with its Position as value.
func Suggestions(meetings []followup.Meeting, tenant tenancy.Tenant) Options {
	a := audienceOf(tenant)
	meetings = meetings[:min(len(meetings), maxOptions)]
	options := make([]*slack.OptionBlockObject, len(meetings))
	for i, m := range meetings {
		options[i] = slack.NewOptionBlockObject(m.Position().String(), plainText(a.suggestion(m)), nil)
	}
	return Options{Options: options}
}

func (a audience) suggestion(m followup.Meeting) string {
	at := m.Start
	if at.IsZero() {
		at = m.CreatedAt
	}
	day := " · " + a.day(at)
	title := inert(m.Title, maxOptionText-utf8.RuneCountInString(day))
	if title == "" {
		title = a.Say("screen.meeting.untitled")
	}
	return title + day
}
