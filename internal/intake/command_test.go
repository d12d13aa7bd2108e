package intake

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/followup-dev/followup-operator/internal/jobs"
)

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
	want := jobs.ListMeetings{
		TenantID: id, SlackUserID: "U0123456789", TriggerID: "1.2.abc", ReceivedAt: arrived,
		ResponseURL: "https://hooks.slack.com/commands/T0123456789/1/x",
		RequestKey:  jobs.RequestKey("1.2.abc"),
	}

	if diff := cmp.Diff(want, job); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if n := b.count(t, `SELECT count(*) FROM followup.audit_logs WHERE tenant_id = $1 AND event_type = 'command.meetings' AND actor_slack_id = 'U0123456789'`, id); n != 1 {
		t.Errorf("%d audit records, want 1", n)
	}
}
