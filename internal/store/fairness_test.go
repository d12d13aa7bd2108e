package store

import (
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// line is where a tenant's jobs stand in River's table, in the order of their arrival.
func (b testbed) line(t *testing.T, id tenancy.ID) []time.Time {
	t.Helper()
	rows, _ := b.admin.Query(t.Context(), `
		SELECT scheduled_at FROM river.river_job WHERE args->>'tenant_id' = $1::text AND state = 'available' ORDER BY id`, id)
	places, err := pgx.CollectRows(rows, pgx.RowTo[time.Time])
	if err != nil {
		t.Fatal(err)
	}
	return places
}

// Who asks for much at once stands in the line as if it had asked once a second.
func TestJobsOfATenantStandASecondApart(t *testing.T) {
	bed := newTestbed(t)
	id := bed.syncTenant(t, tenantRecord("acme"))
	bed.exec(t, "UPDATE followup.tenant_runtime SET virtual_next = now() + interval '30 seconds'") // it has asked before
	enqueue := enqueueJob(t, bed.webhook, id)
	var want []time.Duration
	for i := range 5 {
		if _, err := bed.webhook.Tenant(id).Admit(t.Context(), request(strconv.Itoa(i)), enqueue); err != nil {
			t.Fatal(err)
		}
		want = append(want, time.Duration(i)*time.Second)
	}
	places := bed.line(t, id)
	var got []time.Duration
	for _, place := range places {
		got = append(got, place.Sub(places[0]))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("places after the first (-want +got):\n%s", diff)
	}
}

// Whatever a tenant did before, its job is behind the others' by two minutes at most, and is there for idle workers.
func TestPlaceIsWithinTwoMinutes(t *testing.T) {
	tests := map[string]string{
		"never seen":                 "'epoch'",
		"quiet for a minute":         "now() - interval '1 minute'",
		"ahead by a minute":          "now() + interval '1 minute'",
		"ahead by two minutes":       "now() + interval '2 minutes'",
		"the clock was once set off": "now() + interval '1 year'",
	}
	bed := newTestbed(t)
	for name, next := range tests {
		t.Run(name, func(t *testing.T) {
			id := bed.syncTenant(t, tenantRecord(name))
			bed.exec(t, "UPDATE followup.tenant_runtime SET virtual_next = "+next+" WHERE tenant_id = $1", id)
			before := queryOne[time.Time](t, bed, "SELECT now()")
			if _, err := bed.webhook.Tenant(id).Admit(t.Context(), request("k1"), enqueueJob(t, bed.webhook, id)); err != nil {
				t.Fatal(err)
			}
			after := queryOne[time.Time](t, bed, "SELECT now()")
			place := bed.line(t, id)[0]
			if place.Before(before.Add(-2*time.Minute)) || place.After(after) {
				t.Errorf("place %v, want one between two minutes ago and now, %v", place, after)
			}
			if next := queryOne[time.Time](t, bed, "SELECT virtual_next FROM followup.tenant_runtime WHERE tenant_id = $1", id); next.After(after.Add(3 * time.Minute)) {
				t.Errorf("virtual_next %v: the tenant would be behind for long", next)
			}
		})
	}
}

// The line is for what was admitted. River's own inserts, and ours without a tenant, stand where River puts them.
func TestInsertWithoutAdmissionIsLeftAsItIs(t *testing.T) {
	bed := newTestbed(t)
	id := bed.syncTenant(t, tenantRecord("acme"))
	enqueue := enqueueJob(t, bed.worker, id)
	const moment = "2026-11-23 12:00:00Z"
	insert := `INSERT INTO river.river_job (args, kind, max_attempts, scheduled_at)
		VALUES (jsonb_build_object('tenant_id', $1::text), 'test', 1, '` + moment + `')`

	conn, err := bed.webhook.pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	// The setting of an admission is '' once its transaction is over.
	err = pgx.BeginFunc(t.Context(), conn, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), "SELECT set_config('app.admission', 'refused', true), set_config('app.tenant_id', $1, false)", id.String())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), insert, id.String()); err != nil {
		t.Fatal(err)
	}
	if err := pgx.BeginFunc(t.Context(), bed.worker.pool, func(tx pgx.Tx) error { return enqueue(t.Context(), tx) }); err != nil {
		t.Fatal(err)
	}
	places := bed.line(t, id)
	if len(places) != 2 || !places[0].Equal(time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)) {
		t.Fatalf("places %v, want the one given and River's", places)
	}
	if age := queryOne[time.Time](t, bed, "SELECT created_at FROM river.river_job ORDER BY id DESC LIMIT 1").Sub(places[1]); age != 0 {
		t.Errorf("the job that River inserted stands %v before its creation", age)
	}
}
