package llm

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/followup-dev/followup-operator/internal/credentials"
	"github.com/followup-dev/followup-operator/internal/outcome"
	"github.com/followup-dev/followup-operator/internal/vendorhttp"
	"github.com/followup-dev/followup-operator/test/doubles/anthropic"
	"github.com/followup-dev/followup-operator/test/doubles/fault"
)

const planted = "planted-jane@customer.example"

var question = Request{
	System: "Be brief.", Cached: []string{strings.Repeat("[00:00:05] Ann: "+planted+"\n", 200)}, User: "What did she say?", MaxTokens: 500,
	Schema: map[string]any{
		"type": "object", "additionalProperties": false, "required": []any{"said"},
		"properties": map[string]any{"said": map[string]any{"type": "string"}},
	},
}

func startDouble(t *testing.T, replies ...anthropic.Reply) (*anthropic.Server, *Client) {
	t.Helper()
	server, err := anthropic.New(anthropic.Config{Keys: []string{"key-1"}, Models: []string{"claude-sonnet-5-5"}, Replies: replies})
	if err != nil {
		t.Fatal(err)
	}
	return server, clientOf(t, server)
}

func clientOf(t *testing.T, vendor http.Handler) *Client {
	t.Helper()
	listener := httptest.NewServer(vendor)
	t.Cleanup(listener.Close)
	return New(vendorhttp.New(nil, func(outcome.Call) {}), listener.URL, "claude-sonnet-5-5", credentials.NewSecret("key-1"))
}

func TestGenerateAnswersInJSON(t *testing.T) {
	server, client := startDouble(t, anthropic.Reply{Answer: json.RawMessage(`{"said":"so"}`), Thinking: 100})
	for _, want := range []Usage{{Input: 5, CacheWrite: 2303, Output: 104}, {Input: 5, CacheRead: 2303, Output: 104}} {
		answer, err := client.Generate(t.Context(), question)
		if err != nil {
			t.Fatal(err)
		}
		if string(answer.JSON) != `{"said":"so"}` || answer.Model != "claude-sonnet-5-5" {
			t.Errorf("%s by %s", answer.JSON, answer.Model)
		}
		if diff := cmp.Diff(want, answer.Usage); diff != "" {
			t.Errorf("usage (-want +got):\n%s", diff)
		}
	}
	want := anthropic.Request{
		Model: "claude-sonnet-5-5", MaxTokens: 500, Effort: "low", Schema: question.Schema,
		Blocks: []anthropic.Block{
			{Role: "system", Text: question.System, Cached: true}, {Role: "user", Text: question.Cached[0], Cached: true}, {Role: "user", Text: question.User},
		},
	}
	if diff := cmp.Diff(want, server.Requests()[0]); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
}

func TestGenerateAsksOnceMoreIfTheAnswerHasNoPlace(t *testing.T) {
	tests := map[string]struct {
		thinking int
		code     string
		output   int64
	}{
		"enough the second time": {700, "", 500 + 704},
		"not enough either":      {1700, CodeMaxTokens, 500 + 1000},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			server, client := startDouble(t, anthropic.Reply{Answer: json.RawMessage(`{"said":"so"}`), Thinking: tc.thinking})
			answer, err := client.Generate(t.Context(), question)
			if outcome.CodeOf(err) != tc.code || (err != nil && outcome.ClassOf(err) != outcome.Permanent) {
				t.Errorf("ended with %v", err)
			}
			if answer.Usage.Output != tc.output {
				t.Errorf("%d tokens, want those of both, %d", answer.Usage.Output, tc.output)
			}
			if requests := server.Requests(); len(requests) != 2 || requests[1].MaxTokens != 1000 {
				t.Errorf("asked %d times", len(requests))
			}
		})
	}
}

func TestGenerateFails(t *testing.T) {
	code := func(code string) fault.Fault { return fault.Fault{Kind: fault.Error, Code: code, Times: fault.Always} }
	tests := map[string]struct {
		fault fault.Fault
		want  outcome.Error
		calls int // 0 where they are counted after their end
	}{
		"bad request":          {code("invalid_request_error"), outcome.Error{Class: outcome.Permanent, Status: 400, Code: "invalid_request_error"}, 1},
		"key refused":          {code("authentication_error"), outcome.Error{Class: outcome.Unauthorized, Status: 401, Code: "authentication_error"}, 1},
		"key may not":          {code("permission_error"), outcome.Error{Class: outcome.Unauthorized, Status: 403, Code: "permission_error"}, 1},
		"nobody pays":          {code("contract_spend_limit_reached"), outcome.Error{Class: outcome.Unauthorized, Status: 402, Code: "contract_spend_limit_reached"}, 1},
		"no such model":        {code("not_found_error"), outcome.Error{Class: outcome.Permanent, Status: 404, Code: CodeNoModel}, 1},
		"conflict":             {code("conflict_error"), outcome.Error{Class: outcome.Transient, Status: 409, Code: "conflict_error"}, 2},
		"too large":            {code("request_too_large"), outcome.Error{Class: outcome.Permanent, Status: 413, Code: "request_too_large"}, 1},
		"spend limit":          {code("enforced_spend_limit_reached"), outcome.Error{Class: outcome.Throttled, Status: 429, Code: "enforced_spend_limit_reached", RetryAfter: 15 * time.Minute}, 1},
		"broken":               {code("api_error"), outcome.Error{Class: outcome.Transient, Status: 500, Code: "api_error"}, 2},
		"too slow":             {code("timeout_error"), outcome.Error{Class: outcome.Transient, Status: 504, Code: "timeout_error"}, 2},
		"overloaded":           {code("overloaded_error"), outcome.Error{Class: outcome.Throttled, Status: 529, Code: "overloaded_error", RetryAfter: 30 * time.Second}, 1},
		"limited":              {fault.Fault{Kind: fault.RateLimited, RetryAfter: 17}, outcome.Error{Class: outcome.Throttled, Status: 429, Code: "rate_limit_error", RetryAfter: 17 * time.Second}, 1},
		"a page":               {fault.Fault{Kind: fault.HTML, Times: 2}, outcome.Error{Class: outcome.Transient, Status: 503}, 2},
		"a page in order":      {fault.Fault{Kind: fault.Status, Status: 200, Body: "<html>" + planted, Times: 2}, outcome.Error{Class: outcome.Transient, Code: "unreadable"}, 2},
		"odd words":            {fault.Fault{Kind: fault.Status, Status: 400, Body: `{"error":{"type":"` + planted + `"}}`}, outcome.Error{Class: outcome.Permanent, Status: 400, Code: "other"}, 1},
		"dropped":              {fault.Fault{Kind: fault.Drop, Times: 2}, outcome.Error{Class: outcome.Transient, Code: "connection"}, 0},
		"answered and dropped": {fault.Fault{Kind: fault.DropAfter, Times: 2}, outcome.Error{Class: outcome.Transient, Code: "connection"}, 0},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			server, client := startDouble(t)
			if err := server.Fail(anthropic.Messages, tc.fault); err != nil {
				t.Fatal(err)
			}
			_, err := client.Generate(t.Context(), question)
			tc.want.Vendor, tc.want.Operation = "anthropic", "messages"
			if diff := cmp.Diff(error(&tc.want), err); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
			if strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), "planted") {
				t.Errorf("error tells what it must not: %v", err)
			}
			if got := server.Calls().Total(anthropic.Messages); tc.calls > 0 && got != tc.calls {
				t.Errorf("%d calls, want %d", got, tc.calls)
			}
		})
	}
}

