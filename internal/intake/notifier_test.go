package intake

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/followup-dev/followup-operator/internal/credentials"
	"github.com/followup-dev/followup-operator/internal/outcome"
	"github.com/followup-dev/followup-operator/internal/slackapi"
	"github.com/followup-dev/followup-operator/internal/telemetry"
	"github.com/followup-dev/followup-operator/internal/tenancy"
	"github.com/followup-dev/followup-operator/internal/vendorhttp"
	"github.com/followup-dev/followup-operator/test/logs"
)

// startNotifier returns a notifier whose Slack is handler, and the URL of that.
func startNotifier(t *testing.T, handler http.HandlerFunc) (n *Notifier, slackURL string, log *logs.Buffer) {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	log = &logs.Buffer{}
	logger := slog.New(slog.NewJSONHandler(log, nil))
	api, err := slackapi.New(vendorhttp.New(nil, func(outcome.Call) {}), server.URL+"/api", server.URL, logger)
	if err != nil {
		t.Fatal(err)
	}
	return NewNotifier(NotifierConfig{
		Bot: func(tenant tenancy.Tenant) (*slackapi.Bot, error) {
			if tenant.Owner == "" {
				return api.Bot(credentials.Secret{}), errors.New("no token")
			}
			return api.Bot(credentials.NewSecret("xoxb-" + tenant.Owner)), nil
		},
		Metrics: telemetry.NewWebhook(prometheus.NewRegistry()),
		Drain:   time.Minute,
	}), server.URL, log
}

func TestNoticesFindTheirWay(t *testing.T) {
	acme := tenancy.Tenant{ID: uuid.New(), Owner: "acme", Locale: "en"}
	tokenless := tenancy.Tenant{ID: uuid.New()}
	type call struct{ Path, Authorization, TriggerID string }
	tests := map[string]struct {
		notice notice
		hook   bool // it came with a response_url
		want   []call
	}{
		"message":                    {notice: notice{tenant: acme, triggerID: "1"}, hook: true, want: []call{{"/actions/x", "", ""}}},
		"message, unknown workspace": {notice: notice{triggerID: "1"}, hook: true, want: []call{{"/actions/x", "", ""}}},
		"message, no token":          {notice: notice{tenant: tokenless}, hook: true, want: []call{{"/actions/x", "", ""}}},
		"modal":                      {notice: notice{tenant: acme, triggerID: "1", inModal: true}, want: []call{{"/api/views.push", "Bearer xoxb-acme", "1"}}},
		"shortcut":                   {notice: notice{tenant: acme, triggerID: "1"}, want: []call{{"/api/views.open", "Bearer xoxb-acme", "1"}}},
		"modal, unknown workspace":   {notice: notice{triggerID: "1", inModal: true}},
		"modal, no token":            {notice: notice{tenant: tokenless, triggerID: "1", inModal: true}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			var got []call
			n, slackURL, log := startNotifier(t, func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				var sent struct {
					TriggerID       string `json:"trigger_id"`
					ReplaceOriginal bool   `json:"replace_original"`
				}
				_ = json.Unmarshal(body, &sent)
				if !strings.Contains(string(body), "Planted text.") || sent.ReplaceOriginal {
					t.Errorf("sent %s", body)
				}
				got = append(got, call{r.URL.Path, r.Header.Get("Authorization"), sent.TriggerID})
				_, _ = io.WriteString(w, `{"ok":true}`)
			})
			tc.notice.text = "Planted text."
			if tc.hook {
				tc.notice.responseURL = slackURL + "/actions/x"
			}
			n.deliver(t.Context(), queued{tc.notice, slog.New(slog.NewJSONHandler(log, nil))})
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
			if failed := strings.Contains(log.String(), "notice not delivered"); failed != (tc.want == nil) {
				t.Errorf("log: %s", log)
			}
			if strings.Contains(log.String(), "Planted") {
				t.Errorf("the log has the text: %s", log)
			}
		})
	}
}

// A panic would end the process, and with it all requests under way.
func TestNoticeThatPanicsHarmsNobody(t *testing.T) {
	n, _, log := startNotifier(t, nil)
	registry := prometheus.NewRegistry()
	n.Metrics = telemetry.NewWebhook(registry)
	n.Bot = func(tenancy.Tenant) (*slackapi.Bot, error) { panic("customer text") }
	n.deliver(t.Context(), queued{notice{}, slog.New(slog.NewJSONHandler(log, nil))})
	if text := log.String(); !strings.Contains(text, `"msg":"panicked","in":"notice"`) || !strings.Contains(text, "notifier.go") || strings.Contains(text, "customer") {
		t.Errorf("log: %s", text)
	}
	if diff := cmp.Diff(map[string]float64{"failed": 1}, counted(t, registry, "followup_slack_notices_total")); diff != "" {
		t.Errorf("notices (-want +got):\n%s", diff)
	}
}

func TestTooManyNoticesAreDropped(t *testing.T) {
	n, _, log := startNotifier(t, nil)
	for range maxNotices + 2 {
		n.enqueue(notice{}, slog.New(slog.NewJSONHandler(log, nil)))
	}
	if dropped := strings.Count(log.String(), "notice dropped"); dropped != 2 || len(n.waiting) != maxNotices {
		t.Errorf("%d dropped, %d wait", dropped, len(n.waiting))
	}
}

func TestWaitingNoticesAreDeliveredAtTheEnd(t *testing.T) {
	var delivered atomic.Int32
	n, slackURL, log := startNotifier(t, func(http.ResponseWriter, *http.Request) { delivered.Add(1) })
	for range 20 {
		n.enqueue(notice{responseURL: slackURL + "/x"}, slog.New(slog.NewJSONHandler(log, nil)))
	}
	ended, end := context.WithCancel(t.Context())
	end()
	n.Run(ended)
	if delivered.Load() != 20 {
		t.Errorf("%d delivered, want 20: %s", delivered.Load(), log)
	}
}

func TestTheEndDoesNotWaitForAHangingSlack(t *testing.T) {
	var asked atomic.Int32
	n, slackURL, log := startNotifier(t, func(_ http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		_, _ = io.Copy(io.Discard, r.Body) // then the server sees that the caller is gone
		<-r.Context().Done()
	})
	n.Drain = 10 * time.Millisecond
	for range 50 {
		n.enqueue(notice{responseURL: slackURL + "/x"}, slog.New(slog.NewJSONHandler(log, nil)))
	}
	ended, end := context.WithCancel(t.Context())
	end()
	n.Run(ended)
	if asked.Load() > notifying {
		t.Errorf("%d more were tried when the time was over", asked.Load()-notifying)
	}
	if len(n.waiting) != 0 || strings.Count(log.String(), "notice not delivered") != 50 {
		t.Errorf("%d wait, log: %s", len(n.waiting), log)
	}
}
