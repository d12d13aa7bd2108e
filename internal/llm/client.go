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
	return &Client{http: http, messages: client.Messages, model: model}
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

// Answer is a JSON object, which is meant to be of the schema.
type Answer struct {
	JSON  []byte
	Model string // that answered
	Usage Usage
}

// Usage is what an answer took, in tokens, together with the try that was too short if there was one.
type Usage struct {
	Input      int64 // neither written to the cache nor read from it
	CacheWrite int64
	CacheRead  int64
	Output     int64
}

// Generate returns the model's answer. Errors are *outcome.Error: Unauthorized when the key is refused, Throttled with the
// wait when limits are spent or the vendor is overloaded, Permanent with one of this package's codes or the vendor's.
func (c *Client) Generate(ctx context.Context, req Request) (Answer, error) {
	return Answer{}, &outcome.Error{Vendor: generate.Vendor, Operation: generate.Name, Class: outcome.Permanent}
}
