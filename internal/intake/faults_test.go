package intake

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/followup-dev/followup-operator/internal/directory"
)

// The service that came before this one (github.com/eltibe/slack-fathom-crono, as of 5 Dec 2025) had faults on this road.
// Each has a test here by its name, which fails if it comes back; more tests of the same are named beside it.

// Its signature failures were logged, and the command served. See TestProtocol, FuzzVerify.
func TestFaultUnsignedRequestAccepted(t *testing.T) {
	b := newTestbed(t)
	b.populate(t)
	for name, tc := range payloadCases(t) {
		r := signedFor(tc.Route, tc.body(), b.Now())
		r.Header.Del("X-Slack-Signature")
		if status, _ := b.send(t, r); status != http.StatusUnauthorized || b.lastOutcome(t) != "unverified" {
			t.Errorf("%s, unsigned: answer %d, outcome %s", name, status, b.lastOutcome(t))
		}
		r = signedFor(tc.Route, tc.body(), b.Now())
		r.Header.Set("X-Slack-Signature", "v0="+strings.Repeat("0", 64))
		if status, _ := b.send(t, r); status != http.StatusUnauthorized {
			t.Errorf("%s, signed wrongly: answer %d", name, status)
		}
	}
	if n := b.count(t, countJobs); n != 0 || b.told() != nil {
		t.Errorf("%d jobs, want none, and nobody told", n)
	}
}

// A signature covers the body, so a signed request could be replayed with another query. See TestQueryIsIgnored.
func TestFaultReplayByQueryString(t *testing.T) {
	b := newTestbed(t)
	b.populate(t)
	cases := payloadCases(t)
	victim := cases["connect_click_team_is_the_persons"]
	query := url.Values{
		"payload": {string(victim.Payload)}, "team_id": {"T0PARTNER"}, "user_id": {"U0VICTIM"}, "trigger_id": {"9"}, "ssl_check": {"1"},
	}.Encode()
	for _, name := range []string{"command", "action_older_in_modal", "shortcut"} {
		r := signedFor(cases[name].Route, cases[name].body(), b.Now())
		r.URL.RawQuery = query
		b.send(t, r)
		if b.lastOutcome(t) != "admitted" || b.lastRequest(t)["team_id"] != "T0123456789" {
			t.Errorf("%s: %v", name, b.lastRequest(t))
		}
		r = signedFor(cases[name].Route, "", b.Now())
		r.URL.RawQuery = query
		if status, _ := b.send(t, r); status != http.StatusBadRequest {
			t.Errorf("%s in the query only: answer %d, want 400", name, status)
		}
	}
	const ofVictim = `SELECT count(*) FROM river.river_job WHERE args::text LIKE '%U0VICTIM%' OR args->>'trigger_id' = '9'`
	if n := b.count(t, ofVictim); n != 0 {
		t.Errorf("%d jobs of what only the query said", n)
	}
}

// Its state had a recording's ID alone for a key: two workspaces read each other's. The same IDs from two workspaces must
// not meet. See internal/store's TestNoMethodReachesAnotherTenant.
func TestFaultStateKeyWithoutTenant(t *testing.T) {
	b := newTestbed(t)
	acme, partner := b.sync(t, record("acme", "T0123456789")), b.sync(t, record("partner", "T0PARTNER"))
	b.click(t, nil)
	b.click(t, map[string]any{"view.app_installed_team_id": "T0PARTNER", "team.id": "T0PARTNER", "user.team_id": "T0PARTNER"})
	for _, id := range []any{acme, partner} {
		const own = `SELECT count(*) FROM river.river_job WHERE args->>'tenant_id' = $1::uuid::text`
		if n := b.count(t, own, id); n != 1 {
			t.Errorf("%d jobs of %v, want 1: the same trigger, user, view and recording are another workspace's", n, id)
		}
		if n := b.count(t, `SELECT count(*) FROM followup.deliveries WHERE tenant_id = $1`, id); n != 1 {
			t.Errorf("%d keys of %v, want 1", n, id)
		}
	}
}

// Its audit rows had fields that the table has not, and were never committed.
func TestFaultAuditRowNeverWritten(t *testing.T) {
	b := newTestbed(t)
	b.populate(t)
	admitted := 0
	for name, tc := range payloadCases(t) {
		if tc.Outcome != "admitted" {
			continue
		}
		admitted++
		b.send(t, signedFor(tc.Route, tc.body(), b.Now()))
		const written = `SELECT count(*) FROM followup.audit_logs WHERE event_category = 'data_access' AND actor_slack_id <> ''`
		if n := b.count(t, written); n != admitted {
			t.Fatalf("%s: %d audit rows after %d requests", name, n, admitted)
		}
	}
}

