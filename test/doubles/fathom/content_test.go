package fathom_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/followup-dev/followup-operator/test/doubles/fathom"
)

// told is a meeting with content, which takes the number of calls to be there.
func told(pending int) fathom.Meeting {
	m := meeting(1)
	m.Summary, m.PendingCalls = "## Next steps\nCall Bob", pending
	m.Transcript = []fathom.Line{
		{Speaker: "Bob", Email: "bob@globex.example", At: 5*time.Minute + 32*time.Second, Text: "Hello"},
		{Speaker: "Someone", Text: "Hi"},
	}
	return m
}

// call asks as the owner of the key, below /external/v1, and returns the status and the body.
func (d double) call(t *testing.T, key, method, path, body string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, strings.TrimSuffix(d.url, "/meetings")+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Api-Key", key)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	received, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%d %s", answer.StatusCode, received)
}

func TestContentOfARecording(t *testing.T) {
	const (
		summary    = `{"summary":{"markdown_formatted":"## Next steps\nCall Bob","template_name":"general"}}`
		transcript = `{"transcript":[{"speaker":{"display_name":"Bob","matched_calendar_invitee_email":"bob@globex.example"},"text":"Hello","timestamp":"00:05:32"},` +
			`{"speaker":{"display_name":"Someone","matched_calendar_invitee_email":null},"text":"Hi","timestamp":"00:00:00"}]}`
	)
	tests := map[string]struct {
		key, path string
		want      string
	}{
		"summary":            {path: "/recordings/1001/summary", want: "200 " + summary},
		"transcript":         {path: "/recordings/1001/transcript", want: "200 " + transcript},
		"no content, ever":   {path: "/recordings/1002/summary", want: `200 {"summary":null}`},
		"unknown recording":  {path: "/recordings/9/summary", want: `404 {"error":"not found"}`},
		"not a number":       {path: "/recordings/x/summary", want: `400 {"error":"recording_id: want a number"}`},
		"somebody else's":    {key: "bob", path: "/recordings/1001/transcript", want: `404 {"error":"not found"}`},
		"unknown parameter":  {path: "/recordings/1001/summary?format=md", want: `400 {"error":"format: unknown parameter, or given twice"}`},
		"unknown key":        {key: "eve", path: "/recordings/1001/summary", want: `401 {"error":"unauthorized"}`},
		"no such call":       {path: "/recordings/1001", want: `404 {"error":"not found"}`},
		"to be sent nowhere": {path: "/recordings/1001/summary?destination_url=x", want: `400 {"error":"destination_url: want a URL"}`},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if tc.key == "" {
				tc.key = "ada"
			}
			if diff := cmp.Diff(tc.want, start(t, told(0), meeting(2)).call(t, tc.key, http.MethodGet, tc.path, "")); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
		})
	}
}

func TestContentTakesItsTime(t *testing.T) {
	d := start(t, told(2))
	for _, want := range []struct{ path, answer string }{
		{"summary", `200 {"summary":null}`}, {"transcript", `200 {"transcript":[]}`}, {"summary", `200 {"summary":{"markd`},
	} {
		if got := d.call(t, "ada", http.MethodGet, "/recordings/1001/"+want.path, ""); !strings.HasPrefix(got, want.answer) {
			t.Errorf("%s: %s, want %s", want.path, got, want.answer)
		}
	}
}

func TestContentThatIsAskedForInAList(t *testing.T) {
	d := start(t, told(0))
	answer := d.call(t, "ada", http.MethodGet, "/meetings?include_summary=true&include_transcript=true", "")
	for _, want := range []string{`"default_summary":{"markdown_formatted":"## Next`, `"transcript":[{"speaker"`} {
		if !strings.Contains(answer, want) {
			t.Errorf("answer %s lacks %s", answer, want)
		}
	}
	if plain := d.call(t, "ada", http.MethodGet, "/meetings", ""); strings.Contains(plain, "Next steps") {
		t.Errorf("a plain list has content: %s", plain)
	}
}

