package store

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestExpireDeliveries(t *testing.T) {
	bed := newTestbed(t)
	id := bed.syncTenant(t, tenantRecord("acme"))
	bed.exec(t, `INSERT INTO followup.deliveries (tenant_id, delivery_key, expires_at)
		VALUES ($1, 'old', now() - interval '1 second'), ($1, 'older', now() - interval '1 day'), ($1, 'new', now() + interval '1 hour')`, id)

	expired, err := bed.operator.Control(testCluster).ExpireDeliveries(t.Context())
	if err != nil || expired != 2 {
		t.Errorf("ExpireDeliveries = %d, %v; want 2", expired, err)
	}
	if key := queryOne[string](t, bed, "SELECT delivery_key FROM followup.deliveries"); key != "new" {
		t.Errorf("left %q, want new", key)
	}
}

// After a long pause there may be more than one statement's deadline allows.
func TestExpireDeliveriesInBatches(t *testing.T) {
	bed, sent := newRecordedTestbed(t)
	id := bed.syncTenant(t, tenantRecord("acme"))
	bed.exec(t, `INSERT INTO followup.deliveries (tenant_id, delivery_key, expires_at)
		SELECT $1, 'k' || n, now() - interval '1 second' FROM generate_series(1, $2::int) n`, id, 2*sweepBatch+1)
	sent.take()
	expired, err := bed.operator.Control(testCluster).ExpireDeliveries(t.Context())
	if err != nil || expired != 2*sweepBatch+1 {
		t.Errorf("ExpireDeliveries = %d, %v; want %d", expired, err, 2*sweepBatch+1)
	}
	if diff := cmp.Diff([]string{expireDeliveries, expireDeliveries, expireDeliveries}, sent.take()); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
}

func TestEnsureAuditPartitionsMakesWhatIsMissing(t *testing.T) {
	bed := newTestbed(t)
	const list = `SELECT array_agg(c.relname::text ORDER BY c.relname) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
		WHERE i.inhparent = 'followup.audit_logs'::regclass`
	before := queryOne[[]string](t, bed, list)
	if len(before) != 4 {
		t.Fatalf("partitions = %v, want this month and three more", before)
	}
	bed.exec(t, "DROP TABLE followup."+before[3])

	for range 2 {
		if err := bed.operator.Control(testCluster).EnsureAuditPartitions(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	after := queryOne[[]string](t, bed, list)
	if !slices.Equal(before, after) {
		t.Errorf("partitions = %v, want %v", after, before)
	}
}

func TestForgetUseOfPeriodsLongOver(t *testing.T) {
	bed := newTestbed(t)
	acme, globex := bed.syncTenant(t, tenantRecord("acme")), bed.syncTenant(t, tenantRecord("globex"))
	for owner, id := range map[string]any{"acme": acme, "globex": globex} {
		bed.exec(t, `INSERT INTO followup.api_rate_limits (tenant_id, resource_type, limit_period, period_start, period_end, current_count)
			SELECT $1, 'crm_writes', 'daily', now() - ago - interval '1 day', now() - ago, days
			FROM (VALUES (interval '3 months', 1), (interval '2 months 1 minute', 2), (interval '2 months -1 minute', 3), (interval '0', 4), (interval '-1 hour', 5)) x (ago, days)
			WHERE $2 = 'acme' OR days < 4`, id, owner)
	}
	forgotten, err := bed.operator.Control(testCluster).ForgetUse(t.Context())
	if err != nil || forgotten != 4 {
		t.Errorf("ForgetUse = %d, %v; want 4", forgotten, err)
	}
	left := queryOne[[]string](t, bed, `SELECT array_agg(owner_name || ' ' || current_count ORDER BY owner_name, current_count)
		FROM followup.api_rate_limits JOIN followup.tenants ON id = tenant_id`)
	if diff := cmp.Diff([]string{"acme 3", "acme 4", "acme 5", "globex 3"}, left); diff != "" {
		t.Errorf("left (-want +got):\n%s", diff)
	}
}

// A tenant's newest says from when on Fathom is asked, also when nothing was recorded for a year.
func TestForgetAnnouncementsButATenantsNewest(t *testing.T) {
	bed := newTestbed(t)
	for name, days := range map[string][]float64{
		"busy":    {1, 89.9, 90.1, 96, 98, 200},   // what the operator doesn't see is no concern of its: 90.1 is its newest
		"resting": {300, 306.9, 307.1, 400, 1000}, // and 300 is this one's
		"once":    {500},
		"new":     {0},
		"none":    nil,
	} {
		bed.exec(t, `INSERT INTO followup.announced_recordings (tenant_id, recording_id, created_at)
			SELECT $1, days::text, now() - days * interval '1 day' FROM unnest($2::float8[]) days`, bed.syncTenant(t, tenantRecord(name)), days)
	}
	before := bed.pollingSince(t)
	for _, want := range []int64{5, 0} {
		forgotten, err := bed.operator.Control(testCluster).ForgetAnnouncements(t.Context())
		if err != nil || forgotten != want {
			t.Errorf("ForgetAnnouncements = %d, %v; want %d", forgotten, err, want)
		}
	}
	left := queryOne[[]string](t, bed, `SELECT array_agg(owner_name || ' ' || recording_id ORDER BY owner_name, a.created_at DESC)
		FROM followup.announced_recordings a JOIN followup.tenants t ON t.id = a.tenant_id`)
	want := []string{"busy 1", "busy 89.9", "busy 90.1", "busy 96", "new 0", "once 500", "resting 300", "resting 306.9"}
	if diff := cmp.Diff(want, left); diff != "" {
		t.Errorf("left (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(before, bed.pollingSince(t)); diff != "" {
		t.Errorf("Fathom is asked from another time on (-before +after):\n%s", diff)
	}
}

// pollingSince is what PollingSince goes by, for each tenant that has been asked for.
func (b testbed) pollingSince(t *testing.T) []string {
	t.Helper()
	return queryOne[[]string](t, b, `SELECT array_agg(newest ORDER BY newest)
		FROM (SELECT tenant_id || ' ' || max(created_at) AS newest FROM followup.announced_recordings GROUP BY tenant_id) x`)
}
