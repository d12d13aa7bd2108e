package anthropic

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Request is what a model was asked.
type Request struct {
	Model     string
	MaxTokens int
	Effort    string
	Blocks    []Block // in the order in which the model reads them: the system prompt comes first
	Schema    map[string]any
}

// Block is a text of a prompt.
type Block struct {
	Role   string // "system", "user" or "assistant"
	Text   string
	Cached bool // it has a cache_control
}

// Contains says whether a text stands in one of the blocks.
func (r Request) Contains(text string) bool {
	return slices.ContainsFunc(r.Blocks, func(b Block) bool { return strings.Contains(b.Text, text) })
}

func (r Request) tokens() int {
	n := 0
	for _, b := range r.Blocks {
		n += tokensOf(b.Text)
	}
	return n
}

// tokensOf estimates: 4 bytes make a token.
func tokensOf(text string) int { return (len(text) + 3) / 4 }

// maxOutput is that of the models: https://platform.claude.com/docs/en/about-claude/models/overview
const maxOutput = 128_000

// maxBreakpoints: https://platform.claude.com/docs/en/build-with-claude/prompt-caching
const maxBreakpoints = 4

// body is a request as it is sent, less what the double has no answer for.
type body struct {
	Model        string          `json:"model"`
	MaxTokens    *int            `json:"max_tokens"`
	System       json.RawMessage `json:"system"`
	Messages     []message       `json:"messages"`
	OutputConfig *outputConfig   `json:"output_config"`
	Thinking     map[string]any  `json:"thinking"`
	Metadata     map[string]any  `json:"metadata"`
	ServiceTier  string          `json:"service_tier"`
	Stream       bool            `json:"stream"`
}

type message struct {
	Role    string          `json:"role"`
	Content json.RawMessage `json:"content"`
}

type outputConfig struct {
	Effort string `json:"effort"`
	Format *struct {
		Type   string         `json:"type"`
		Schema map[string]any `json:"schema"`
	} `json:"format"`
}

// removed are parameters that models since Sonnet and Opus 5.5, and any with version 2026-10-21, don't take.
var removed = []string{"temperature", "top_p", "top_k"}

// undone are parameters that the API has and the double has not.
var undone = []string{
	"tools", "tool_choice", "stop_sequences", "container", "context_management", "mcp_servers", "cache_control", "speed", "inference_geo",
	"diagnostics",
}

func parse(raw []byte, counting bool) (*Request, error) {
	var given map[string]json.RawMessage
	if err := json.Unmarshal(raw, &given); err != nil || given == nil {
		return nil, errors.New("the request body is not a JSON object")
	}
	for name := range given {
		if slices.Contains(removed, name) {
			return nil, fmt.Errorf("%s: this parameter is no longer supported", name)
		}
		if slices.Contains(undone, name) {
			return nil, fmt.Errorf("%s: this double does not do that", name)
		}
	}
	var b body
	if err := decode(raw, &b); err != nil {
		return nil, err
	}
	r := &Request{Model: b.Model}
	return r, errors.Join(b.limits(r, counting), b.output(r), b.prompt(r))
}

// decode refuses properties that are not known.
func decode(raw []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	return d.Decode(into)
}

func (b body) limits(r *Request, counting bool) error {
	switch {
	case b.Model == "":
		return errors.New("model: Field required")
	case counting && b.MaxTokens != nil:
		return errors.New("max_tokens: Extra inputs are not permitted")
	case counting:
	case b.MaxTokens == nil:
		return errors.New("max_tokens: Field required")
	case *b.MaxTokens < 1 || *b.MaxTokens > maxOutput:
		return fmt.Errorf("max_tokens: %d: want 1 to %d", *b.MaxTokens, maxOutput)
	default:
		r.MaxTokens = *b.MaxTokens
	}
	if b.Stream {
		return errors.New("stream: this double does not do that")
	}
	if b.Thinking != nil && b.Thinking["type"] != "adaptive" {
		return fmt.Errorf("thinking.type: %v is not supported by this model, use adaptive", b.Thinking["type"])
	}
	if !slices.Contains([]string{"", "auto", "standard_only"}, b.ServiceTier) {
		return fmt.Errorf("service_tier: %q is unknown", b.ServiceTier)
	}
	return nil
}

