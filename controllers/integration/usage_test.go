package integration

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
)

// awaitTenant waits until a Tenant's status tells what is wanted.
func (ns *namespace) awaitTenant(name string, tells func(v1alpha1.TenantStatus) string, want string) *v1alpha1.Tenant {
	ns.t.Helper()
	tenant := &v1alpha1.Tenant{ObjectMeta: ns.meta(name)}
	ns.eventually(fmt.Sprintf("await %q of Tenant %s", want, name), func(ctx context.Context) error {
		if err := kube.Get(ctx, client.ObjectKeyFromObject(tenant), tenant); err != nil {
			return err
		}
		if got := tells(tenant.Status); got != want {
			return fmt.Errorf("it is %q", got)
		}
		return nil
	})
	return tenant
}

func connections(status v1alpha1.TenantStatus) string { return status.Connections.Summary }

func limits(status v1alpha1.TenantStatus) (found string) {
	for _, limit := range status.Limits {
		found += fmt.Sprintf("%s/%s %d", limit.Resource, limit.Period, limit.Limit.Limit)
		if limit.Used != nil {
			found += fmt.Sprintf(" used %d", *limit.Used)
		}
		found += "\n"
	}
	return found
}

// One count for all: who used something is told of, and who didn't is not written.
func TestUsageReachesTheStatusByOneCount(t *testing.T) {
	o, ns := everything(t)
	acme, globex := &v1alpha1.Tenant{ObjectMeta: ns.meta("acme")}, &v1alpha1.Tenant{ObjectMeta: ns.meta("globex")}
	ns.get(acme)
	o.stop()
	o.query(t, `INSERT INTO followup.users (tenant_id, slack_user_id, slack_email, slack_real_name, refreshed_at, last_active_at)
		SELECT $1, 'U' || n, 'u@acme.example', $2, now(), '2026-11-23 09:00:00.5Z' FROM generate_series(1, 3) n RETURNING ''`, acme.Status.TenantID, planted)
	o.query(t, `INSERT INTO followup.api_rate_limits (tenant_id, resource_type, limit_period, period_start, period_end, current_count)
		VALUES ($1, 'meetings_processed', 'daily', now(), now() + interval '1 day', 41), ($1, 'meetings_processed', 'monthly', now(), now() + interval '1 day', 50)
		RETURNING ''`, acme.Status.TenantID)
	versions := ns.resourceVersions()

	o = startOperator(t, o.database)
	usage := func(status v1alpha1.TenantStatus) string { return status.Usage }
	acme = ns.awaitTenant("acme", usage, "41/200 meetings today")
	want := "api_calls/Minute 120\ncrm_writes/Day 1000 used 0\nmeetings_processed/Day 200 used 41\nmeetings_processed/Month 4000 used 50\n"
	if diff := cmp.Diff(want, limits(acme.Status)); diff != "" {
		t.Errorf("limits (-want +got):\n%s", diff)
	}
	active := metav1.NewTime(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))
	if *acme.Status.Users != 3 || !acme.Status.LastActivityTime.Equal(&active) {
		t.Errorf("%d users, active at %s", *acme.Status.Users, acme.Status.LastActivityTime)
	}
	ns.eventually("reconcile all", func(context.Context) error {
		if n := o.observed.count("Tenant"); n < 2 {
			return fmt.Errorf("%d of 2 Tenants were reconciled", n)
		}
		return nil
	})
	o.stop()
	ns.get(globex)
	if was := versions["*v1alpha1.Tenant globex"]; globex.ResourceVersion != was || *globex.Status.Users != 0 {
		t.Errorf("globex was written: version %s, was %s", globex.ResourceVersion, was)
	}
	if writes := o.requests.sent("/namespaces/"+ns.name+"/", "/status"); len(writes) != 1 {
		t.Errorf("writes %v, want one, of acme", writes)
	}

	o = startOperator(t, o.database) // which knows of nobody, and has all told already
	ns.eventually("reconcile all", func(context.Context) error {
		if n := o.observed.count("Tenant"); n < 2 {
			return fmt.Errorf("%d of 2 Tenants were reconciled", n)
		}
		return nil
	})
	if writes := o.requests.sent("/namespaces/" + ns.name + "/"); len(writes) > 0 {
		t.Errorf("write requests: %v", writes)
	}
}

