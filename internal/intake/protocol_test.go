package intake

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/followup-dev/followup-operator/internal/credentials"
	"github.com/followup-dev/followup-operator/internal/slackui"
	"github.com/followup-dev/followup-operator/internal/telemetry"
)

func TestProtocol(t *testing.T) {
	b := newTestbed(t)
	b.sync(t, record("acme", "T0123456789"))
	now := b.Now()
	tampered := func(change func(*http.Request)) *http.Request {
		r := signed(form("1").Encode(), now)
		change(r)
		return r
	}
	unsigned := func(body string) *http.Request {
		return httptest.NewRequest(http.MethodPost, "/slack/commands", strings.NewReader(body))
	}
	tests := map[string]struct {
		request *http.Request
		status  int
		body    string
	}{
		"ssl_check unsigned":         {request: unsigned("ssl_check=1&token=x"), status: 200},
		"ssl_check signed":           {request: signed("ssl_check=1&token=x", now), status: 200},
		"ssl_check of another value": {request: unsigned("ssl_check=10&token=x"), status: 401, body: errNoSignature.Error()},
		"ssl_check inside a value":   {request: unsigned("text=ssl_check%3D1&x=ssl_check=1"), status: 401, body: errNoSignature.Error()},
		"url_verification":           {request: signed(`{"token":"x","challenge":"3eZbrw1a","type":"url_verification"}`, now), status: 200, body: "3eZbrw1a"},
		"url_verification unsigned":  {request: unsigned(`{"challenge":"3eZbrw1a","type":"url_verification"}`), status: 401, body: errNoSignature.Error()},
		"unsigned":                   {request: unsigned(form("1").Encode()), status: 401, body: errNoSignature.Error()},
		"body changed":               {request: tampered(func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader(form("2").Encode())) }), status: 401, body: errWrongSignature.Error()},
		"signature of another version": {request: tampered(func(r *http.Request) {
			r.Header.Set("X-Slack-Signature", strings.Replace(r.Header.Get("X-Slack-Signature"), "v0", "v1", 1))
		}), status: 401, body: errWrongSignature.Error()},
		"old": {request: signed(form("1").Encode(), now.Add(-maxSkew-2e9)), status: 401, body: errSkewed.Error()},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if status, body := b.send(t, tc.request); status != tc.status || body != tc.body {
				t.Errorf("answer %d %q, want %d %q", status, body, tc.status, tc.body)
			}
		})
	}
	if n := b.count(t, countJobs); n != 0 {
		t.Errorf("%d jobs came of all that, want none", n)
	}
}

// The signature covers the body, so a valid one replayed with another query must change nothing.
func TestQueryIsIgnored(t *testing.T) {
	b := newTestbed(t)
	acme := b.sync(t, record("acme", "T0123456789"))
	b.sync(t, record("victim", "T0VICTIM"))
	r := signed(form("1").Encode(), b.Now())
	r.URL.RawQuery = url.Values{"team_id": {"T0VICTIM"}, "ssl_check": {"1"}, "command": {"/weather"}, "payload": {"{}"}}.Encode()
	if status, text := b.send(t, r); status != 200 || text != "" {
		t.Fatalf("answer %d %q", status, text)
	}
	if n := b.count(t, `SELECT count(*) FROM river.river_job WHERE args->>'tenant_id' = $1`, acme.String()); n != 1 {
		t.Errorf("%d jobs of the workspace in the body, want 1", n)
	}
	if n := b.count(t, countJobs); n != 1 {
		t.Errorf("%d jobs, want 1", n)
	}
}

