package intake

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/followup-dev/followup-operator/internal/followup"
	"github.com/followup-dev/followup-operator/internal/telemetry"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// flushed is a response that remembers how many notices waited when it was on its way.
type flushed struct {
	*httptest.ResponseRecorder
	notifier *Notifier
	waiting  int
}

func (f *flushed) FlushError() error {
	f.waiting = len(f.notifier.waiting)
	f.Flush()
	return nil
}

// On no road is a vendor called before the ack: a notice is handed over when the answer is on its way, and only a search,
// which is answered in place, asks for meetings.
func TestNobodyIsCalledBeforeTheAck(t *testing.T) {
	b := newTestbed(t)
	b.populate(t)
	searched := false
	b.Find = func(context.Context, tenancy.Tenant, string, string) ([]followup.Meeting, error) {
		searched = true
		return nil, nil
	}
	routes := Routes(b.Handler, NewReadiness())
	for name, tc := range payloadCases(t) {
		t.Run(name, func(t *testing.T) {
			searched = false
			w := &flushed{ResponseRecorder: httptest.NewRecorder(), notifier: b.Notices, waiting: -1}
			routes.ServeHTTP(w, signedFor(tc.Route, tc.body(), b.Now()))
			told := b.told()
			if w.waiting > 0 || w.Flushed != (len(told) > 0) {
				t.Errorf("%d notices waited before the answer was sent (%v)", w.waiting, w.Flushed)
			}
			if searched && b.lastRequest(t)["kind"] != telemetry.KindSuggestion {
				t.Errorf("Fathom was searched for a %s", b.lastRequest(t)["kind"])
			}
		})
	}
}

// Slack's API hangs; more clicks than it can be told of are acknowledged all the same.
func TestHangingSlackDelaysNoAck(t *testing.T) {
	b := newTestbed(t)
	asked, release := make(chan struct{}, 1000), make(chan struct{})
	notifier, slackURL, _ := startNotifier(t, func(http.ResponseWriter, *http.Request) {
		asked <- struct{}{}
		<-release
	})
	b.Notices = notifier
	run(t, notifier.Run)
	defer close(release)
	server := httptest.NewServer(Routes(b.Handler, NewReadiness()))
	t.Cleanup(server.Close)
	for range 3 * notifying {
		body := interactionBody(t, map[string]any{
			"team.id": "T0STRANGER", "view.app_installed_team_id": "T0STRANGER", "response_url": slackURL + "/actions/x",
		})
		r := signedFor("/slack/interactions", body, b.Now())
		sent, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/slack/interactions", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		sent.Header = r.Header
		resp, err := http.DefaultClient.Do(sent)
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != 200 || len(content) != 0 || err != nil {
			t.Errorf("answer %d %q, %v; want an empty 200", resp.StatusCode, content, err)
		}
	}
	<-asked // it was told of one at least, and hangs
}

func TestAnswersHaveTheirHeaders(t *testing.T) {
	b := newTestbed(t)
	b.populate(t)
	cases := payloadCases(t)
	const plain, inJSON = "text/plain; charset=utf-8", "application/json; charset=utf-8"
	for name, want := range map[string]struct{ contentType, length string }{
		"command":               {plain, "0"},
		"command_held":          {inJSON, ""},
		"shortcut":              {plain, "0"},
		"shortcut_held":         {plain, "0"},
		"suggestion_in_modal":   {inJSON, "14"},
		"event_app_uninstalled": {plain, "0"},
	} {
		resp := b.deliver(signedFor(cases[name].Route, cases[name].body(), b.Now()))
		header := resp.Header
		if header.Get("Content-Type") != want.contentType || want.length != "" && header.Get("Content-Length") != want.length ||
			header.Get("X-Content-Type-Options") != "nosniff" || header.Get("X-Slack-No-Retry") != "" {
			t.Errorf("%s: %v", name, header)
		}
	}
}