func TestThirtyHeavyCallsAMinute(t *testing.T) {
	d := start(t, told(0))
	for i := range 30 {
		if got := d.call(t, "ada", http.MethodGet, "/recordings/1001/summary", ""); !strings.HasPrefix(got, "200") {
			t.Fatalf("call %d: %s", i, got)
		}
	}
	for path, want := range map[string]string{"/recordings/1001/transcript": "429", "/meetings?include_summary=true": "429", "/meetings": "200"} {
		if got := d.call(t, "ada", http.MethodGet, path, ""); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
	d.clock.Advance(time.Minute)
	if got := d.call(t, "ada", http.MethodGet, "/recordings/1001/transcript", ""); !strings.HasPrefix(got, "200") {
		t.Errorf("a minute later: %s", got)
	}
}

func TestTeams(t *testing.T) {
	founded := time.Date(2025, 3, 1, 0, 0, 0, 0, time.UTC)
	sales := fathom.Team{Name: "Sales", CreatedAt: founded}
	for i := range 11 {
		sales.Members = append(sales.Members, fathom.Person{Name: "Rep", Email: fmt.Sprintf("rep%d@acme.example", i)})
	}
	support := fathom.Team{Name: "Support", CreatedAt: founded, Members: []fathom.Person{{Name: "Cem", Email: "cem@acme.example"}}}
	server, err := fathom.New(fathom.Config{Keys: []fathom.Key{{Key: "ada", Teams: []fathom.Team{sales, support}}}})
	if err != nil {
		t.Fatal(err)
	}
	listener := httptest.NewServer(server)
	t.Cleanup(listener.Close)
	d := double{Server: server, url: listener.URL + "/external/v1/meetings"}
	const created = `"created_at":"2025-03-01T00:00:00Z"`
	for path, want := range map[string]string{
		"/teams":                     `200 {"items":[{` + created + `,"name":"Sales"},{` + created + `,"name":"Support"}],"limit":10,"next_cursor":null}`,
		"/team_members?team=Support": `200 {"items":[{` + created + `,"email":"cem@acme.example","name":"Cem"}],"limit":10,"next_cursor":null}`,
		"/team_members?team=Nobody":  `200 {"items":[],"limit":10,"next_cursor":null}`,
		"/teams?team=Sales":          `400 {"error":"team: unknown parameter, or given twice"}`,
		"/teams?cursor=x":            `400 {"error":"cursor: malformed"}`,
	} {
		if diff := cmp.Diff(want, d.call(t, "ada", http.MethodGet, path, "")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
	if got := d.call(t, "ada", http.MethodGet, "/team_members", ""); strings.Count(got, "email") != 10 || strings.Contains(got, `"next_cursor":null`) {
		t.Errorf("members = %s, want ten and a cursor", got)
	}
}

func TestWebhooksThatAreRefused(t *testing.T) {
	d := start(t)
	for name, body := range map[string]string{
		"no JSON":          `{`,
		"unknown property": `{"destination_url":"https://x.example","triggered_for":["my_recordings"],"include_summary":true,"event":"x"}`,
		"no URL":           `{"triggered_for":["my_recordings"],"include_summary":true}`,
		"no trigger":       `{"destination_url":"https://x.example","include_summary":true}`,
		"unknown trigger":  `{"destination_url":"https://x.example","triggered_for":["everything"],"include_summary":true}`,
		"nothing included": `{"destination_url":"https://x.example","triggered_for":["my_recordings"],"include_summary":false}`,
	} {
		if got := d.call(t, "ada", http.MethodPost, "/webhooks", body); !strings.HasPrefix(got, "400 ") {
			t.Errorf("%s: %s, want 400", name, got)
		}
	}
}

// inbox is whoever receives webhooks.
type inbox struct {
	url    string
	status int
	header http.Header
	body   []byte
}

func newInbox(t *testing.T) *inbox {
	t.Helper()
	i := &inbox{status: http.StatusNoContent}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		i.header, i.body = r.Header, body
		w.WriteHeader(i.status)
	}))
	t.Cleanup(server.Close)
	i.url = server.URL
	return i
}

// The signature is judged by Standard Webhooks' own library, whose clock is the machine's.
func TestAWebhookIsSigned(t *testing.T) {
	d := start(t, told(0))
	d.clock.now = time.Now()
	box := newInbox(t)
	created := d.call(t, "ada", http.MethodPost, "/webhooks", `{"destination_url":"`+box.url+`","triggered_for":["my_recordings"],"include_summary":true}`)
	var hook struct{ ID, Secret string }
	if err := json.Unmarshal([]byte(strings.TrimPrefix(created, "201 ")), &hook); err != nil {
		t.Fatalf("%s: %v", created, err)
	}
	messages, err := d.Announce("ada", 1001)
	if err != nil || len(messages) != 1 {
		t.Fatalf("messages = %v, %v; want one", messages, err)
	}
	judge, err := standardwebhooks.NewWebhook(hook.Secret)
	if err != nil {
		t.Fatal(err)
	}
	for _, status := range []int{204, 503} { // sent again, it is the same message
		box.status = status
		got, err := d.Send(t.Context(), messages[0])
		if err != nil || got != status {
			t.Errorf("sent: %d, %v; want %d", got, err, status)
		}
		if err := judge.Verify(box.body, box.header); err != nil {
			t.Errorf("Standard Webhooks: %v", err)
		}
		if box.header.Get("webhook-id") != messages[0].ID || !strings.Contains(string(box.body), `"recording_id":1001`) || !strings.Contains(string(box.body), "Next steps") {
			t.Errorf("webhook-id %s, body %s", box.header.Get("webhook-id"), box.body)
		}
	}
	if err := judge.Verify(append(box.body, ' '), box.header); err == nil {
		t.Error("a signature of another body is taken")
	}
	if got := d.call(t, "bob", http.MethodDelete, "/webhooks/"+hook.ID, ""); !strings.HasPrefix(got, "404") {
		t.Errorf("deleted by somebody else: %s", got)
	}
	if got := d.call(t, "ada", http.MethodDelete, "/webhooks/"+hook.ID, ""); got != "204 " {
		t.Errorf("deleted: %s", got)
	}
	if messages, err := d.Announce("ada", 1001); err != nil || messages != nil {
		t.Errorf("messages after the deletion: %v, %v", messages, err)
	}
}

func TestContentIsSentWhereItIsWanted(t *testing.T) {
	d := start(t, told(0))
	box := newInbox(t)
	if got := d.call(t, "ada", http.MethodGet, "/recordings/1001/summary?destination_url="+box.url, ""); got != `200 {"destination_url":"`+box.url+`"}` {
		t.Errorf("answer %s", got)
	}
	pending := d.Pending()
	if len(pending) != 1 || d.Pending() != nil {
		t.Fatalf("pending = %v, want one, once", pending)
	}
	if status, err := d.Send(t.Context(), pending[0]); err != nil || status != 204 || !strings.Contains(string(box.body), "Next steps") || box.header.Get("webhook-id") != "" {
		t.Errorf("sent: %d, %v, %s", status, err, box.body)
	}
}
