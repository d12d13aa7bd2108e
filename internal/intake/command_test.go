package intake

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/followup-dev/followup-operator/internal/jobs"
	"github.com/followup-dev/followup-operator/internal/tenancy"
	"github.com/followup-dev/followup-operator/test/postgres"
)

const countJobs = `SELECT count(*) FROM river.river_job`

func TestCommandBecomesAJob(t *testing.T) {
	b := newTestbed(t)
	id := b.sync(t, record("acme", "T0123456789"))
	arrived := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	b.Now = func() time.Time { return arrived }

	status, text := b.command(t, form("1.2.abc"))
	if status != 200 || text != "" {
		t.Fatalf("answer %d %q, want an empty 200", status, text)
	}
	var kind, queue string
	var maxAttempts int
	var args []byte
	const query = `SELECT kind, queue, max_attempts, args FROM river.river_job`
	if err := b.admin.QueryRow(t.Context(), query).Scan(&kind, &queue, &maxAttempts, &args); err != nil {
		t.Fatal(err)
	}
	if kind != "list_meetings" || queue != "a0123456789-interactive" || maxAttempts != 3 {
		t.Errorf("job %s in queue %s with %d attempts", kind, queue, maxAttempts)
	}
	var job jobs.ListMeetings
	if err := json.Unmarshal(args, &job); err != nil {
		t.Fatal(err)
	}
	want := jobs.ListMeetings{Click: jobs.Click{
		TenantID: id, SlackUserID: "U0123456789", TriggerID: "1.2.abc", ReceivedAt: arrived,
		ResponseURL: "https://hooks.slack.com/commands/T0123456789/1/x", RequestKey: jobs.RequestKey("1.2.abc"),
	}}
	if diff := cmp.Diff(want, job); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	const audited = `SELECT count(*) FROM followup.audit_logs
		WHERE tenant_id = $1 AND event_type = 'command.meetings' AND actor_slack_id = 'U0123456789'`
	if n := b.count(t, audited, id); n != 1 {
		t.Errorf("%d audit records, want 1", n)
	}
}

func TestCommandWakesTheWorkers(t *testing.T) {
	b := newTestbed(t)
	b.sync(t, record("acme", "T0123456789"))
	conn, err := b.admin.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	if _, err := conn.Exec(t.Context(), `LISTEN "river.river_insert"`); err != nil {
		t.Fatal(err)
	}
	b.command(t, form("1"))
	limited, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if _, err := conn.Conn().WaitForNotification(limited); err != nil {
		t.Errorf("no notification of River: %v", err)
	}
}

func TestWhoIsServed(t *testing.T) {
	b := newTestbed(t)
	b.sync(t, record("acme", "T0123456789"))
	held := record("held", "T0HELD")
	held.Stop = tenancy.Hold
	b.sync(t, held)
	org := record("org", "")
	org.SlackEnterpriseID = "E0123456789"
	b.sync(t, org)
	other := record("other", "T0OTHER")
	other.SlackAppID = "A0OTHER"
	if _, err := b.operator.Control("cluster").SyncTenant(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		change map[string]string
		text   string
		job    bool
	}{
		"meetings":                         {job: true},
		"followup":                         {change: map[string]string{"command": "/followup"}, job: true},
		"command in capitals":              {change: map[string]string{"command": "/Meetings"}, job: true},
		"organisation":                     {change: map[string]string{"team_id": "T0ANY", "enterprise_id": "E0123456789", "is_enterprise_install": "true"}, job: true},
		"organisation without a team":      {change: map[string]string{"team_id": "", "enterprise_id": "E0123456789", "is_enterprise_install": "true"}, job: true},
		"team of an organisation":          {change: map[string]string{"team_id": "T0ANY", "enterprise_id": "E0123456789"}, job: true},
		"team with its own tenant":         {change: map[string]string{"enterprise_id": "E0STRANGER"}, job: true},
		"organisation unknown, team known": {change: map[string]string{"enterprise_id": "E0STRANGER", "is_enterprise_install": "true"}, text: english("ack.unknown_workspace")},
		"unknown workspace":                {change: map[string]string{"team_id": "T0STRANGER"}, text: english("ack.unknown_workspace")},
		"another app's workspace":          {change: map[string]string{"team_id": "T0OTHER"}, text: english("ack.unknown_workspace")},
		"held":                             {change: map[string]string{"team_id": "T0HELD"}, text: english("ack.held")},
		"unknown command":                  {change: map[string]string{"command": "/weather"}, text: english("ack.unknown_command")},
		"another app's request":            {change: map[string]string{"api_app_id": "A0OTHER"}, text: english("ack.wrong_app")},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			before := b.count(t, countJobs)
			f := form(name)
			for key, value := range tc.change {
				f.Set(key, value)
			}
			f.Set("trigger_id", jobs.RequestKey(name))
			if status, text := b.command(t, f); status != 200 || text != tc.text {
				t.Errorf("answer %d %q, want 200 %q", status, text, tc.text)
			}
			if got := b.count(t, countJobs) - before; (got == 1) != tc.job {
				t.Errorf("%d jobs, want one: %v", got, tc.job)
			}
		})
	}
}