func TestMalformedPayloads(t *testing.T) {
	b := newTestbed(t)
	b.sync(t, record("acme", "T0123456789"))
	bodies := map[string]string{
		"empty":              "",
		"not a form":         "%zz",
		"semicolons":         "team_id=T1;user_id=U1",
		"JSON":               `{"type":"event_callback"}`,
		"JSON, cut off":      `{"type":"url_verification","challenge":`,
		"JSON, wrong types":  `{"type":["url_verification"],"challenge":7}`,
		"JSON null":          "null",
		"bytes":              "\x00\xff\xfe",
		"many fields":        strings.Repeat("a=b&", 20_000),
		"only a team":        "team_id=T0123456789",
		"challenge, no type": `{"challenge":"x"}`,
	}
	for _, field := range []string{"command", "api_app_id", "team_id", "user_id", "trigger_id", "response_url"} {
		bodies["no "+field] = with(form("1"), field).Encode()
		bodies["NUL in "+field] = with(form("1"), field, "T0\x00A").Encode()
		bodies["long "+field] = with(form("1"), field, strings.Repeat("A", 5000)).Encode()
		bodies["line break in "+field] = with(form("1"), field, "A\nB").Encode()
		bodies["not UTF-8 in "+field] = with(form("1"), field, "A\xffB").Encode()
	}
	bodies["organisation without its ID"] = with(form("1"), "is_enterprise_install", "true").Encode()
	for name, body := range bodies {
		t.Run(name, func(t *testing.T) {
			if status, text := b.send(t, signed(body, b.Now())); status != http.StatusBadRequest || text == "" {
				t.Errorf("answer %d %q, want 400 with a reason", status, text)
			}
		})
	}
	if n := b.count(t, countJobs); n != 0 {
		t.Errorf("%d jobs, want none", n)
	}
	if strings.Contains(b.log.String(), "panicked") {
		t.Errorf("panicked:\n%s", b.log)
	}
}

func TestBodyLimit(t *testing.T) {
	b := newTestbed(t)
	b.sync(t, record("acme", "T0123456789"))
	rest := 1<<20 - len(with(form("1"), "text", "").Encode())
	exactly := with(form("1"), "text", strings.Repeat("x", rest)).Encode()
	if status, text := b.send(t, signed(exactly, b.Now())); status != 200 || text != "" {
		t.Errorf("1 MiB: answer %d %q, want an empty 200", status, text)
	}
	if status, _ := b.send(t, signed(exactly+"x", b.Now())); status != http.StatusRequestEntityTooLarge {
		t.Errorf("one byte more: answer %d, want 413", status)
	}
	r := signed(form("2").Encode(), b.Now())
	r.Body = io.NopCloser(io.MultiReader(strings.NewReader("a=b"), &broken{}))
	if status, _ := b.send(t, r); status != http.StatusBadRequest {
		t.Errorf("caller gone: answer %d, want 400", status)
	}
}

func TestSigningSecretMissing(t *testing.T) {
	b := newTestbed(t)
	b.Secrets = func() ([]credentials.Secret, error) { return nil, errors.New("credential slack/x: no such Secret") }
	if status, _ := b.command(t, form("1")); status != http.StatusServiceUnavailable {
		t.Errorf("answer %d, want 503: a request that cannot be verified is not served", status)
	}
}

func TestPanicIsAnswered(t *testing.T) {
	b := newTestbed(t)
	b.Secrets = func() ([]credentials.Secret, error) { panic("planted-panic") }
	if status, text := b.command(t, form("1")); status != http.StatusInternalServerError || strings.Contains(text, "planted") {
		t.Errorf("answer %d %q, want a plain 500", status, text)
	}
	if log := b.log.String(); !strings.Contains(log, `"outcome":"panicked"`) || strings.Contains(log, "planted-panic") {
		t.Errorf("log:\n%s", log)
	}
}

