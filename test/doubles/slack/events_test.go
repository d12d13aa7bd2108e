package slack_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack/slackevents"

	"github.com/followup-dev/followup-operator/test/doubles/slack"
)

// event is the last one that the app got.
func (w *world) event(t *testing.T) (body []byte, payload map[string]any) {
	t.Helper()
	w.app.mu.Lock()
	defer w.app.mu.Unlock()
	if err := json.Unmarshal(w.app.body, &payload); err != nil {
		t.Fatal(err)
	}
	return w.app.body, payload
}

func TestAnEventCarriesWhatSlackSends(t *testing.T) {
	w := newWorld(t)
	happened := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	sent, err := w.SendEvent(t.Context(), w.app.URL, slack.Event{TeamID: acme, Type: slack.TokensRevoked, Time: happened})
	if err != nil || len(sent.Attempts) != 1 || sent.Attempts[0].Ack.Error != "" || !sent.Due.IsZero() {
		t.Fatalf("delivery = %+v, %v; want it taken", sent, err)
	}
	body, payload := w.event(t)
	parsed, err := slackevents.ParseEvent(body, slackevents.OptionNoVerifyToken())
	if err != nil {
		t.Fatalf("slack-go cannot read %s: %v", body, err)
	}
	if parsed.TeamID != acme || parsed.APIAppID != "A0FOLLOWUP" || parsed.InnerEvent.Type != "tokens_revoked" {
		t.Errorf("event = %+v", parsed)
	}
	if inner, ok := parsed.InnerEvent.Data.(*slackevents.TokensRevokedEvent); !ok || !cmp.Equal(inner.Tokens.Bot, []string{"U0FOLLOWUP"}) {
		t.Errorf("inner event = %+v", parsed.InnerEvent.Data)
	}
	wantAuthorizations := []any{map[string]any{
		"enterprise_id": nil, "team_id": acme, "user_id": "U0FOLLOWUP", "is_bot": true, "is_enterprise_install": false}}
	if diff := cmp.Diff(wantAuthorizations, payload["authorizations"]); diff != "" {
		t.Errorf("authorizations (-want +got):\n%s", diff)
	}
	if payload["event_id"] != sent.Event.ID || payload["event_time"] != float64(happened.Unix()) {
		t.Errorf("event_id %v, event_time %v", payload["event_id"], payload["event_time"])
	}
}

func TestEventsOfOtherKindsOfInstallations(t *testing.T) {
	w := newWorld(t, func(c *slack.Config) {
		c.Workspaces[0].EnterpriseID, c.Workspaces[0].OrgInstall = "E0UMBRELLA", true
	})
	if _, err := w.SendEvent(t.Context(), w.app.URL, slack.Event{TeamID: acme, Type: slack.AppUninstalled}); err != nil {
		t.Fatal(err)
	}
	_, payload := w.event(t)
	authorization := payload["authorizations"].([]any)[0]
	if at(authorization, "team_id") != nil || at(authorization, "enterprise_id") != "E0UMBRELLA" || at(authorization, "is_enterprise_install") != true {
		t.Errorf("authorization of an organisation = %v", authorization)
	}
	if _, err := w.SendEvent(t.Context(), w.app.URL, slack.Event{TeamID: globex, Type: "message", SeenBy: acme}); err != nil {
		t.Fatal(err)
	}
	_, payload = w.event(t)
	authorization = payload["authorizations"].([]any)[0]
	if payload["team_id"] != acme || at(authorization, "team_id") != globex || payload["is_ext_shared_channel"] != true {
		t.Errorf("event of a shared channel = %v", payload)
	}
	if _, err := w.SendEvent(t.Context(), w.app.URL, slack.Event{TeamID: globex, Type: slack.AppRateLimited}); err != nil {
		t.Fatal(err)
	}
	body, payload := w.event(t)
	if payload["event_id"] != nil || payload["event"] != nil || payload["team_id"] != globex {
		t.Errorf("app_rate_limited = %v", payload)
	}
	if parsed, err := slackevents.ParseEvent(body, slackevents.OptionNoVerifyToken()); err != nil || parsed.Type != slackevents.AppRateLimited {
		t.Errorf("slack-go reads %+v, %v", parsed, err)
	}
}

func TestRetriesOfEvents(t *testing.T) {
	status := func(code int, noRetry bool) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			if noRetry {
				w.Header().Set("X-Slack-No-Retry", "1")
			}
			w.WriteHeader(code)
		}
	}
	tests := map[string]struct {
		respond http.HandlerFunc
		want    []string // when each attempt was made, and why again
	}{
		"taken":                {respond: status(204, false), want: []string{"0s"}},
		"unavailable":          {respond: status(503, false), want: []string{"0s", "0s http_error", "1m0s http_error", "6m0s http_error"}},
		"not to be retried":    {respond: status(503, true), want: []string{"0s"}},
		"a connection dropped": {respond: func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, want: []string{"0s", "0s connection_failed", "1m0s connection_failed", "6m0s connection_failed"}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.app.respond = tc.respond
			last, err := w.SendEvent(t.Context(), w.app.URL, slack.Event{TeamID: acme, Type: slack.AppUninstalled})
			if err != nil {
				t.Fatal(err)
			}
			for range 40 { // ten minutes
				retried, err := w.RetryEvents(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if retried != nil {
					last = retried[0]
				}
				w.clock.Advance(15 * time.Second)
			}
			var got []string
			for _, a := range last.Attempts {
				got = append(got, strings.TrimSpace(a.At.Sub(last.Event.Time).String()+" "+a.RetryReason))
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("attempts (-want +got):\n%s", diff)
			}
		})
	}
}

func TestARetrySaysSo(t *testing.T) {
	w := newWorld(t)
	w.app.respond = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }
	if _, err := w.SendEvent(t.Context(), w.app.URL, slack.Event{TeamID: acme, Type: slack.AppUninstalled}); err != nil {
		t.Fatal(err)
	}
	if got := w.app.header.Get("X-Slack-Retry-Num"); got != "" {
		t.Errorf("the first attempt says retry %q", got)
	}
	first, _ := w.event(t)
	if _, err := w.RetryEvents(t.Context()); err != nil {
		t.Fatal(err)
	}
	again, _ := w.event(t)
	if w.app.header.Get("X-Slack-Retry-Num") != "1" || w.app.header.Get("X-Slack-Retry-Reason") != "http_error" || !bytes.Equal(first, again) {
		t.Errorf("retry = %v %s, want the same body with retry 1", w.app.header, again)
	}
}
