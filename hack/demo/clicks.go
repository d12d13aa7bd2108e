package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/followup-dev/followup-operator/test/doubles/control"
	"github.com/followup-dev/followup-operator/test/doubles/slack"
)

const (
	interactionsURL = webhookService + "/slack/interactions"
	eventsURL       = webhookService + "/slack/events"

	// What people work, by the names that Slack knows.
	olderButton      = "meetings_older"
	newestButton     = "meetings_newest"
	searchBox        = "meetings_find"
	meetingsShortcut = "meetings"
)

// press works a button or a menu of the modal that the person has before them, and returns once the modal shows text.
func (s *stack) press(ctx context.Context, who person, actionID, option, text string) (slack.Request, error) {
	sent, err := s.outside.Interact(ctx, control.Interaction{
		Kind: slack.KindBlockActions, Team: who.team, User: who.user, WebhookURL: interactionsURL, ActionID: actionID, Option: option,
	})
	if err != nil {
		return slack.Request{}, err
	}
	if sent.Error != "" {
		return slack.Request{}, fmt.Errorf("%s pressed %s, and Slack says %s", who.name, actionID, sent.Error)
	}
	return s.await(ctx, sent.RequestID, answerPatience, func(r slack.Request) bool {
		return r.Modal != nil && strings.Contains(string(r.Modal.Current()), text)
	})
}

// search types into the search box and returns what is offered.
func (s *stack) search(ctx context.Context, who person, text string) ([]slack.Option, error) {
	sent, err := s.outside.Interact(ctx, control.Interaction{
		Kind: slack.KindBlockSuggestion, Team: who.team, User: who.user, WebhookURL: interactionsURL, ActionID: searchBox, Text: text,
	})
	if err != nil {
		return nil, err
	}
	if sent.Error != "" || sent.Problems != nil {
		return nil, fmt.Errorf("%s searched, and Slack says %s %q", who.name, sent.Error, sent.Problems)
	}
	return sent.Options, nil
}

// showClicks goes on in Ada's modal: older meetings, then a search, then one of what it found.
func (s *stack) showClicks(ctx context.Context) error {
	s.title("\"Older meetings\", pressed by " + ada.name)
	request, err := s.press(ctx, ada, olderButton, "", "Weekly with Stark, no. 5")
	if err != nil {
		return err
	}
	fmt.Fprint(s.options.Out, request)

	s.title("\"umbrella\", typed into the search box")
	options, err := s.search(ctx, ada, "umbrella")
	if err != nil {
		return err
	}
	for _, option := range options {
		fmt.Fprintln(s.options.Out, "  offered:", option.Text)
	}
	if len(options) == 0 {
		return errors.New("the search found nothing")
	}
	request, err = s.press(ctx, ada, searchBox, options[0].Value, "Kick-off with Umbrella")
	if err != nil {
		return err
	}
	fmt.Fprint(s.options.Out, request)
	return nil
}
