package intake

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/followup-dev/followup-operator/internal/followup"
	"github.com/followup-dev/followup-operator/internal/tenancy"
	"github.com/followup-dev/followup-operator/test/postgres"
)

const nothing = `{"options":[]}`

var typing = map[string]any{"type": "block_suggestion", "action_id": "meetings_find", "value": "quarter", "trigger_id": nil, "actions": nil}

func (b *testbed) search(t *testing.T, changes map[string]any) string {
	t.Helper()
	all := map[string]any{}
	for _, change := range []map[string]any{typing, changes} {
		maps.Copy(all, change)
	}
	status, body := b.send(t, signedFor("/slack/interactions", interactionBody(t, all), b.Now()))
	if status != 200 {
		t.Errorf("answer %d, want 200 whatever happens", status)
	}
	return body
}

func TestSearchIsAnsweredInPlaceAndLeavesNoRecord(t *testing.T) {
	b := newTestbed(t)
	b.sync(t, record("acme", "T0123456789"))
	type asked struct{ Tenant, User, Typed string }
	var got asked
	b.Find = func(_ context.Context, tenant tenancy.Tenant, slackUserID, typed string) ([]followup.Meeting, error) {
		got = asked{tenant.Name, slackUserID, typed}
		return []followup.Meeting{{
			RecordingID: "123", Title: "Quarterly review", CreatedAt: time.Unix(1795000000, 0), Start: time.Unix(1795000000, 0),
		}}, nil
	}
	var offered struct {
		Options []struct{ Value string }
	}
	if err := json.Unmarshal([]byte(b.search(t, nil)), &offered); err != nil || len(offered.Options) != 1 || offered.Options[0].Value != "1795000000.123" {
		t.Errorf("offered %+v, %v", offered, err)
	}
	if diff := cmp.Diff(asked{"acme", "U0123456789", "quarter"}, got); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
	const rows = `SELECT (SELECT count(*) FROM river.river_job) + (SELECT count(*) FROM followup.audit_logs) + (SELECT count(*) FROM followup.deliveries)`
	if n := b.count(t, rows); n != 0 {
		t.Errorf("%d rows, want none", n)
	}
	b.search(t, map[string]any{"value": strings.Repeat("è", 1000)})
	if n := len([]rune(got.Typed)); n != maxTyped {
		t.Errorf("searched for %d letters, want %d at most", n, maxTyped)
	}
	if strings.Contains(b.log.String(), "quarter") {
		t.Errorf("the log has what was typed:\n%s", b.log)
	}
}

func TestSearchThatFailsFindsNothing(t *testing.T) {
	b := newTestbed(t)
	b.sync(t, record("acme", "T0123456789"))
	b.Find = func(context.Context, tenancy.Tenant, string, string) ([]followup.Meeting, error) {
		return nil, errors.New("fathom: 503")
	}
	if body := b.search(t, nil); body != nothing || b.lastOutcome(t) != "unavailable" {
		t.Errorf("%s, outcome %s", body, b.lastOutcome(t))
	}
	b.Budget = 10 * time.Millisecond
	b.Find = func(ctx context.Context, _ tenancy.Tenant, _, _ string) ([]followup.Meeting, error) {
		<-ctx.Done() // a Fathom that hangs
		return nil, ctx.Err()
	}
	if body := b.search(t, nil); body != nothing || b.lastOutcome(t) != "unavailable" {
		t.Errorf("%s, outcome %s", body, b.lastOutcome(t))
	}
}