// Nobody restarts anything: the plan is the SlackApp's, the row is each Tenant's.
func TestAChangedPlanBinds(t *testing.T) {
	o, ns := world(t)
	app := &v1alpha1.SlackApp{ObjectMeta: ns.meta("followup")}
	setPlan := func(limits ...v1alpha1.Limit) {
		t.Helper()
		change(ns, app, func(app *v1alpha1.SlackApp) { app.Spec.Plans = []v1alpha1.SlackAppPlan{{Name: "team", Limits: limits}} })
	}
	setPlan(v1alpha1.Limit{Resource: v1alpha1.APICalls, Period: v1alpha1.PerMinute, Limit: 7})
	tenant := newTenant("acme")
	tenant.Spec.Plan = "team"
	tenant.Spec.Limits = []v1alpha1.Limit{{Resource: v1alpha1.MeetingsProcessed, Period: v1alpha1.PerDay, Limit: 3}}
	ns.readyTenant(tenant)
	ns.awaitTenant("acme", limits, "api_calls/Minute 7\nmeetings_processed/Day 3 used 0\n")

	setPlan(
		v1alpha1.Limit{Resource: v1alpha1.MeetingsProcessed, Period: v1alpha1.PerDay, Limit: 100},
		v1alpha1.Limit{Resource: v1alpha1.MeetingsProcessed, Period: v1alpha1.PerMonth, Limit: 500},
	)
	ns.awaitTenant("acme", limits, "api_calls/Minute 60\nmeetings_processed/Day 3 used 0\nmeetings_processed/Month 500 used 0\n")
	row := o.query(t, `SELECT minute_limit || ' ' || quotas FROM followup.tenant_runtime`)
	if diff := cmp.Diff([]string{`60 {"meetings_processed/daily":3,"meetings_processed/monthly":500}`}, row); diff != "" {
		t.Errorf("row (-want +got):\n%s", diff)
	}

	change(ns, app, func(app *v1alpha1.SlackApp) { app.Spec.Plans = nil })
	message := ns.awaitReady(tenant, metav1.ConditionFalse, v1alpha1.ReasonPlanNotFound)
	mustContain(t, message, `there is no plan "team"`, "enterprise, free, pro, starter")
	setPlan(v1alpha1.Limit{Resource: v1alpha1.APICalls, Period: v1alpha1.PerMinute, Limit: 8})
	ns.awaitReady(tenant, metav1.ConditionTrue, v1alpha1.ReasonReady)
	ns.awaitTenant("acme", limits, "api_calls/Minute 8\nmeetings_processed/Day 3 used 0\n")
}

func TestTheEndOfATrialShowsWhenItComes(t *testing.T) {
	_, ns := world(t)
	tenant := newTenant("acme")
	tenant.Spec.TrialEndsAt = new(metav1.NewTime(time.Now().Add(3 * time.Second)))
	ns.readyTenant(tenant)
	ns.await(tenant, v1alpha1.ConditionHeld, metav1.ConditionTrue, v1alpha1.ReasonTrialEnded)
	ns.awaitReady(tenant, metav1.ConditionTrue, v1alpha1.ReasonReady)

	change(ns, tenant, func(tenant *v1alpha1.Tenant) { tenant.Spec.StopPolicy = v1alpha1.StopHoldAndDrain })
	ns.await(tenant, v1alpha1.ConditionHeld, metav1.ConditionTrue, v1alpha1.ReasonDraining)
	change(ns, tenant, func(tenant *v1alpha1.Tenant) {
		tenant.Spec.StopPolicy, tenant.Spec.TrialEndsAt = v1alpha1.StopNone, nil
	})
	ns.await(tenant, v1alpha1.ConditionHeld, metav1.ConditionFalse, v1alpha1.ReasonServed)
	ns.awaitReady(tenant, metav1.ConditionTrue, v1alpha1.ReasonReady)
}

func TestConnectionsAreCountedAsTheyMove(t *testing.T) {
	_, ns := world(t)
	ns.readyTenant(newTenant("acme"))
	ns.awaitTenant("acme", connections, "0/0")
	connection := newConnection("acme-crono", "acme")
	ns.create(connection)
	ns.awaitTenant("acme", connections, "0/1")
	ns.fetch("crmconnection-acme-crono", `{"public_key": "`+planted+`", "private_key": "x"}`)
	ns.awaitTenant("acme", connections, "1/1")
	ns.remove(connection)
	ns.awaitTenant("acme", connections, "0/0")
}
