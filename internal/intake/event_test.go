package intake

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/followup-dev/followup-operator/internal/directory"
	"github.com/followup-dev/followup-operator/test/postgres"
)

// sendEvent returns the answer to what Slack tells of workspace T0123456789, with changes as interactionBody has them.
func (b *testbed) sendEvent(t *testing.T, id, kind string, at time.Time, changes map[string]any) *http.Response {
	t.Helper()
	payload := map[string]any{
		"type": "event_callback", "api_app_id": appID, "team_id": "T0123456789", "event_id": id, "event_time": at.Unix(),
		"event": map[string]any{"type": kind, "tokens": map[string]any{"bot": []string{"U0BOT"}}},
	}
	for path, value := range changes {
		change(payload, strings.Split(path, "."), value)
	}
	body, err := json.Marshal(payload)
	if err != nil {
		t.Fatal(err)
	}
	return b.deliver(signedFor("/slack/events", string(body), b.Now()))
}

func (b *testbed) deliver(r *http.Request) *http.Response {
	w := httptest.NewRecorder()
	Routes(b.Handler, NewReadiness()).ServeHTTP(w, r)
	return w.Result()
}

// Slack's events about one installation come in any order, more than once, and after the next installation.
func TestUninstallEventsInAnyOrder(t *testing.T) {
	type sent struct {
		id, kind string
		age      time.Duration // of what it tells, before now
		want     string
	}
	tests := map[string]struct {
		events    []sent
		connected bool // in the end
	}{
		"uninstalled, then revoked": {events: []sent{
			{"Ev1", "app_uninstalled", 0, "disconnected"}, {"Ev2", "tokens_revoked", 0, "disconnected"},
		}},
		"revoked, then uninstalled": {events: []sent{
			{"Ev1", "tokens_revoked", 0, "disconnected"}, {"Ev2", "app_uninstalled", 0, "disconnected"},
		}},
		"twice": {events: []sent{
			{"Ev1", "app_uninstalled", 0, "disconnected"}, {"Ev1", "app_uninstalled", 0, "duplicate"},
		}},
		"both of the installation before": {connected: true, events: []sent{
			{"Ev1", "app_uninstalled", 24 * time.Hour, "outdated"}, {"Ev2", "tokens_revoked", 24 * time.Hour, "outdated"},
		}},
		"an outdated one twice": {connected: true, events: []sent{
			{"Ev1", "app_uninstalled", 24 * time.Hour, "outdated"}, {"Ev1", "app_uninstalled", 24 * time.Hour, "duplicate"},
		}},
		"an outdated one, then a new one": {events: []sent{
			{"Ev1", "app_uninstalled", 24 * time.Hour, "outdated"}, {"Ev2", "app_uninstalled", 0, "disconnected"},
		}},
		"a new one, then an outdated one": {events: []sent{
			{"Ev1", "tokens_revoked", 0, "disconnected"}, {"Ev2", "app_uninstalled", 24 * time.Hour, "outdated"},
		}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			b := newTestbed(t)
			id := b.sync(t, record("acme", "T0123456789"))
			if err := b.operator.Control("cluster").RecordInstallation(t.Context(), id, "digest"); err != nil {
				t.Fatal(err)
			}
			for _, e := range tc.events {
				resp := b.sendEvent(t, e.id, e.kind, b.Now().Add(time.Minute-e.age), nil)
				if got := b.lastOutcome(t); resp.StatusCode != 200 || got != e.want {
					t.Errorf("%s %s: answer %d, outcome %s; want 200, %s", e.id, e.kind, resp.StatusCode, got, e.want)
				}
			}
			const ended = `SELECT count(*) FROM followup.tenant_runtime WHERE tenant_id = $1 AND slack_disconnected_at IS NULL`
			if connected := b.count(t, ended, id) == 1; connected != tc.connected {
				t.Errorf("connected: %v, want %v", connected, tc.connected)
			}
		})
	}
}

func TestUninstalledWorkspaceIsToldSo(t *testing.T) {
	b := newTestbed(t)
	b.sync(t, record("acme", "T0123456789"))
	b.sendEvent(t, "Ev1", "app_uninstalled", b.Now().Add(time.Minute), nil)
	eventually(t, func() bool {
		tenant, err := b.Directory.Lookup(t.Context(), directory.Workspace{TeamID: "T0123456789"})
		return err == nil && tenant.Disconnected
	})
	if _, text := b.command(t, form("1")); text != english("ack.disconnected") {
		t.Errorf("command: %q", text)
	}
	if told := b.click(t, nil); !cmp.Equal(told, []string{english("ack.disconnected")}) {
		t.Errorf("click: %q", told)
	}
	if n := b.count(t, countJobs); n != 0 {
		t.Errorf("%d jobs, want none", n)
	}
}

