package store

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/followup-dev/followup-operator/internal/tenancy"
)

func TestUsageIsThatOfThePresentDayAndMonth(t *testing.T) {
	bed := newTestbed(t)
	control := bed.operator.Control(testCluster)
	acme := bed.syncTenant(t, tenantRecord("acme"))
	globex := bed.syncTenant(t, tenantRecord("globex"))
	bed.syncTenant(t, tenantRecord("gone"))
	if _, err := control.RetireTenant(t.Context(), tenantRecord("gone").Owner); err != nil {
		t.Fatal(err)
	}
	if _, err := bed.operator.Control(elsewhere).SyncTenant(t.Context(), tenantRecord("there")); err != nil {
		t.Fatal(err)
	}
	active := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	bed.exec(t, `INSERT INTO followup.users (tenant_id, slack_user_id, slack_email, slack_real_name, refreshed_at, last_active_at)
		SELECT '`+acme.String()+`', 'U' || n, '', '', now(), '2026-11-23 09:00Z'::timestamptz - n * interval '1 day' FROM generate_series(0, 2) n`)
	bed.exec(t, `INSERT INTO followup.api_rate_limits (tenant_id, resource_type, limit_period, period_start, period_end, current_count)
		SELECT '`+acme.String()+`', 'crm_writes', name, date_trunc(unit, now()) + moved * ('1 ' || unit)::interval,
			date_trunc(unit, now()) + (moved + 1) * ('1 ' || unit)::interval, number
		FROM (VALUES ('hourly', 'hour', 0, 3), ('daily', 'day', 0, 5), ('daily', 'day', -1, 7), ('monthly', 'month', 0, 41), ('monthly', 'month', -1, 99))
			AS p (name, unit, moved, number)`)

	got := map[tenancy.ID]TenantUsage{}
	err := control.Usage(t.Context(), func(usage TenantUsage) { got[usage.TenantID] = usage })
	if err != nil {
		t.Fatal(err)
	}
	want := map[tenancy.ID]TenantUsage{
		acme:   {TenantID: acme, Users: 3, LastActiveAt: &active, Used: map[string]int64{"crm_writes/daily": 5, "crm_writes/monthly": 41}},
		globex: {TenantID: globex},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("usage (-want +got):\n%s", diff)
	}
}
