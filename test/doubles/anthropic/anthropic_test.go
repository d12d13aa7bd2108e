package anthropic_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/followup-dev/followup-operator/test/doubles/anthropic"
	"github.com/followup-dev/followup-operator/test/doubles/calls"
	"github.com/followup-dev/followup-operator/test/doubles/fault"
)

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

type double struct {
	*anthropic.Server

	url   string
	clock *clock
}

func start(t *testing.T, c anthropic.Config) double {
	t.Helper()
	d := double{clock: &clock{now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}}
	c.Keys, c.Now = []string{"k"}, d.clock.Now
	var err error
	if d.Server, err = anthropic.New(c); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(d.Server)
	t.Cleanup(server.Close)
	d.url = server.URL
	return d
}

// plain is a request that is in order.
const plain = `{"model":"claude-sonnet-5-5","max_tokens":100,"messages":[{"role":"user","content":"hi"}]}`

// with puts JSON properties before those of the plain request.
func with(properties string) string { return "{" + properties + "," + plain[1:] }

// schema is a request for an answer of that schema.
func schema(schema string) string {
	return with(`"output_config":{"effort":"low","format":{"type":"json_schema","schema":` + schema + `}}`)
}

type change func(*http.Request)

func header(name, value string) change {
	return func(r *http.Request) {
		r.Header.Del(name)
		if value != "" {
			r.Header.Set(name, value)
		}
	}
}

func (d double) post(t *testing.T, path, body string, changes ...change) (status int, answer map[string]any, got http.Header) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Api-Key", "k")
	r.Header.Set("Anthropic-Version", "2026-10-21")
	r.Header.Set("Content-Type", "application/json")
	for _, change := range changes {
		change(r)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	return response.StatusCode, answer, response.Header
}

func TestRequestsAreHeldToWhatTheAPIDocuments(t *testing.T) {
	bearer := []change{header("X-Api-Key", ""), header("Authorization", "Bearer k")}
	tests := map[string]struct {
		body    string
		changes []change
		want    string // in the error's message; "" is success
	}{
		"plain":               {body: plain},
		"bearer":              {body: plain, changes: bearer},
		"older version":       {body: plain, changes: []change{header("Anthropic-Version", "2023-06-01")}},
		"content in blocks":   {body: strings.Replace(plain, `"hi"`, `[{"type":"text","text":"hi","cache_control":{"type":"ephemeral","ttl":"1h"}}]`, 1)},
		"adaptive thinking":   {body: with(`"thinking":{"type":"adaptive"}`)},
		"no key":              {body: plain, changes: []change{header("X-Api-Key", "")}, want: "x-api-key"},
		"wrong key":           {body: plain, changes: []change{header("X-Api-Key", "eve")}, want: "x-api-key"},
		"no version":          {body: plain, changes: []change{header("Anthropic-Version", "")}, want: "anthropic-version"},
		"unknown version":     {body: plain, changes: []change{header("Anthropic-Version", "2026-11-23")}, want: "anthropic-version"},
		"content type":        {body: plain, changes: []change{header("Content-Type", "text/plain")}, want: "content-type"},
		"temperature":         {body: with(`"temperature":0`), want: "temperature"},
		"top_p":               {body: with(`"top_p":0.5`), want: "top_p"},
		"stream":              {body: with(`"stream":true`), want: "stream"},
		"tools":               {body: with(`"tools":[]`), want: "tools"},
		"unknown property":    {body: with(`"max_output":1`), want: "max_output"},
		"no max_tokens":       {body: strings.Replace(plain, `"max_tokens":100,`, "", 1), want: "max_tokens"},
		"too many max_tokens": {body: strings.Replace(plain, `100`, "1000000", 1), want: "max_tokens"},
		"no model":            {body: strings.Replace(plain, `"model":"claude-sonnet-5-5",`, "", 1), want: "model"},
		"retired model":       {body: strings.Replace(plain, `sonnet-5-5`, "3-opus-20240229", 1), want: "model: claude-3-opus"},
		"thinking budget":     {body: with(`"thinking":{"type":"enabled","budget_tokens":1024}`), want: "thinking"},
		"prefill":             {body: strings.Replace(plain, `}]}`, `},{"role":"assistant","content":"{"}]}`, 1), want: "prefill"},
		"no messages":         {body: `{"model":"claude-sonnet-5-5","max_tokens":1,"messages":[]}`, want: "messages"},
		"empty text":          {body: strings.Replace(plain, `"hi"`, `[{"type":"text","text":""}]`, 1), want: "non-empty"},
		"five breakpoints": {body: strings.Replace(plain, `"hi"`, `[`+strings.Repeat(`{"type":"text","text":"x","cache_control":{"type":"ephemeral"}},`, 5)+
			`{"type":"text","text":"y"}]`, 1), want: "maximum of 4"},
		"too long":    {body: strings.Replace(plain, `"hi"`, `"`+strings.Repeat("x", 8004)+`"`, 1), want: "prompt is too long: 2001 tokens > 2000 maximum"},
		"no JSON":     {body: "hi", want: "JSON"},
		"odd effort":  {body: with(`"output_config":{"effort":"some"}`), want: "effort"},
		"odd format":  {body: with(`"output_config":{"format":{"type":"json"}}`), want: "format"},
		"odd content": {body: strings.Replace(plain, `"hi"`, `[{"type":"image"}]`, 1), want: "image"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			d := start(t, anthropic.Config{Models: []string{"claude-sonnet-5-5"}, ContextTokens: 2000})
			status, answer, got := d.post(t, "/v1/messages", tc.body, tc.changes...)
			if !strings.HasPrefix(got.Get("request-id"), "req_") {
				t.Errorf("request-id: %q", got.Get("request-id"))
			}
			if tc.want == "" {
				if status != 200 {
					t.Errorf("%d %v", status, answer)
				}
				return
			}
			failure, _ := answer["error"].(map[string]any)
			if message, _ := failure["message"].(string); status < 400 || !strings.Contains(message, tc.want) {
				t.Errorf("%d %v, want an error about %q", status, answer, tc.want)
			}
			if answer["request_id"] != got.Get("request-id") {
				t.Errorf("request_id: %v", answer["request_id"])
			}
		})
	}
}