// Slack drops the whole list for one bad option, and says nothing of it.
func TestOptionsThatSlackWouldRefuseAreNotSent(t *testing.T) {
	b := newTestbed(t)
	b.sync(t, record("acme", "T0123456789"))
	b.Find = func(context.Context, tenancy.Tenant, string, string) ([]followup.Meeting, error) {
		fine := followup.Meeting{RecordingID: "123", Title: "Quarterly review", CreatedAt: time.Unix(1795000000, 0)}
		bad := fine
		bad.RecordingID = strings.Repeat("customer", 20)
		return []followup.Meeting{fine, bad}, nil
	}
	if body := b.search(t, nil); body != nothing || b.lastOutcome(t) != "unavailable" {
		t.Errorf("%s, outcome %s", body, b.lastOutcome(t))
	}
	if log := b.log.String(); !strings.Contains(log, `"pointers":["/options/1/value"]`) || strings.Contains(log, "customer") {
		t.Errorf("log: %s", log)
	}
}

func TestSearchWithoutDatabaseFindsNothing(t *testing.T) {
	server := postgres.Start(t)
	b := openTestbed(t, server.New(t))
	b.sync(t, record("acme", "T0123456789"))
	server.Stop()
	if body := b.search(t, nil); body != nothing || b.lastOutcome(t) != "unavailable" {
		t.Errorf("%s, outcome %s", body, b.lastOutcome(t))
	}
}

func TestNobodySearchesForWhoIsNotServed(t *testing.T) {
	b := newTestbed(t)
	b.populate(t)
	b.Find = func(context.Context, tenancy.Tenant, string, string) ([]followup.Meeting, error) {
		t.Error("searched")
		return nil, nil
	}
	of := func(id string) map[string]any {
		return map[string]any{"view.app_installed_team_id": id, "team.id": id, "user.team_id": id}
	}
	for outcome, changes := range map[string]map[string]any{
		"held": of("T0HELD"), "disconnected": of("T0GONE"), "unknown_workspace": of("T0STRANGER"),
		"foreign": {"view.private_metadata": "another tenant's"}, "wrong_app": {"api_app_id": "A0OTHER"},
	} {
		if body := b.search(t, changes); body != nothing || b.lastOutcome(t) != outcome {
			t.Errorf("%s: %s, outcome %s", outcome, body, b.lastOutcome(t))
		}
	}
	if told := b.told(); told != nil {
		t.Errorf("told %q: a search is no place for a text", told)
	}
}

func TestSearchesAreBounded(t *testing.T) {
	var s searches
	id := func(n int) tenancy.ID { return tenancy.ID{byte(n)} }
	var ends []func()
	for n := range maxSearches {
		tenant := id(n / maxSearchesPerTenant)
		end, ok := s.begin(tenant)
		if !ok {
			t.Fatalf("search %d was refused", n)
		}
		ends = append(ends, end)
		if _, more := s.begin(tenant); more && (n+1)%maxSearchesPerTenant == 0 {
			t.Fatal("one tenant has more than its share")
		} else if more {
			s.end(tenant)
		}
	}
	if _, ok := s.begin(id(100)); ok {
		t.Error("there are more than all together may")
	}
	for _, end := range ends {
		end()
	}
	if s.all != 0 || len(s.tenants) != 0 {
		t.Errorf("%d searches of %d tenants are left over", s.all, len(s.tenants))
	}
}

// While searches hang, commands are acknowledged, and one search too many finds nothing at once.
func TestHangingSearchesKeepNobodyFromTheirAck(t *testing.T) {
	b := newTestbed(t)
	b.sync(t, record("acme", "T0123456789"))
	hanging, release, done := make(chan struct{}), make(chan struct{}), make(chan string)
	b.Find = func(context.Context, tenancy.Tenant, string, string) ([]followup.Meeting, error) {
		hanging <- struct{}{}
		<-release
		return nil, nil
	}
	for range maxSearchesPerTenant {
		go func() { done <- b.search(t, nil) }()
		<-hanging
	}
	if body := b.search(t, nil); body != nothing || b.lastOutcome(t) != "limited" {
		t.Errorf("one too many: %s, outcome %s", body, b.lastOutcome(t))
	}
	if status, text := b.command(t, form("1")); status != 200 || text != "" {
		t.Errorf("command: answer %d %q", status, text)
	}
	close(release)
	for range maxSearchesPerTenant {
		<-done
	}
}