func TestRoutes(t *testing.T) {
	notYet := errors.New("tenants not loaded yet")
	ready := NewReadiness(func() error { return notYet })
	served := 0
	routes := Routes(NewHandler(Config{
		Secrets: func() ([]credentials.Secret, error) { served++; return nil, nil },
		Metrics: telemetry.NewWebhook(prometheus.NewRegistry()), Log: slog.New(slog.DiscardHandler), Now: time.Now, Budget: time.Minute,
	}), ready)
	get := func(method, path string) *http.Response {
		w := httptest.NewRecorder()
		routes.ServeHTTP(w, httptest.NewRequest(method, path, bytes.NewReader(nil)))
		return w.Result()
	}
	want := func(method, path string, status int) {
		t.Helper()
		if got := get(method, path).StatusCode; got != status {
			t.Errorf("%s %s = %d, want %d", method, path, got, status)
		}
	}
	want(http.MethodGet, "/healthz", 200)
	want(http.MethodGet, "/readyz", 503)
	want(http.MethodPost, "/slack/other", 404)
	notYet = nil
	want(http.MethodGet, "/readyz", 200)
	slackURLs := []string{"/slack/commands", "/slack/interactions", "/slack/events"}
	for _, path := range slackURLs {
		want(http.MethodGet, path, 405)
		if resp := get(http.MethodPost, path); resp.StatusCode != 401 || resp.Header.Get("Connection") == "close" {
			t.Errorf("%s: %d, Connection %q; want it refused as unsigned, and kept", path, resp.StatusCode, resp.Header.Get("Connection"))
		}
	}
	ready.Drain()
	want(http.MethodGet, "/readyz", 503)
	want(http.MethodGet, "/healthz", 200)
	for _, path := range slackURLs {
		if resp := get(http.MethodPost, path); resp.StatusCode != 401 || resp.Header.Get("Connection") != "close" {
			t.Errorf("%s while draining: %d, Connection %q; want it served, and closed", path, resp.StatusCode, resp.Header.Get("Connection"))
		}
	}
	if served != 2*len(slackURLs) {
		t.Errorf("served %d, want %d", served, 2*len(slackURLs))
	}
}

// The manifest that people paste into Slack names our routes and shortcuts.
func TestManifestNamesWhatIsServed(t *testing.T) {
	page, err := os.ReadFile("../../docs/slack-app.md")
	if err != nil {
		t.Fatal(err)
	}
	b := newTestbed(t)
	urls := regexp.MustCompile(`https://followup\.example\.com(/slack/\w+)`).FindAllStringSubmatch(string(page), -1)
	for _, url := range urls {
		if status, _ := b.send(t, httptest.NewRequest(http.MethodPost, url[1], nil)); status != http.StatusUnauthorized {
			t.Errorf("%s: answer %d, want it served, and refused as unsigned", url[1], status)
		}
	}
	shortcuts := regexp.MustCompile(`callback_id: (\S+)`).FindAllStringSubmatch(string(page), -1)
	for _, shortcut := range shortcuts {
		if shortcut[1] != slackui.ShortcutMeetings {
			t.Errorf("nobody serves the shortcut %s", shortcut[1])
		}
	}
	typed := regexp.MustCompile(`command: /(\S+)`).FindAllStringSubmatch(string(page), -1)
	for _, command := range typed {
		if commands[command[1]].asks == nil {
			t.Errorf("nobody serves the command %s", command[1])
		}
	}
	if len(urls) != 6 || len(shortcuts) != 2 || len(typed) != len(commands) {
		t.Errorf("%d request URLs, %d shortcuts, %d commands; want 6, 2 and %d", len(urls), len(shortcuts), len(typed), len(commands))
	}
}

// Users are told to choose what the manifest has Slack show them.
func TestManifestNamesWhatUsersRead(t *testing.T) {
	page := func(name string) string {
		text, err := os.ReadFile("../../docs/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	names := regexp.MustCompile(`(?m)^ +- name: (.+)$`).FindAllStringSubmatch(page("slack-app.md"), -1)
	if len(names) != 2 {
		t.Fatalf("shortcuts %v, want 2", names)
	}
	for _, name := range names {
		if !strings.Contains(page("user/meetings.md"), "shortcut *"+name[1]+"*") {
			t.Errorf("docs/user/meetings.md does not name the shortcut %q", name[1])
		}
	}
}

type broken struct{}

func (*broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
