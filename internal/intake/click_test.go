package intake

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/followup-dev/followup-operator/internal/directory"
	"github.com/followup-dev/followup-operator/internal/i18n"
	"github.com/followup-dev/followup-operator/internal/store"
	"github.com/followup-dev/followup-operator/internal/tenancy"
	"github.com/followup-dev/followup-operator/test/postgres"
)

func TestClickIsAuditedByItsAction(t *testing.T) {
	b := newTestbed(t)
	id := b.sync(t, record("acme", "T0123456789"))
	b.click(t, map[string]any{"trigger_id": "1"})
	b.click(t, map[string]any{"trigger_id": "2", "type": "shortcut", "callback_id": "meetings"})
	b.click(t, map[string]any{"trigger_id": "3", "type": "message_action", "callback_id": "meetings"})
	for _, name := range []string{"action.meetings_older", "shortcut.meetings", "message_shortcut.meetings"} {
		const audited = `SELECT count(*) FROM followup.audit_logs
			WHERE tenant_id = $1 AND event_type = $2 AND event_category = 'data_access' AND actor_slack_id = 'U0123456789'`
		if n := b.count(t, audited, id, name); n != 1 {
			t.Errorf("%d audit records %s, want 1", n, name)
		}
	}
}

func TestTheSameClickRunsOnce(t *testing.T) {
	b := newTestbed(t)
	b.sync(t, record("acme", "T0123456789"))
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() { b.click(t, nil) })
	}
	all.Wait()
	if n := b.count(t, countJobs); n != 1 {
		t.Errorf("%d jobs for one trigger_id, want 1", n)
	}
}

func TestClickBeyondTheLimitIsTold(t *testing.T) {
	b := newTestbed(t)
	id := b.sync(t, record("acme", "T0123456789"))
	b.useUp(t, id)
	told := b.click(t, nil)
	if len(told) != 1 || !regexp.MustCompile(`Try again in \d+ seconds\.$`).MatchString(told[0]) {
		t.Errorf("told %q", told)
	}
	if n := b.count(t, countJobs); n != 0 {
		t.Errorf("%d jobs, want none", n)
	}
}

func TestPeopleAreToldInTheirTenantsLanguage(t *testing.T) {
	b := newTestbed(t)
	r := record("acme", "T0123456789")
	r.Locale, r.Stop = "it", tenancy.Hold
	b.sync(t, r)
	want := i18n.For("it").Say("ack.held")
	if told := b.click(t, nil); !cmp.Equal(told, []string{want}) {
		t.Errorf("beside a click: %q, want %q", told, want)
	}
	if _, text := b.command(t, form("1")); text != want {
		t.Errorf("of a command: %q, want %q", text, want)
	}
}

func TestDatabaseAwayIsToldBesideAClick(t *testing.T) {
	server := postgres.Start(t)
	b := openTestbed(t, server.New(t))
	b.sync(t, record("acme", "T0123456789"))
	server.Stop()
	if told := b.click(t, nil); !cmp.Equal(told, []string{english("ack.unavailable")}) {
		t.Errorf("told %q", told)
	}
}

// The listener is not trusted any more, and the database away: the tenant that was last known has the language, and the token.
func TestLongOutageIsToldBesideAClick(t *testing.T) {
	server := postgres.Start(t)
	b := openTestbed(t, server.New(t))
	r := record("acme", "T0123456789")
	r.Locale = "it"
	b.sync(t, r)
	b.Directory = directory.New(b.DB, store.App{ID: appID}, slog.New(slog.DiscardHandler)) // nobody runs it: it is never current
	if _, err := b.Directory.Lookup(t.Context(), directory.Workspace{TeamID: "T0123456789"}); err != nil {
		t.Fatal(err)
	}
	var path, authorization, view string
	b.Notices, _, _ = startNotifier(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		path, authorization, view = r.URL.Path, r.Header.Get("Authorization"), string(body)
		_, _ = io.WriteString(w, `{"ok":true}`)
	})
	server.Stop()
	b.send(t, signedFor("/slack/interactions", interactionBody(t, nil), b.Now()))
	b.Notices.deliver(t.Context(), <-b.Notices.waiting)
	if want := i18n.For("it").Say("ack.unavailable"); path != "/api/views.push" || authorization != "Bearer xoxb-acme" || !strings.Contains(view, want) {
		t.Errorf("%s by %q: %s, want a modal with %q", path, authorization, view, want)
	}
	if outcome := b.lastOutcome(t); outcome != "unavailable" {
		t.Errorf("outcome %s", outcome)
	}
	if _, text := b.command(t, form("1")); text != i18n.For("it").Say("ack.unavailable") {
		t.Errorf("of a command: %q", text)
	}
}