func TestSchemasAreHeldToTheDocumentedSubset(t *testing.T) {
	object := func(property string) string {
		return `{"type":"object","additionalProperties":false,"properties":{"a":` + property + `},"required":["a"]}`
	}
	tests := map[string]string{ // what the refusal says; "" is success
		object(`{"type":"string","format":"date","description":"d","title":"t"}`): "",
		object(`{"anyOf":[{"type":"null"},{"type":"string","enum":["x","y"]}]}`):  "",
		object(`{"type":"array","items":{"type":"integer"},"minItems":1}`):        "",
		object(`{"const":"x"}`): "",
		`{"type":"object","additionalProperties":false,"properties":{"a":{"$ref":"#/$defs/d"}},"required":["a"],"$defs":{"d":{"type":"string"}}}`: "",
		object(`{"type":"string","maxLength":3}`):                                         `"maxLength" is not supported`,
		object(`{"type":"string","pattern":"x"}`):                                         `"pattern" is not supported`,
		object(`{"type":"integer","minimum":3}`):                                          `"minimum" is not supported`,
		object(`{"type":"string","format":"phone"}`):                                      "format: phone is not supported",
		object(`{"type":"array","items":{"type":"integer"},"minItems":2}`):                "minItems",
		object(`{"type":["string","null"]}`):                                              "type: [string null] is not supported",
		object(`{"type":"object","properties":{}}`):                                       "additionalProperties",
		object(`{"oneOf":[{"type":"null"}]}`):                                             `"oneOf" is not supported`,
		`{"type":"object","additionalProperties":false,"properties":{},"required":["a"]}`: "required: a",
		`{"type":"object","additionalProperties":false,"properties":{"a":{"$ref":"#/$defs/d"}},"$defs":{"d":{"anyOf":[{"$ref":"#/$defs/d"}]}}}`: "recursive",
		`{"type":"object","additionalProperties":false,"properties":{"a":{"$ref":"#/$defs/e"}}}`:                                                "not found",
	}
	for given, want := range tests {
		t.Run(given, func(t *testing.T) {
			status, answer, _ := start(t, anthropic.Config{}).post(t, "/v1/messages", schema(given))
			if message := string(marshal(answer)); (status == 200) != (want == "") || !strings.Contains(message, string(marshal(want)[1:len(marshal(want))-1])) {
				t.Errorf("%d %s, want %q", status, message, want)
			}
		})
	}
}

func marshal(value any) []byte {
	raw, _ := json.Marshal(value)
	return raw
}

// meetingSchema has one of everything.
const meetingSchema = `{"type":"object","additionalProperties":false,"required":["subject","language","step","due","day","time","minutes","owner","yes"],
	"properties":{"subject":{"type":"string"},"language":{"type":"string"},"due":{"anyOf":[{"type":"null"},{"type":"string"}]},"yes":{"type":"boolean"},
	"day":{"type":"string","format":"date"},"time":{"type":"string"},"minutes":{"type":"integer"},"owner":{"type":"string","enum":["b","c"]},
	"step":{"type":"array","items":{"type":"object","additionalProperties":false,"required":["quote","timestamp"],
	"properties":{"quote":{"type":"string"},"timestamp":{"type":"string"}}}}}}`