func TestTheSameTriggerRunsOnce(t *testing.T) {
	b := newTestbed(t)
	b.sync(t, record("acme", "T0123456789"))
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if status, text := b.command(t, form("same")); status != 200 || text != "" {
				t.Errorf("answer %d %q, want an empty 200", status, text)
			}
		})
	}
	all.Wait()
	if n := b.count(t, countJobs); n != 1 {
		t.Errorf("%d jobs for one trigger_id, want 1", n)
	}
}

func TestLimitSaysWhenToRetry(t *testing.T) {
	b := newTestbed(t)
	id := b.sync(t, record("acme", "T0123456789"))
	b.useUp(t, id)
	status, text := b.command(t, form("third"))
	if status != 200 || !regexp.MustCompile(`Try again in \d+ seconds\.$`).MatchString(text) {
		t.Errorf("answer %d %q", status, text)
	}
	if n := b.count(t, countJobs); n != 0 {
		t.Errorf("%d jobs, want none", n)
	}
}

func TestDatabaseAway(t *testing.T) {
	server := postgres.Start(t)
	b := openTestbed(t, server.New(t))
	b.sync(t, record("acme", "T0123456789"))
	server.Stop()

	if status, text := b.command(t, form("1")); status != 200 || text != english("ack.unavailable") {
		t.Errorf("known workspace: answer %d %q", status, text)
	}
	if status, text := b.command(t, with(form("2"), "team_id", "T0STRANGER")); status != 200 || text != english("ack.unavailable") {
		t.Errorf("unknown workspace: answer %d %q, but nobody can tell that it is unknown", status, text)
	}

	server.Restart(t)
	eventually(t, func() bool {
		_, text := b.command(t, form("3"))
		return text == ""
	})
}

// A row that somebody else keeps locked stands for a database that answers too slowly.
func TestSlowDatabaseIsAnsweredInTime(t *testing.T) {
	b := newTestbed(t)
	id := b.sync(t, record("acme", "T0123456789"))
	tx, err := b.admin.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(t.Context())
	if _, err := tx.Exec(t.Context(), `SELECT FROM followup.tenant_runtime WHERE tenant_id = $1 FOR UPDATE`, id); err != nil {
		t.Fatal(err)
	}
	b.Budget = 50 * time.Millisecond
	if status, text := b.command(t, form("1")); status != 200 || text != english("ack.unavailable") {
		t.Errorf("answer %d %q", status, text)
	}
}

func TestTenantGoneAfterTheLookup(t *testing.T) {
	b := newTestbed(t)
	id := b.sync(t, record("acme", "T0123456789"))
	if _, err := b.admin.Exec(t.Context(), `DELETE FROM followup.tenant_runtime WHERE tenant_id = $1`, id); err != nil {
		t.Fatal(err)
	}
	if status, text := b.command(t, form("1")); status != 200 || text != english("ack.unknown_workspace") {
		t.Errorf("answer %d %q", status, text)
	}
}

func TestDeletedTenantIsNotServed(t *testing.T) {
	b := newTestbed(t)
	r := record("acme", "T0123456789")
	b.sync(t, r)
	if retired, err := b.operator.Control("cluster").RetireTenant(t.Context(), r.Owner); err != nil || !retired {
		t.Fatal(retired, err)
	}
	eventually(t, func() bool {
		_, text := b.command(t, form("1"))
		return text == english("ack.unknown_workspace")
	})
}

// What a request says and what signs it must not be found in a log or a metric.
func TestLogsAndMetricsKeepSecrets(t *testing.T) {
	b := newTestbed(t)
	b.sync(t, record("acme", "T0123456789"))
	planted := []string{signingSecret.Reveal(), "customer text", "hooks.slack.com", "planted-trigger", "legacy", "ada"}
	b.command(t, form("planted-trigger"))
	b.command(t, with(form("planted-trigger"), "command", "/planted-command"))
	b.command(t, with(form("planted-trigger"), "user_id", "customer text"))
	b.send(t, signed(form("planted-trigger").Encode(), b.Now().Add(-time.Hour)))

	families, err := b.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	seen := b.log.String() + fmt.Sprint(families)
	for _, secret := range append(planted, "planted-command") {
		if strings.Contains(seen, secret) {
			t.Errorf("%q is in a log line or a metric:\n%s", secret, seen)
		}
	}
}