func TestMalformedInteractionsNameTheField(t *testing.T) {
	b := newTestbed(t)
	b.sync(t, record("acme", "T0123456789"))
	tests := map[string]struct {
		changes map[string]any
		body    string // in place of changes
		field   string
	}{
		"no payload":                  {body: "payloads=1", field: "payload"},
		"not JSON":                    {body: "payload=customer", field: "payload"},
		"null":                        {body: "payload=null", field: "type"},
		"a list":                      {body: "payload=[]", field: "payload"},
		"two values":                  {body: "payload={}{}", field: "payload"},
		"not a form":                  {body: "%zz", field: "(form)"},
		"JSON":                        {body: `{"type":"block_actions"}`, field: "payload"},
		"no type":                     {changes: map[string]any{"type": nil}, field: "type"},
		"no app":                      {changes: map[string]any{"api_app_id": nil}, field: "api_app_id"},
		"no user":                     {changes: map[string]any{"user": nil}, field: "user.id"},
		"user is a string":            {changes: map[string]any{"user": "customer"}, field: "user"},
		"user of no workspace":        {changes: map[string]any{"user.team_id": nil}, field: "user.team_id"},
		"user with a line break":      {changes: map[string]any{"user.id": "U1\ncustomer"}, field: "user.id"},
		"NUL in the user":             {changes: map[string]any{"user.id": "U1\x00"}, field: "user.id"},
		"team is a sentence":          {changes: map[string]any{"team": "customer text"}, field: "team.id"},
		"team of the view a sentence": {changes: map[string]any{"view.app_installed_team_id": "customer text"}, field: "team.id"},
		"view is a sentence":          {changes: map[string]any{"view.id": "customer text"}, field: "view.id"},
		"enterprise is a sentence":    {changes: map[string]any{"enterprise": map[string]any{"id": "customer text"}, "view.app_installed_team_id": nil}, field: "enterprise.id"},
		"no trigger":                  {changes: map[string]any{"trigger_id": nil}, field: "trigger_id"},
		"long trigger":                {changes: map[string]any{"trigger_id": strings.Repeat("1", 5000)}, field: "trigger_id"},
		"message without a way back":  {changes: map[string]any{"view": nil}, field: "response_url"},
		"message of nobody":           {changes: map[string]any{"view": nil, "response_url": "https://x.example", "message": map[string]any{"team": "customer"}}, field: "message.team"},
		"older than nothing":          {changes: map[string]any{"actions.value": nil}, field: "actions.value"},
		"older than a sentence":       {changes: map[string]any{"actions.value": "customer text"}, field: "actions.value"},
		"older than no number":        {changes: map[string]any{"actions.value": "1795000000.customer"}, field: "actions.value"},
		"position with a sign":        {changes: map[string]any{"actions.value": "-1795000000.1"}, field: "actions.value"},
		"position with zeros":         {changes: map[string]any{"actions.value": "01795000000.1"}, field: "actions.value"},
		"nothing picked":              {changes: map[string]any{"actions.action_id": "meetings_find"}, field: "actions.selected_option.value"},
		"a sentence picked":           {changes: map[string]any{"actions.action_id": "meetings_find", "actions.selected_option": map[string]any{"value": "customer text"}}, field: "actions.selected_option.value"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			body := tc.body
			if body == "" {
				body = interactionBody(t, tc.changes)
			}
			status, reason := b.send(t, signedFor("/slack/interactions", body, b.Now()))
			if want := fmt.Sprintf("field %s is missing or malformed", tc.field); status != http.StatusBadRequest || reason != want {
				t.Errorf("answer %d %q, want 400 %q", status, reason, want)
			}
		})
	}
	if n := b.count(t, countJobs); n != 0 {
		t.Errorf("%d jobs, want none", n)
	}
	if strings.Contains(b.log.String(), "customer") {
		t.Errorf("the log quotes a value:\n%s", b.log)
	}
}