// asked is a request about a meeting.
func asked() string {
	transcript := `It is 2026-11-23.\n[00:00:05] Ann: Good morning\n2 [00:01:10] Bob: Is it expensive?`
	return strings.Replace(schema(meetingSchema), `"hi"`, `"`+transcript+`"`, 1)
}

func text(t *testing.T, answer map[string]any) map[string]any {
	t.Helper()
	var said strings.Builder
	for _, block := range answer["content"].([]any) {
		if block := block.(map[string]any); block["type"] == "text" {
			said.WriteString(block["text"].(string))
		}
	}
	var object map[string]any
	if err := json.Unmarshal([]byte(said.String()), &object); err != nil {
		t.Fatalf("%s: %v", said.String(), err)
	}
	return object
}

func TestAnswersAreMadeUpOfTheTranscript(t *testing.T) {
	d := start(t, anthropic.Config{})
	want := map[string]any{
		"subject": "Subject: Bob said: Is it expensive?", "language": "en", "due": nil, "yes": false, "day": "2026-11-30", "time": "10:00",
		"minutes": 30.0, "owner": "b", "step": []any{map[string]any{"quote": "Good morning", "timestamp": "00:00:05"}},
	}
	for range 2 { // each time the same
		_, answer, _ := d.post(t, "/v1/messages", asked())
		if diff := cmp.Diff(want, text(t, answer)); diff != "" {
			t.Errorf("answer (-want +got):\n%s", diff)
		}
	}
}

func TestRepliesTakeThePlaceOfWhatIsMadeUp(t *testing.T) {
	d := start(t, anthropic.Config{Replies: []anthropic.Reply{
		{When: "expensive", Answer: json.RawMessage(`{"subject":"Price","step":[]}`), Thinking: 7},
		{Stop: anthropic.Refusal},
	}})
	_, answer, _ := d.post(t, "/v1/messages", asked())
	got := text(t, answer)
	if got["subject"] != "Price" || len(got["step"].([]any)) != 0 || got["day"] != "2026-11-30" {
		t.Errorf("answer %v", got)
	}
	if first := answer["content"].([]any)[0].(map[string]any); first["type"] != "thinking" {
		t.Errorf("first block %v, want thinking", first)
	}
	_, answer, _ = d.post(t, "/v1/messages", plain)
	if answer["stop_reason"] != "refusal" || len(answer["content"].([]any)) != 0 || answer["stop_details"] == nil {
		t.Errorf("answer %v, want a refusal", answer)
	}
	if err := d.Reply(anthropic.Reply{Answer: json.RawMessage(`{"minutes":"many"}`)}); err != nil {
		t.Fatal(err)
	}
	if status, answer, _ := d.post(t, "/v1/messages", asked()); status != 500 {
		t.Errorf("%d %v, want what is not of the schema refused", status, answer)
	}
	if requests := d.Requests(); len(requests) != 3 || requests[0].Effort != "low" || !requests[0].Contains("expensive") || requests[1].Contains("expensive") {
		t.Errorf("kept %v", requests)
	}
}

func TestAnAnswerWithoutPlaceIsCutOff(t *testing.T) {
	d := start(t, anthropic.Config{Replies: []anthropic.Reply{{Thinking: 90}}})
	_, answer, _ := d.post(t, "/v1/messages", asked())
	if answer["stop_reason"] != "max_tokens" {
		t.Errorf("stop_reason %v", answer["stop_reason"])
	}
	if output := answer["usage"].(map[string]any)["output_tokens"]; output != 100.0 {
		t.Errorf("%v tokens, want the 100 that there were", output)
	}
	_, answer, _ = d.post(t, "/v1/messages", strings.Replace(asked(), `"max_tokens":100`, `"max_tokens":1000`, 1))
	if answer["stop_reason"] != "end_turn" {
		t.Errorf("stop_reason %v with a larger budget", answer["stop_reason"])
	}
}

