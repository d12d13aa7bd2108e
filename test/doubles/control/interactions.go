package control

import (
	"context"
	"fmt"
	"net/http"

	"github.com/followup-dev/followup-operator/test/doubles/slack"
)

func (h handler) interaction(r *http.Request) (any, error) {
	i, err := read[Interaction](r)
	if err != nil {
		return nil, err
	}
	if i.Kind == slack.KindBlockSuggestion {
		return h.suggestions(r.Context(), i)
	}
	request, err := h.interact(r.Context(), i)
	if err != nil {
		return nil, err
	}
	if request.Ack == nil { // a modal was closed whose app does not want to know
		return Sent{}, nil
	}
	return sent(request.ID, *request.Ack), nil
}

func (h handler) interact(ctx context.Context, i Interaction) (slack.Request, error) {
	switch i.Kind {
	case slack.KindBlockActions:
		return h.slack.SendAction(ctx, i.WebhookURL,
			slack.Action{TeamID: i.Team, UserID: i.User, ActionID: i.ActionID, Value: i.Value, Option: i.Option, MessageOf: i.MessageOf})
	case slack.KindShortcut, slack.KindMessageAction:
		if (i.Kind == slack.KindMessageAction) != (i.Text != "") {
			return slack.Request{}, fmt.Errorf("text: want the message for %q, and none for %q", slack.KindMessageAction, slack.KindShortcut)
		}
		return h.slack.SendShortcut(ctx, i.WebhookURL, slack.Shortcut{TeamID: i.Team, UserID: i.User, CallbackID: i.CallbackID, Message: i.Text})
	case slack.KindViewSubmission:
		return h.slack.SendSubmission(ctx, i.WebhookURL, slack.Submission{TeamID: i.Team, UserID: i.User, Values: i.Values})
	case slack.KindViewClosed:
		return h.slack.SendClosing(ctx, i.WebhookURL, i.Team, i.User)
	default:
		return slack.Request{}, fmt.Errorf("kind: %q is unknown", i.Kind)
	}
}

func (h handler) suggestions(ctx context.Context, i Interaction) (any, error) {
	s, err := h.slack.SendTyping(ctx, i.WebhookURL, slack.Typing{TeamID: i.Team, UserID: i.User, ActionID: i.ActionID, Text: i.Text})
	if err != nil {
		return nil, err
	}
	answer := sent("", s.Ack)
	answer.Options, answer.Problems = s.Options, s.Problems
	return answer, nil
}

func (h handler) event(r *http.Request) (any, error) {
	e, err := read[Event](r)
	if err != nil {
		return nil, err
	}
	return h.slack.SendEvent(r.Context(), e.WebhookURL, e.Event)
}

func (h handler) retryEvents(r *http.Request) (any, error) { return h.slack.RetryEvents(r.Context()) }

func (h handler) installation(r *http.Request) (any, error) {
	i, err := read[Installation](r)
	if err != nil {
		return nil, err
	}
	if i.Token == "" {
		return nil, h.slack.Uninstall(i.Team)
	}
	return nil, h.slack.Install(i.Team, i.Token)
}