func TestGenerateReadsWhyTheModelEnded(t *testing.T) {
	for stop, want := range map[string]string{anthropic.Refusal: CodeRefusal, anthropic.ContextWindow: CodeTooLong} {
		server, client := startDouble(t, anthropic.Reply{Stop: stop, Thinking: 9})
		_, err := client.Generate(t.Context(), question)
		if outcome.ClassOf(err) != outcome.Permanent || outcome.CodeOf(err) != want {
			t.Errorf("%s: %v", stop, err)
		}
		if got := server.Calls().Total(anthropic.Messages); got != 1 {
			t.Errorf("%s: %d calls, want 1", stop, got)
		}
	}
}

func TestGenerateReadsAllTexts(t *testing.T) {
	tests := map[string]struct{ content, want string }{
		"after thinking":   {`{"type":"thinking","thinking":"{","signature":"x"},{"type":"text","text":"{\"said\":1}"}`, `{"said":1}`},
		"two texts":        {`{"type":"text","text":"{\"said\":"},{"type":"text","text":"1}"}`, `{"said":1}`},
		"an unknown block": {`{"type":"new_block","text":"{}"},{"type":"text","text":"{\"said\":1}"}`, `{"said":1}`},
		"in a fence":       {"{\"type\":\"text\",\"text\":\"Here:\\n```json\\n{\\\"said\\\":1}\\n```\"}", `{"said":1}`},
		"no JSON":          {`{"type":"text","text":"I can't {do} that"}`, ""},
		"cut off":          {`{"type":"text","text":"{\"said\":"}`, ""},
		"nothing":          {``, ""},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			client := clientOf(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				fmt.Fprintf(w, `{"type":"message","content":[%s],"stop_reason":"end_turn","new_field":1}`, tc.content)
			}))
			answer, err := client.Generate(t.Context(), question)
			if string(answer.JSON) != tc.want {
				t.Errorf("read %s", answer.JSON)
			}
			if tc.want == "" && (outcome.ClassOf(err) != outcome.Transient || outcome.CodeOf(err) != CodeUnreadable) {
				t.Errorf("ended with %v", err)
			}
		})
	}
}

func TestTheEnvironmentIsNotAsked(t *testing.T) {
	t.Setenv("ANTHROPIC_API_KEY", "another-tenants")
	t.Setenv("ANTHROPIC_AUTH_TOKEN", "another-tenants")
	t.Setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:1")
	t.Setenv("ANTHROPIC_CUSTOM_HEADERS", "X-Api-Key: another-tenants")
	_, client := startDouble(t)
	if _, err := client.Generate(t.Context(), question); err != nil {
		t.Error(err)
	}
}

// gate is a vendorhttp.Gate that remembers.
type gate struct {
	mu    sync.Mutex
	until time.Time
}

func (g *gate) ClosedUntil(context.Context, string) (time.Time, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.until, nil
}

func (g *gate) Close(_ context.Context, _ string, until time.Time) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.until = until
	return nil
}

func TestTheLastRequestOfALimitClosesTheGate(t *testing.T) {
	server, err := anthropic.New(anthropic.Config{Keys: []string{"key-1"}, RequestsPerMinute: 1})
	if err != nil {
		t.Fatal(err)
	}
	listener := httptest.NewServer(server)
	defer listener.Close()
	http := vendorhttp.New(nil, func(outcome.Call) {}).Through(&gate{})
	client := New(http, listener.URL, "claude-sonnet-5-5", credentials.NewSecret("key-1"))

	if _, err := client.Generate(t.Context(), question); err != nil {
		t.Fatal(err)
	}
	_, err = client.Generate(t.Context(), question)
	if outcome.ClassOf(err) != outcome.Throttled || outcome.CodeOf(err) != "gated" || outcome.RetryAfterOf(err) == 0 {
		t.Errorf("ended with %v", err)
	}
	if got := server.Calls().Total(anthropic.Messages); got != 1 {
		t.Errorf("%d calls, want 1", got)
	}
}