func TestTheBeginningOfAPromptIsCachedForFiveMinutes(t *testing.T) {
	d := start(t, anthropic.Config{})
	long := strings.Repeat("word ", 1000) // 1250 tokens
	ask := func(question string) (read, written, rest any) {
		body := strings.Replace(plain, `"hi"`, `[{"type":"text","text":"`+long+`","cache_control":{"type":"ephemeral"}},{"type":"text","text":"`+question+`"}]`, 1)
		_, answer, _ := d.post(t, "/v1/messages", body)
		usage := answer["usage"].(map[string]any)
		return usage["cache_read_input_tokens"], usage["cache_creation_input_tokens"], usage["input_tokens"]
	}
	for _, step := range []struct {
		question            string
		wait                time.Duration
		read, written, rest float64
	}{
		{"what", 0, 0, 1250, 1}, {"whatever", 0, 1250, 0, 2}, {"what", 4 * time.Minute, 1250, 0, 1}, {"what", 4 * time.Minute, 1250, 0, 1}, {"what", 5 * time.Minute, 0, 1250, 1},
	} {
		d.clock.Advance(step.wait)
		read, written, rest := ask(step.question)
		if diff := cmp.Diff([]any{step.read, step.written, step.rest}, []any{read, written, rest}); diff != "" {
			t.Errorf("%q after %s: read, written, rest (-want +got):\n%s", step.question, step.wait, diff)
		}
	}
	long = "short"
	if read, written, _ := ask("what"); read != 0.0 || written != 0.0 {
		t.Errorf("a short prompt: %v read, %v written", read, written)
	}
}

func TestTokensAreCounted(t *testing.T) {
	d := start(t, anthropic.Config{})
	status, answer, _ := d.post(t, "/v1/messages/count_tokens", strings.Replace(plain, `"max_tokens":100,`, "", 1))
	if status != 200 || answer["input_tokens"] != 1.0 {
		t.Errorf("%d %v", status, answer)
	}
	if status, answer, _ = d.post(t, "/v1/messages/count_tokens", plain); status != 400 {
		t.Errorf("%d %v, want max_tokens refused", status, answer)
	}
}

func TestLimitsCountDownAndComeBack(t *testing.T) {
	d := start(t, anthropic.Config{RequestsPerMinute: 1})
	_, _, got := d.post(t, "/v1/messages", plain)
	if got.Get("Anthropic-Ratelimit-Requests-Remaining") != "0" || got.Get("Anthropic-Ratelimit-Requests-Reset") != "2026-11-23T12:01:00Z" {
		t.Errorf("headers %v", got)
	}
	d.clock.Advance(20 * time.Second)
	status, _, got := d.post(t, "/v1/messages", plain)
	if status != 429 || got.Get("Retry-After") != "40" {
		t.Errorf("%d, Retry-After %q", status, got.Get("Retry-After"))
	}
	d.clock.Advance(40 * time.Second)
	if status, _, _ = d.post(t, "/v1/messages", plain); status != 200 {
		t.Errorf("%d after a minute", status)
	}
}

func TestFaultsAreWordedAsAnthropicDoes(t *testing.T) {
	tests := map[string]struct {
		status int
		kind   string
	}{
		"invalid_request_error": {400, "invalid_request_error"}, "authentication_error": {401, "authentication_error"}, "billing_error": {402, "billing_error"},
		"permission_error": {403, "permission_error"}, "not_found_error": {404, "not_found_error"}, "conflict_error": {409, "conflict_error"},
		"request_too_large": {413, "request_too_large"}, "rate_limit_error": {429, "rate_limit_error"}, "api_error": {500, "api_error"},
		"timeout_error": {504, "timeout_error"}, "overloaded_error": {529, "overloaded_error"},
		"enforced_spend_limit_reached": {429, "rate_limit_error"}, "contract_spend_limit_reached": {402, "billing_error"},
	}
	for code, want := range tests {
		t.Run(code, func(t *testing.T) {
			d := start(t, anthropic.Config{})
			if err := d.Fail(anthropic.Messages, fault.Fault{Kind: fault.Error, Code: code}); err != nil {
				t.Fatal(err)
			}
			status, answer, _ := d.post(t, "/v1/messages", plain)
			failure := answer["error"].(map[string]any)
			if status != want.status || failure["type"] != want.kind {
				t.Errorf("%d %v", status, failure)
			}
			if details, given := failure["details"].(map[string]any); given != (code != want.kind) || (given && details["error_code"] != code) {
				t.Errorf("details %v", details)
			}
			if diff := cmp.Diff(calls.Counts{"messages": {"fault:error": 1}}, d.Calls()); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNewSaysWhatIsWrong(t *testing.T) {
	for want, c := range map[string]anthropic.Config{
		"keys":   {},
		"stop":   {Keys: []string{"k"}, Replies: []anthropic.Reply{{Stop: "bored"}}},
		"answer": {Keys: []string{"k"}, Replies: []anthropic.Reply{{Answer: json.RawMessage(`[]`)}}},
	} {
		if _, err := anthropic.New(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want an error about %s", err, want)
		}
	}
}
