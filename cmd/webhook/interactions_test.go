package main

import (
	"strings"
	"testing"
	"time"

	"github.com/followup-dev/followup-operator/internal/slackui"
	"github.com/followup-dev/followup-operator/internal/tenancy"
	"github.com/followup-dev/followup-operator/test/doubles/slack"
	"github.com/followup-dev/followup-operator/test/postgres"
)

// All that a person can do with the list, through the real parts: page, search, pick, go back, open it by a shortcut; be
// told that the workspace is paused; and be told that the app was removed.
func TestClicksAreAnsweredOutsideKubernetes(t *testing.T) {
	database := addTenant(t, postgres.New(t))
	b := start(t, database, patient)
	b.awaitReady(t)
	b.send(t)
	b.awaitModal(t, "Planted meeting")

	b.click(t, slackui.ActionOlder, "")
	b.awaitModal(t, "Older meeting 11")
	b.click(t, slackui.ActionNewest, "")
	b.awaitModal(t, "Planted meeting")

	found, err := b.slack.SendTyping(t.Context(), b.url("/slack/interactions"), slack.Typing{
		TeamID: teamID, UserID: userID, ActionID: slackui.ActionFind, Text: "older 11",
	})
	if err != nil || len(found.Options) != 1 || !strings.Contains(found.Options[0].Text, "Older meeting 11") {
		t.Fatalf("offered %+v, %v", found, err)
	}
	b.click(t, slackui.ActionFind, found.Options[0].Value)
	b.awaitModal(t, "Older meeting 11") // no newest page has it

	opened, err := b.slack.SendShortcut(t.Context(), b.url("/slack/interactions"), slack.Shortcut{
		TeamID: teamID, UserID: userID, CallbackID: slackui.ShortcutMeetings,
	})
	if err != nil || opened.Ack.Status != 200 {
		t.Fatalf("shortcut %+v, %v", opened.Ack, err)
	}
	eventually(t, "modal of the shortcut", func() bool {
		requests := b.slack.Requests()
		shown := requests[len(requests)-1].Modals
		return len(shown) == 1 && strings.Contains(string(shown[0].Current()), "Planted meeting")
	})

	r := acme()
	r.Stop = tenancy.Hold
	syncTenant(t, database, r)
	b.click(t, slackui.ActionOlder, "")
	b.awaitModal(t, "Followup is paused for this workspace.")

	if _, err := b.slack.SendEvent(t.Context(), b.url("/slack/events"), slack.Event{
		TeamID: teamID, Type: slack.AppUninstalled, Time: time.Now().Add(time.Minute),
	}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "word of the removal", func() bool {
		sent := b.send(t)
		return sent.Ack.Message != nil && strings.Contains(string(sent.Ack.Message.Body), "Slack has ended Followup's access")
	})
}

func (b *testbed) click(t *testing.T, actionID, option string) {
	t.Helper()
	sent, err := b.slack.SendAction(t.Context(), b.url("/slack/interactions"), slack.Action{
		TeamID: teamID, UserID: userID, ActionID: actionID, Option: option,
	})
	if err != nil || sent.Ack.Status != 200 || sent.Ack.Body != "" {
		t.Fatalf("%s: ack %+v, %v; want an empty 200", actionID, sent.Ack, err)
	}
}

// awaitModal waits until the modal that was opened last shows a text.
func (b *testbed) awaitModal(t *testing.T, text string) {
	t.Helper()
	eventually(t, "modal with "+text, func() bool {
		var last *slack.Modal
		for _, request := range b.slack.Requests() {
			for _, modal := range request.Modals {
				last = modal
			}
		}
		return last != nil && strings.Contains(string(last.Current()), text)
	})
}