// It answered 400 to what names no workspace. See TestProtocol, TestPayloadsHaveTheirOutcome.
func TestFaultProtocolAndOrganisationsRefused(t *testing.T) {
	b := newTestbed(t)
	b.populate(t)
	for _, path := range []string{"/slack/commands", "/slack/interactions", "/slack/events"} {
		unsigned := httptest.NewRequest(http.MethodPost, path, strings.NewReader("ssl_check=1&token=x"))
		if status, body := b.send(t, unsigned); status != 200 || body != "" {
			t.Errorf("%s, ssl_check: answer %d %q", path, status, body)
		}
		const verification = `{"token":"x","challenge":"3eZbrw1a","type":"url_verification"}`
		if status, body := b.send(t, signedFor(path, verification, b.Now())); status != 200 || body != "3eZbrw1a" {
			t.Errorf("%s, url_verification: answer %d %q", path, status, body)
		}
	}
	cases := payloadCases(t)
	for _, name := range []string{"action_org_wide_team_is_null", "shortcut_org_wide", "command_org_wide"} {
		if status, _ := b.send(t, signedFor(cases[name].Route, cases[name].body(), b.Now())); status != 200 || b.lastOutcome(t) != "admitted" {
			t.Errorf("%s: answer %d, outcome %s", name, status, b.lastOutcome(t))
		}
	}
}

// A text in an event must not pass for an ssl_check, which is answered without a look at the rest.
func TestSSLCheckInsideAnEventIsText(t *testing.T) {
	b := newTestbed(t)
	body := `{"type":"event_callback","event":{"type":"message","text":"&ssl_check=1&"}}`
	b.deliver(signedFor("/slack/events", body, b.Now()))
	if b.lastRequest(t)["kind"] != "event" {
		t.Errorf("taken for %v", b.lastRequest(t))
	}
	unsigned := httptest.NewRequest(http.MethodPost, "/slack/events", strings.NewReader(body))
	if status, _ := b.send(t, unsigned); status != http.StatusUnauthorized {
		t.Errorf("unsigned: answer %d", status)
	}
}

// It called Fathom twice, and Slack, before the ack. See TestNobodyIsCalledBeforeTheAck, which watches every payload, and
// TestHangingSlackDelaysNoAck.
func TestFaultVendorCalledBeforeTheAck(t *testing.T) {
	b := newTestbed(t)
	b.Find = nil // the vendors that it can reach before the ack: none
	b.sync(t, record("acme", "T0123456789"))
	if status, text := b.command(t, form("1")); status != 200 || text != "" {
		t.Errorf("command: answer %d %q", status, text)
	}
	if told := b.click(t, nil); told != nil {
		t.Errorf("click: told %q", told)
	}
}

// Its work ran in threads of a process that was recycled. Here, what is acknowledged outlives the process and its
// connections. See internal/jobs' TestJobOfAKilledProcessRunsAgain, which kills a worker with SIGKILL.
func TestFaultWorkLostOnRestart(t *testing.T) {
	b := newTestbed(t)
	b.sync(t, record("acme", "T0123456789"))
	b.command(t, form("1"))
	b.DB.Close()
	if n := b.count(t, `SELECT count(*) FROM river.river_job WHERE state = 'available' AND args->>'trigger_id' = '1'`); n != 1 {
		t.Errorf("%d jobs wait for another process, want 1", n)
	}
	if status, text := b.command(t, form("2")); status != 200 || text != english("ack.unavailable") {
		t.Errorf("what could not be written down: answer %d %q, want the user told", status, text)
	}
}

// It answered 403 to a workspace that it did not know, which shows the user nothing of use. See TestWhoIsServed.
func TestFaultUnknownWorkspaceMetWithSilence(t *testing.T) {
	b := newTestbed(t)
	text := english("ack.unknown_workspace")
	if status, got := b.command(t, form("1")); status != 200 || got != text {
		t.Errorf("command: answer %d %q", status, got)
	}
	if told := b.click(t, nil); !cmp.Equal(told, []string{text}) {
		t.Errorf("click: told %q", told)
	}
	if told := b.click(t, map[string]any{"type": "shortcut", "callback_id": "meetings", "view": nil}); !cmp.Equal(told, []string{text}) {
		t.Errorf("shortcut: told %q", told)
	}
}

// Its team's ID was written into the code, and it looked at authorizations last and at app_installed_team_id never. See
// TestPayloadsHaveTheirTenantKey, whose files say what each payload's key is.
func TestFaultTenantOfTheWrongWorkspace(t *testing.T) {
	cases := payloadCases(t)
	for name, want := range map[string]directory.Workspace{
		"event_authorizations_before_outer_ids": {TeamID: "T0LEAVER3"},
		"connect_modal_of_another_company":      {TeamID: "T0123456789"},
	} {
		p, err := readers[cases[name].Route]([]byte(cases[name].body()))
		if err != nil {
			t.Fatal(err)
		}
		if got := p.envelope().workspace; got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}
