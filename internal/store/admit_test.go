package store

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// written counts what Admit leaves behind.
type written struct{ Deliveries, Audits, Jobs, Used int }

func (b testbed) written(t *testing.T, id tenancy.ID) written {
	t.Helper()
	rows, _ := b.admin.Query(t.Context(), `
		SELECT (SELECT count(*) FROM followup.deliveries WHERE tenant_id = $1),
		       (SELECT count(*) FROM followup.audit_logs WHERE tenant_id = $1),
		       (SELECT count(*) FROM river.river_job WHERE args->>'tenant_id' = $1::text),
		       (SELECT used FROM followup.tenant_runtime WHERE tenant_id = $1)`, id)
	counts, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[written])
	if err != nil {
		t.Fatal(err)
	}
	return counts
}

func TestAdmitRecordsAndEnqueuesTogether(t *testing.T) {
	bed := newTestbed(t)
	id := bed.syncTenant(t, tenantRecord("acme"))

	admission, err := bed.webhook.Tenant(id).Admit(t.Context(), request("k1"), enqueueJob(t, bed.webhook, id))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Admission{Verdict: Admitted}, admission); diff != "" {
		t.Errorf("admission (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(written{Deliveries: 1, Audits: 1, Jobs: 1, Used: 1}, bed.written(t, id)); diff != "" {
		t.Errorf("written (-want +got):\n%s", diff)
	}
	type audit struct{ EventType, EventCategory, Actor string }
	rows, _ := bed.admin.Query(t.Context(), "SELECT event_type, event_category, actor_slack_id FROM followup.audit_logs")
	got, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[audit])
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(audit{"command.meetings", "data_access", "U1"}, got); diff != "" {
		t.Errorf("audit record (-want +got):\n%s", diff)
	}
}

func TestAdmitRefuses(t *testing.T) {
	frozen := time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
	hold := "UPDATE followup.tenant_runtime SET held = true WHERE tenant_id = $1"
	useUp := "UPDATE followup.tenant_runtime SET used = minute_limit WHERE tenant_id = $1"
	end := "UPDATE followup.tenant_runtime SET trial_ends_at = now() WHERE tenant_id = $1"
	goOn := "UPDATE followup.tenant_runtime SET trial_ends_at = now() + interval '1 hour', used = minute_limit WHERE tenant_id = $1"
	admitBefore := "INSERT INTO followup.deliveries (tenant_id, delivery_key, expires_at) VALUES ($1, 'k1', now() + interval '1 hour')"

	tests := map[string]struct {
		given []string
		want  Admission
	}{
		"a held tenant":                      {[]string{hold}, Admission{Verdict: Held}},
		"a trial that is over":               {[]string{end}, Admission{Verdict: Ended}},
		"a trial that goes on":               {[]string{goOn}, Admission{Verdict: Limited, RetryAt: frozen.Add(time.Minute)}},
		"held after a trial":                 {[]string{end, hold}, Admission{Verdict: Held}},
		"a used up minute":                   {[]string{useUp}, Admission{Verdict: Limited, RetryAt: frozen.Add(time.Minute)}},
		"held before limited":                {[]string{hold, useUp}, Admission{Verdict: Held}},
		"a repetition":                       {[]string{admitBefore}, Admission{Verdict: Duplicate}},
		"a repetition while held":            {[]string{admitBefore, hold}, Admission{Verdict: Duplicate}},
		"a repetition after the limit's end": {[]string{admitBefore, useUp}, Admission{Verdict: Duplicate}},
	}
	bed := newTestbed(t)
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			id := bed.syncTenant(t, tenantRecord(name))
			bed.freezeMinute(t, id)
			for _, statement := range tc.given {
				bed.exec(t, statement, id)
			}
			before := bed.written(t, id)

			got, err := bed.webhook.Tenant(id).Admit(t.Context(), request("k1"), enqueueJob(t, bed.webhook, id))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("admission (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(before, bed.written(t, id)); diff != "" {
				t.Errorf("a refusal wrote (-before +after):\n%s", diff)
			}
		})
	}
}