// A 503 has Slack send the event again, now, in a minute and in five; nothing must tell it not to.
func TestDatabaseAwayHasSlackComeBack(t *testing.T) {
	server := postgres.Start(t)
	b := openTestbed(t, server.New(t))
	b.sync(t, record("acme", "T0123456789"))
	server.Stop()
	resp := b.sendEvent(t, "Ev1", "app_uninstalled", b.Now(), nil)
	if resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("X-Slack-No-Retry") != "" || b.lastOutcome(t) != "unavailable" {
		t.Errorf("answer %d, headers %v, outcome %s", resp.StatusCode, resp.Header, b.lastOutcome(t))
	}
	server.Restart(t)
	eventually(t, func() bool {
		resp := b.sendEvent(t, "Ev1", "app_uninstalled", b.Now().Add(time.Minute), nil)
		return resp.StatusCode == 200 && b.lastOutcome(t) == "disconnected"
	})
}

func TestMalformedEventsDoNotComeAgain(t *testing.T) {
	b := newTestbed(t)
	b.sync(t, record("acme", "T0123456789"))
	tests := map[string]struct {
		changes map[string]any
		field   string
	}{
		"no type":                 {map[string]any{"type": nil}, "type"},
		"no app":                  {map[string]any{"api_app_id": nil}, "api_app_id"},
		"no workspace":            {map[string]any{"team_id": nil}, "enterprise_id"},
		"workspace is a sentence": {map[string]any{"team_id": "customer text"}, "team_id"},
		"workspace is a list":     {map[string]any{"team_id": []string{"customer"}}, "team_id"},
		"authorized is nobody":    {map[string]any{"authorizations": []any{map[string]any{"is_enterprise_install": true}}}, "enterprise_id"},
		"no ID":                   {map[string]any{"event_id": nil}, "event_id"},
		"NUL in the ID":           {map[string]any{"event_id": "Ev\x00customer"}, "event_id"},
		"long ID":                 {map[string]any{"event_id": strings.Repeat("E", 65)}, "event_id"},
		"no time":                 {map[string]any{"event_time": nil}, "event_time"},
		"time of the far future":  {map[string]any{"event_time": int64(1) << 60}, "event_time"},
		"time before all":         {map[string]any{"event_time": -1}, "event_time"},
		"time as a sentence":      {map[string]any{"event_time": "customer"}, "event_time"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			resp := b.sendEvent(t, "Ev1", "app_uninstalled", b.Now(), tc.changes)
			if resp.StatusCode != http.StatusBadRequest || resp.Header.Get("X-Slack-No-Retry") != "1" {
				t.Errorf("answer %d, headers %v; want 400, and no retry", resp.StatusCode, resp.Header)
			}
			if want := fmt.Sprintf("field %s is missing or malformed", tc.field); b.lastRequest(t)["reason"] != want {
				t.Errorf("reason %q, want %q", b.lastRequest(t)["reason"], want)
			}
		})
	}
	if strings.Contains(b.log.String(), "customer") {
		t.Errorf("the log quotes a value:\n%s", b.log)
	}
}

// Slack says in headers, which it does not sign, that and why it sends an event again.
func TestRetriesAreAnsweredAndCounted(t *testing.T) {
	b := newTestbed(t)
	b.sync(t, record("acme", "T0123456789"))
	for reason, want := range map[string]string{"http_timeout": "http_timeout", "Customer text": "other"} {
		r := signedFor("/slack/events", `{"type":"event_callback","event":{"type":"message"}}`, b.Now())
		r.Header.Set("X-Slack-Retry-Num", "2")
		r.Header.Set("X-Slack-Retry-Reason", reason)
		if resp := b.deliver(r); resp.StatusCode != 200 {
			t.Errorf("answer %d", resp.StatusCode)
		}
		if line := b.lastRequest(t); line["retry_num"] != 2.0 || line["retry_reason"] != want {
			t.Errorf("log %v", line)
		}
	}
	counts := counted(t, b.registry, "followup_slack_retries_total")
	if diff := cmp.Diff(map[string]float64{"http_timeout": 1, "other": 1}, counts); diff != "" {
		t.Errorf("retries (-want +got):\n%s", diff)
	}
}