func (b body) output(r *Request) error {
	if b.OutputConfig == nil {
		return nil
	}
	r.Effort = b.OutputConfig.Effort
	if !slices.Contains([]string{"", "low", "medium", "high", "xhigh", "max"}, r.Effort) {
		return fmt.Errorf("output_config.effort: %q is unknown", r.Effort)
	}
	format := b.OutputConfig.Format
	if format == nil {
		return nil
	}
	if format.Type != "json_schema" || format.Schema == nil {
		return errors.New("output_config.format: want the type json_schema and a schema")
	}
	r.Schema = format.Schema
	if err := checkSchema(r.Schema); err != nil {
		return fmt.Errorf("output_config.format.schema: %w", err)
	}
	return nil
}

func (b body) prompt(r *Request) error {
	if b.System != nil {
		blocks, err := blocksOf("system", b.System)
		if err != nil {
			return fmt.Errorf("system: %w", err)
		}
		r.Blocks = blocks
	}
	if len(b.Messages) == 0 {
		return errors.New("messages: at least one message is required")
	}
	for i, m := range b.Messages {
		if m.Role != "user" && m.Role != "assistant" {
			return fmt.Errorf("messages.%d.role: %q is unknown", i, m.Role)
		}
		blocks, err := blocksOf(m.Role, m.Content)
		if err != nil {
			return fmt.Errorf("messages.%d.content: %w", i, err)
		}
		r.Blocks = append(r.Blocks, blocks...)
	}
	if b.Messages[0].Role != "user" || b.Messages[len(b.Messages)-1].Role != "user" {
		return errors.New("messages: the first and the last must be the user's: this model does not support prefill")
	}
	breakpoints := 0
	for _, block := range r.Blocks {
		if block.Cached {
			breakpoints++
		}
	}
	if breakpoints > maxBreakpoints {
		return fmt.Errorf("a maximum of %d blocks with cache_control may be provided, found %d", maxBreakpoints, breakpoints)
	}
	return nil
}

// blocksOf reads content: a string, or blocks.
func blocksOf(role string, raw json.RawMessage) ([]Block, error) {
	var text string
	if err := json.Unmarshal(raw, &text); err == nil && text != "" {
		return []Block{{Role: role, Text: text}}, nil
	}
	var given []struct {
		Type         string `json:"type"`
		Text         string `json:"text"`
		Citations    []any  `json:"citations"`
		CacheControl *struct {
			Type string `json:"type"`
			TTL  string `json:"ttl"`
		} `json:"cache_control"`
	}
	if err := decode(raw, &given); err != nil || len(given) == 0 {
		return nil, errors.New("want a text, or blocks of text")
	}
	var blocks []Block
	for i, b := range given {
		switch {
		case b.Type != "text":
			return nil, fmt.Errorf("%d.type: %q: this double does text only", i, b.Type)
		case strings.TrimSpace(b.Text) == "":
			return nil, fmt.Errorf("%d.text: text content blocks must be non-empty", i)
		case len(b.Citations) > 0:
			return nil, fmt.Errorf("%d.citations: not permitted here", i)
		case b.CacheControl != nil && (b.CacheControl.Type != "ephemeral" || !slices.Contains([]string{"", "5m", "1h"}, b.CacheControl.TTL)):
			return nil, fmt.Errorf("%d.cache_control: want ephemeral, for 5m or 1h", i)
		}
		blocks = append(blocks, Block{Role: role, Text: b.Text, Cached: b.CacheControl != nil})
	}
	return blocks, nil
}
