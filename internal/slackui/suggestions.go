package slackui

import (
	"unicode/utf8"

	"github.com/slack-go/slack"

	"github.com/followup-dev/followup-operator/internal/crm"
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

// ContactSuggestions are people of the CRM: "Name · address", with "<contact ID>|<account ID>" as value.
func ContactSuggestions(contacts []crm.Contact) Options {
	return offering(contacts, contactOption)
}

// AccountSuggestions are accounts of the CRM: "Name · website", with their ID as value.
func AccountSuggestions(accounts []crm.Account) Options {
	return offering(accounts, func(account crm.Account) *slack.OptionBlockObject {
		return choice(account.ID, joined(account.Name, account.Website), "")
	})
}

func contactOption(contact crm.Contact) *slack.OptionBlockObject {
	if contact.ID == "" {
		return nil
	}
	return choice(contact.ID+"|"+contact.AccountID, joined(contact.Name, contact.Email), "")
}

// offering leaves out what has an ID that does not fit.
func offering[T any](found []T, option func(T) *slack.OptionBlockObject) Options {
	options := []*slack.OptionBlockObject{}
	for _, item := range found {
		if o := option(item); o != nil && len(options) < maxOptions {
			options = append(options, o)
		}
	}
	return Options{Options: options}
}

func joined(name, more string) string {
	name, more = visible(name), visible(more)
	if name == "" || more == "" {
		return name + more
	}
	return name + " · " + more
}
