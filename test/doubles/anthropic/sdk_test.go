package anthropic_test

import (
	"encoding/json"
	"errors"
	"net/http/httptest"
	"testing"
	"time"

	sdk "github.com/anthropics/anthropic-sdk-go/v2"
	"github.com/anthropics/anthropic-sdk-go/v2/option"

	"github.com/followup-dev/followup-operator/test/doubles/anthropic"
	"github.com/followup-dev/followup-operator/test/doubles/fault"
)

// judged is the double with Anthropic's own client aimed at it, which tries a call twice.
type judged struct {
	*anthropic.Server

	client sdk.Client
}

func startJudged(t *testing.T, key string) judged {
	t.Helper()
	server, err := anthropic.New(anthropic.Config{Keys: []string{"k"}})
	if err != nil {
		t.Fatal(err)
	}
	listener := httptest.NewServer(server)
	t.Cleanup(listener.Close)
	return judged{server, sdk.NewClient(
		option.WithoutEnvironmentDefaults(), option.WithBaseURL(listener.URL), option.WithAPIKey(key), option.WithMaxRetries(1),
		option.WithRequestTimeout(5*time.Second),
	)}
}

func (j judged) ask(t *testing.T, change ...func(*sdk.MessageNewParams)) (*sdk.Message, error) {
	t.Helper()
	var object map[string]any
	if err := json.Unmarshal([]byte(meetingSchema), &object); err != nil {
		t.Fatal(err)
	}
	params := sdk.MessageNewParams{
		Model: sdk.ModelClaudeSonnet5_5, MaxTokens: 1000,
		System:       []sdk.TextBlockParam{{Text: "be brief", CacheControl: sdk.NewCacheControlEphemeralParam()}},
		Messages:     []sdk.MessageParam{sdk.NewUserMessage(sdk.NewTextBlock("[00:00:05] Ann: Good morning"))},
		OutputConfig: sdk.OutputConfigParam{Effort: sdk.OutputConfigEffortLow, Format: sdk.JSONOutputFormatParam{Schema: object}},
	}
	for _, change := range change {
		change(&params)
	}
	return j.client.Messages.New(t.Context(), params)
}

func TestTheSDKGetsJSONOfItsSchema(t *testing.T) {
	j := startJudged(t, "k")
	message, err := j.ask(t)
	if err != nil {
		t.Fatal(err)
	}
	var answer struct {
		Language string `json:"language"`
		Minutes  int    `json:"minutes"`
	}
	if err := json.Unmarshal([]byte(message.Content[0].Text), &answer); err != nil || answer.Language != "en" || answer.Minutes != 30 {
		t.Errorf("%+v, %v", answer, err)
	}
	if message.StopReason != sdk.StopReasonEndTurn || message.Usage.InputTokens == 0 || message.Usage.OutputTokens == 0 {
		t.Errorf("%s, %+v", message.StopReason, message.Usage)
	}
}

func TestTheSDKReadsThinkingRefusalAndTruncation(t *testing.T) {
	j := startJudged(t, "k")
	for stop, want := range map[string]sdk.StopReason{
		anthropic.Refusal: sdk.StopReasonRefusal, anthropic.MaxTokens: sdk.StopReasonMaxTokens, anthropic.ContextWindow: sdk.StopReasonModelContextWindowExceeded,
	} {
		if err := j.Reply(anthropic.Reply{Stop: stop, Thinking: 3}); err != nil {
			t.Fatal(err)
		}
		message, err := j.ask(t)
		if err != nil || message.StopReason != want || message.Content[0].Type != "thinking" {
			t.Errorf("%s: %v, %v", stop, message, err)
		}
	}
}

func TestTheSDKCountsTokens(t *testing.T) {
	j := startJudged(t, "k")
	counted, err := j.client.Messages.CountTokens(t.Context(), sdk.MessageCountTokensParams{
		Model: sdk.ModelClaudeSonnet5_5, Messages: []sdk.MessageParam{sdk.NewUserMessage(sdk.NewTextBlock("12345678"))},
	})
	if err != nil || counted.InputTokens != 2 {
		t.Errorf("%v, %v", counted, err)
	}
}

func TestTheSDKTellsErrorsApart(t *testing.T) {
	tests := map[string]struct {
		fault  fault.Fault
		key    string
		status int
		kind   sdk.ErrorType
	}{
		"overloaded, twice": {fault.Fault{Kind: fault.Error, Code: "overloaded_error", Times: 2}, "k", 529, sdk.ErrorTypeOverloadedError},
		"wrong key":         {fault.Fault{}, "eve", 401, sdk.ErrorTypeAuthenticationError},
		"limited":           {fault.Fault{Kind: fault.RateLimited, Times: 2}, "k", 429, sdk.ErrorTypeRateLimitError},
		"billing":           {fault.Fault{Kind: fault.Error, Code: "contract_spend_limit_reached"}, "k", 402, sdk.ErrorTypeBillingError},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			j := startJudged(t, tc.key)
			if tc.fault.Kind != "" {
				if err := j.Fail(anthropic.Messages, tc.fault); err != nil {
					t.Fatal(err)
				}
			}
			_, err := j.ask(t)
			failed, ok := errors.AsType[*sdk.Error](err)
			if !ok || failed.StatusCode != tc.status || failed.Type() != tc.kind || failed.RequestID == "" {
				t.Errorf("%v, want %d %s", err, tc.status, tc.kind)
			}
		})
	}
}

func TestTheSDKTriesAgain(t *testing.T) {
	for _, f := range []fault.Fault{
		{Kind: fault.Error, Code: "overloaded_error"}, {Kind: fault.Error, Code: "conflict_error"}, {Kind: fault.RateLimited}, {Kind: fault.Drop}, {Kind: fault.DropAfter}, {Kind: fault.HTML},
	} {
		t.Run(string(f.Kind)+f.Code, func(t *testing.T) {
			j := startJudged(t, "k")
			if err := j.Fail(anthropic.Messages, f); err != nil {
				t.Fatal(err)
			}
			if _, err := j.ask(t); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestTheSDKsOwnSchemasAreTaken(t *testing.T) {
	j := startJudged(t, "k")
	rewritten := sdk.BetaJSONSchemaOutputFormat(map[string]any{
		"type": "object", "properties": map[string]any{"a": map[string]any{"type": "string", "maxLength": 3}, "b": map[string]any{"type": "integer", "minimum": 1}},
		"required": []any{"a"},
	}).Schema
	_, err := j.ask(t, func(params *sdk.MessageNewParams) { params.OutputConfig.Format.Schema = rewritten.(map[string]any) })
	if err != nil {
		t.Error(err)
	}
}
