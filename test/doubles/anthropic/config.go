package anthropic

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Config is the Anthropic that a test lives in.
type Config struct {
	Keys   []string // API keys
	Models []string // the models that there are; none is any
	// Replies are what the model answers; the first that fits a request counts.
	Replies []Reply
	// RequestsPerMinute is the limit of each key; 0 is 1000.
	RequestsPerMinute int
	// ContextTokens is how much a model can read; 0 is a million.
	ContextTokens int
	Now           func() time.Time // nil is time.Now
}

// Reply is what the model answers to some requests.
type Reply struct {
	// When is a text that such a request contains, in its system prompt or its messages; "" fits all.
	When string `json:"when,omitempty"`
	// Answer is a JSON object that takes the place of what would be made up, property by property.
	Answer json.RawMessage `json:"answer,omitempty"`
	// Stop is why the model ends, "" because it is done. A "refusal" has no text. An answer that has no place in max_tokens is
	// cut off in any case.
	Stop string `json:"stop,omitempty"`
	// Thinking is how many tokens the model spends before it answers.
	Thinking int `json:"thinking,omitempty"`
}

// Why a model ends.
const (
	EndTurn       = "end_turn"
	MaxTokens     = "max_tokens"
	Refusal       = "refusal"
	ContextWindow = "model_context_window_exceeded"
)

func (c Config) validate() error {
	if len(c.Keys) == 0 || slices.Contains(c.Keys, "") {
		return errors.New("keys: want one or more, none of them empty")
	}
	if c.RequestsPerMinute < 0 || c.ContextTokens < 0 {
		return errors.New("requests per minute, context tokens: want 0 or more")
	}
	for i, r := range c.Replies {
		if err := r.validate(); err != nil {
			return fmt.Errorf("reply %d: %w", i+1, err)
		}
	}
	return nil
}

func (r Reply) validate() error {
	if !slices.Contains([]string{"", EndTurn, MaxTokens, Refusal, ContextWindow}, r.Stop) {
		return fmt.Errorf("stop: %q is unknown", r.Stop)
	}
	if r.Thinking < 0 {
		return errors.New("thinking: want 0 or more tokens")
	}
	if r.Answer == nil {
		return nil
	}
	var object map[string]any
	if err := json.Unmarshal(r.Answer, &object); err != nil || object == nil {
		return errors.New("answer: want a JSON object")
	}
	return nil
}
