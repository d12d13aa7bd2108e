package slack

import (
	"context"
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"github.com/followup-dev/followup-operator/internal/blockkit"
)

// Typing is what a person types into a select menu whose options come from the app.
type Typing struct {
	TeamID, UserID string
	ActionID       string
	Text           string
}

// Suggestions is what the person is offered.
type Suggestions struct {
	Ack      Ack      `json:"ack"`
	Options  []Option `json:"options"`
	Problems []string `json:"problems,omitempty"` // why Slack would offer nothing
}

// Option is one choice.
type Option struct {
	Text        string `json:"text"`
	Value       string `json:"value"`
	Description string `json:"description,omitempty"`
}

// SendTyping lets a person type into an external_select that they see, and asks the app for options, within 3 s:
// https://docs.slack.dev/reference/block-kit/block-elements/select-menu-element#external_select. Options offered can be
// chosen with SendAction. It is an error to type less than min_query_length: Slack would not ask.
func (s *Server) SendTyping(ctx context.Context, optionsURL string, t Typing) (Suggestions, error) {
	x, payload, err := s.typeInto(t)
	if err != nil {
		return Suggestions{}, err
	}
	ack, _, err := s.deliverPayload(ctx, optionsURL, payload)
	if err != nil {
		return Suggestions{}, err
	}
	answer := Suggestions{Ack: ack}
	if ack.Error != "" {
		return answer, nil
	}
	if problems := blockkit.CheckOptions([]byte(ack.Body)); problems != nil {
		answer.Problems = messagesOf(problems)
		return answer, nil
	}
	var offered map[string]any
	if err := json.Unmarshal([]byte(ack.Body), &offered); err != nil {
		return Suggestions{}, fmt.Errorf("slack double: options: %w", err)
	}
	options := optionsIn(offered)
	for _, o := range objectsIn(options) {
		description, _ := o["description"].(map[string]any)
		answer.Options = append(answer.Options, Option{Text: labelOf(o), Value: text(o["value"]), Description: text(description["text"])})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	x.surface().offered[t.ActionID] = options
	return answer, nil
}

// typeInto makes the payload of https://docs.slack.dev/reference/interaction-payloads/block_suggestion-payload
func (s *Server) typeInto(t Typing) (seen, map[string]any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.actor(t.TeamID, t.UserID, "")
	if err != nil {
		return seen{}, nil, err
	}
	x, err := s.before(a, t.ActionID, "")
	if err != nil {
		return seen{}, nil, err
	}
	element, blockID, _ := x.surface().find(t.ActionID, "")
	if element["type"] != "external_select" {
		return seen{}, nil, fmt.Errorf("slack double: %s is a %v, which asks for no options", t.ActionID, element["type"])
	}
	minimum := 3.0 // Slack's default
	if given, ok := element["min_query_length"].(float64); ok {
		minimum = given
	}
	if utf8.RuneCountInString(t.Text) < int(minimum) {
		return seen{}, nil, fmt.Errorf("slack double: %s asks for options from %.0f characters on", t.ActionID, minimum)
	}
	payload := s.seenPayload(KindBlockSuggestion, a, x)
	payload["action_id"], payload["block_id"], payload["value"] = t.ActionID, blockID, t.Text
	return x, payload, nil
}