func TestAdmitUnknownTenant(t *testing.T) {
	bed := newTestbed(t)
	id := uuid.New()
	_, err := bed.webhook.Tenant(id).Admit(t.Context(), request("k1"), enqueueJob(t, bed.webhook, id))
	if !errors.Is(err, tenancy.ErrNotFound) {
		t.Errorf("error = %v, want tenancy.ErrNotFound", err)
	}
	if jobs := queryOne[int](t, bed, "SELECT count(*) FROM river.river_job"); jobs != 0 {
		t.Errorf("%d jobs of a tenant that does not exist", jobs)
	}
}

func TestAdmitGivesANewMinuteInFull(t *testing.T) {
	bed := newTestbed(t)
	id := bed.syncTenant(t, tenantRecord("acme"))
	bed.exec(t, "UPDATE followup.tenant_runtime SET minute = date_trunc('minute', now()) - interval '1 minute', used = minute_limit")

	admission, err := bed.webhook.Tenant(id).Admit(t.Context(), request("k1"), enqueueJob(t, bed.webhook, id))
	if err != nil || admission.Verdict != Admitted {
		t.Fatalf("Admit = %+v, %v; want admitted", admission, err)
	}
	if used := bed.written(t, id).Used; used != 1 {
		t.Errorf("used = %d, want 1", used)
	}
}

// A request that began in the minute before, but got its turn after one of this minute, counts in this one: were the
// minute set back, the next request would find a new minute and its full limit once more.
func TestAdmitNeverGoesBackAMinute(t *testing.T) {
	bed := newTestbed(t)
	id := bed.syncTenant(t, tenantRecord("acme"))
	bed.freezeMinute(t, id)
	if _, err := bed.webhook.Tenant(id).Admit(t.Context(), request("k1"), enqueueJob(t, bed.webhook, id)); err != nil {
		t.Fatal(err)
	}
	if year := queryOne[int](t, bed, "SELECT extract(year FROM minute AT TIME ZONE 'UTC')::int FROM followup.tenant_runtime"); year != 2100 {
		t.Errorf("the minute went back from 2100 to %d", year)
	}
}

func TestAdmitFailingToEnqueueLeavesNothing(t *testing.T) {
	bed := newTestbed(t)
	id := bed.syncTenant(t, tenantRecord("acme"))
	refused := errors.New("refused")

	_, err := bed.webhook.Tenant(id).Admit(t.Context(), request("k1"), func(context.Context, pgx.Tx) error { return refused })
	if !errors.Is(err, refused) {
		t.Errorf("error = %v, want %v", err, refused)
	}
	if diff := cmp.Diff(written{}, bed.written(t, id)); diff != "" {
		t.Errorf("left behind (-want +got):\n%s", diff)
	}
}

func TestAdmitConcurrently(t *testing.T) {
	const limit, requests = 20, 50
	tests := map[string]struct {
		key  func(i int) string
		want map[Verdict]int
		left written
	}{
		"the limit is exact": {
			key:  func(i int) string { return "k" + string(rune('A'+i)) },
			want: map[Verdict]int{Admitted: limit, Limited: requests - limit},
			left: written{Deliveries: limit, Audits: limit, Jobs: limit, Used: limit},
		},
		"repetitions are admitted once": {
			key:  func(int) string { return "same" },
			want: map[Verdict]int{Admitted: 1, Duplicate: requests - 1},
			left: written{Deliveries: 1, Audits: 1, Jobs: 1, Used: 1},
		},
	}
	bed := newTestbed(t)
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			record := tenantRecord(name)
			record.MinuteLimit = limit
			id := bed.syncTenant(t, record)
			bed.freezeMinute(t, id)
			enqueue := enqueueJob(t, bed.webhook, id)

			verdicts := make([]Verdict, requests)
			var group errgroup.Group
			for i := range requests {
				group.Go(func() error {
					admission, err := bed.webhook.Tenant(id).Admit(t.Context(), request(tc.key(i)), enqueue)
					verdicts[i] = admission.Verdict
					return err
				})
			}
			if err := group.Wait(); err != nil {
				t.Fatal(err)
			}
			got := map[Verdict]int{}
			for _, verdict := range verdicts {
				got[verdict]++
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("verdicts (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.left, bed.written(t, id)); diff != "" {
				t.Errorf("written (-want +got):\n%s", diff)
			}
		})
	}
}
