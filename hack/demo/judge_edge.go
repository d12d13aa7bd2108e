package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/followup-dev/followup-operator/test/doubles/control"
	"github.com/followup-dev/followup-operator/test/doubles/slack"
)

// clicksWork walks through the modal: older meetings, a search as the user types, one meeting, and back.
func (s *stack) clicksWork(ctx context.Context) error {
	if err := s.expectMeetings(ctx, ada); err != nil {
		return err
	}
	older, err := s.press(ctx, ada, olderButton, "", "Weekly with Stark, no. 5")
	if err != nil {
		return err
	}
	if strings.Contains(string(older.Modal.Current()), adasMeeting) {
		return errors.New("the older meetings begin with the newest")
	}
	hidden, err := s.search(ctx, ada, "board")
	if err != nil {
		return err
	}
	if len(hidden) != 0 {
		return fmt.Errorf("the search offers a meeting that is not hers: %+v", hidden)
	}
	options, err := s.search(ctx, ada, "umbr")
	if err != nil {
		return err
	}
	if len(options) != 1 || !strings.Contains(options[0].Text, "Umbrella") {
		return fmt.Errorf("the search for umbr offers %+v, want the one meeting with Umbrella", options)
	}
	if _, err := s.press(ctx, ada, searchBox, options[0].Value, "Kick-off with Umbrella"); err != nil {
		return err
	}
	newest, err := s.press(ctx, ada, newestButton, "", adasMeeting)
	if err != nil {
		return err
	}
	if newest.Modal.ViewID != older.Modal.ViewID {
		return errors.New("a click opened another modal")
	}
	return nil
}

// shortcutsWork has Hank, who reads Italian, open the list without a command.
func (s *stack) shortcutsWork(ctx context.Context) error {
	sent, err := s.outside.Interact(ctx, control.Interaction{
		Kind: slack.KindShortcut, Team: hank.team, User: hank.user, WebhookURL: interactionsURL, CallbackID: meetingsShortcut,
	})
	if err != nil {
		return err
	}
	request, err := s.await(ctx, sent.RequestID, answerPatience, func(r slack.Request) bool {
		return len(r.Modals) == 1 && r.Modals[0].Updates() > 0
	})
	if err != nil {
		return err
	}
	for _, text := range []string{"Riunioni", "Hammock district"} {
		if !strings.Contains(string(request.Modals[0].Current()), text) {
			return fmt.Errorf("hank does not read %q:\n%s", text, request)
		}
	}
	return nil
}

const slackConnected = `jsonpath={.status.conditions[?(@.type=="SlackConnected")].status}`

// removalDisconnects removes the app from Globex, and installs it again: with a new token, in the Secret that the Tenant names.
func (s *stack) removalDisconnects(ctx context.Context) error {
	const renewed = "xoxb-globex-demo-token-2"
	if err := s.outside.SetInstallation(ctx, control.Installation{Team: hank.team}); err != nil {
		return err
	}
	removed := slack.Event{ID: "EvREMOVED01", TeamID: hank.team, Type: slack.AppUninstalled}
	for range 2 { // Slack may send it twice
		if err := s.expectEvent(ctx, removed, http.StatusOK); err != nil {
			return err
		}
	}
	if err := s.expectEvent(ctx, slack.Event{TeamID: hank.team, Type: slack.TokensRevoked}, http.StatusOK); err != nil {
		return err
	}
	if err := s.awaitTenant(ctx, "globex", slackConnected+"=False"); err != nil {
		return err
	}
	err := s.eventually(ctx, answerPatience, func() error { return s.expectAnswer(ctx, hank, "ha revocato l'accesso") })
	if err != nil {
		return err
	}
	if err := s.outside.SetInstallation(ctx, control.Installation{Team: hank.team, Token: renewed}); err != nil {
		return err
	}
	patch := `{"stringData":{"bot_token":"` + renewed + `"}}`
	if _, err := s.kubectl(ctx, "patch", "secret", "globex-slack", "-n", appNamespace, "--type=merge", "-p", patch); err != nil {
		return err
	}
	if err := s.awaitTenant(ctx, "globex", slackConnected+"=True"); err != nil {
		return err
	}
	// The word of the removal comes once more, after the new installation: it is an old one.
	removed.ID, removed.Time = "EvREMOVED02", time.Now().Add(-time.Hour)
	if err := s.expectEvent(ctx, removed, http.StatusOK); err != nil {
		return err
	}
	return s.eventually(ctx, answerPatience, func() error { return s.expectMeetings(ctx, hank) })
}

func (s *stack) awaitTenant(ctx context.Context, name, condition string) error {
	_, err := s.kubectl(ctx, "wait", "tenant/"+name, "-n", appNamespace, "--timeout=30s", "--for="+condition)
	return err
}

// expectEvent sends an event and wants this status.
func (s *stack) expectEvent(ctx context.Context, e slack.Event, status int) error {
	delivery, err := s.outside.SendEvent(ctx, control.Event{Event: e, WebhookURL: eventsURL})
	if err != nil {
		return err
	}
	if got := delivery.Attempts[0].Ack.Status; got != status {
		return fmt.Errorf("%s is answered %d, want %d", e.Type, got, status)
	}
	return nil
}

// eventsComeBack sends an event while the database is away, and Slack's retry when it is back. It is an old one, which
// changes nothing, but that is the database's to say.
func (s *stack) eventsComeBack(ctx context.Context) error {
	if err := s.database.Stop(ctx); err != nil {
		return err
	}
	old := slack.Event{TeamID: hank.team, Type: slack.AppUninstalled, Time: time.Now().Add(-time.Hour)}
	refused := s.expectEvent(ctx, old, http.StatusServiceUnavailable)
	if err := errors.Join(refused, s.database.Start(ctx)); err != nil {
		return err
	}
	if err := s.eventually(ctx, answerPatience, func() error { return s.expectMeetings(ctx, hank) }); err != nil {
		return err
	}
	retried, err := s.outside.RetryEvents(ctx)
	if err != nil {
		return err
	}
	if len(retried) != 1 || len(retried[0].Attempts) != 2 || retried[0].Attempts[1].Ack.Status != http.StatusOK {
		return fmt.Errorf("the retry came to %+v, want one that is taken", retried)
	}
	return nil
}
