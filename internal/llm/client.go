package llm

import (
	"context"
	"strings"
	"time"

	"github.com/anthropics/anthropic-sdk-go/v2"
	"github.com/anthropics/anthropic-sdk-go/v2/option"

	"github.com/followup-dev/followup-operator/internal/credentials"
	"github.com/followup-dev/followup-operator/internal/outcome"
	"github.com/followup-dev/followup-operator/internal/vendorhttp"
)

// The codes of a model's answers that are of no use.
const (
	// CodeRefusal: the model won't answer this. It is Permanent.
	CodeRefusal = "refusal"
	// CodeMaxTokens: the answer has no end, with a larger budget either. It is Permanent.
	CodeMaxTokens = "max_tokens"
	// CodeTooLong: what was asked is more than the model can read. It is Permanent.
	CodeTooLong = "model_context_window_exceeded"
	// CodeNoModel: there is no such model, or not any more. It is Permanent, and the vendor's own word.
	CodeNoModel = "not_found_error"
	// CodeUnreadable: the answer is no JSON object. It is Transient.
	CodeUnreadable = "unreadable"
)

// A person waits, and a long answer takes a minute.
const timeout = 120 * time.Second

// A model's answer has no effect but its price, so it may be asked for twice.
var generate = vendorhttp.Operation{Vendor: "anthropic", Name: "messages", Timeout: timeout, Repeatable: true, Refused: refused}

// Client asks one model with one API key. It is cheap to make: connections are vendorhttp's.
type Client struct {
	http     *vendorhttp.Client
	messages anthropic.MessageService
	models   anthropic.ModelService
	model    string
}

// New returns a client of the API at baseURL (https://api.anthropic.com). Any model ID is taken.
func New(http *vendorhttp.Client, baseURL, model string, key credentials.Secret) *Client {
	client := anthropic.NewClient(
		option.WithoutEnvironmentDefaults(), // which would be another tenant's
		option.WithoutOpenTelemetry(),
		option.WithBaseURL(strings.TrimRight(baseURL, "/")+"/"),
		option.WithAPIKey(key.Reveal()),
		option.WithMaxRetries(0),
		option.WithRequestTimeout(timeout),
	)
	return &Client{http: http, messages: client.Messages, models: client.Models, model: model}
}

// Request is one question.
type Request struct {
	System string
	// Cached are long texts that the next request repeats, in this order, before User: they are read from the vendor's
	// cache then. User is what differs.
	Cached []string
	User   string
	// Schema is the JSON schema of the answer, of the subset that the vendor takes: objects have additionalProperties
	// false and all properties required; no lengths, ranges or patterns.
	Schema map[string]any
	// MaxTokens bounds the answer and the thinking before it.
	MaxTokens int
}

// Generate returns the model's answer. Errors are *outcome.Error: Unauthorized when the key is refused or the account can't
// pay, Throttled with the wait when limits are spent or the vendor is overloaded, Permanent with one of this package's
// codes or the vendor's.
func (c *Client) Generate(ctx context.Context, req Request) (Answer, error) {
	answer, err := c.ask(ctx, req)
	if outcome.CodeOf(err) != CodeMaxTokens {
		return answer, err
	}
	req.MaxTokens *= 2 // what is cut off is no JSON; most of a budget may have gone into thinking
	second, err := c.ask(ctx, req)
	second.Usage.add(answer.Usage)
	return second, err
}

// ask returns what was used also when the answer is of no use.
func (c *Client) ask(ctx context.Context, req Request) (Answer, error) {
	var answer Answer
	err := c.http.Call(ctx, generate, func(ctx context.Context, doer vendorhttp.Doer) error {
		message, err := c.messages.New(ctx, c.params(req), option.WithHTTPClient(doer))
		if err != nil {
			return err
		}
		answer, err = read(message)
		return err
	})
	return answer, err
}

func (c *Client) params(req Request) anthropic.MessageNewParams {
	cached := func(text string) anthropic.TextBlockParam {
		return anthropic.TextBlockParam{Text: text, CacheControl: anthropic.NewCacheControlEphemeralParam()}
	}
	var blocks []anthropic.ContentBlockParamUnion
	for _, text := range req.Cached {
		block := cached(text)
		blocks = append(blocks, anthropic.ContentBlockParamUnion{OfText: &block})
	}
	blocks = append(blocks, anthropic.NewTextBlock(req.User))
	return anthropic.MessageNewParams{
		Model:     c.model,
		MaxTokens: int64(req.MaxTokens),
		System:    []anthropic.TextBlockParam{cached(req.System)},
		Messages:  []anthropic.MessageParam{anthropic.NewUserMessage(blocks...)},
		OutputConfig: anthropic.OutputConfigParam{
			Effort: anthropic.OutputConfigEffortLow,
			Format: anthropic.JSONOutputFormatParam{Schema: req.Schema},
		},
	}
}
