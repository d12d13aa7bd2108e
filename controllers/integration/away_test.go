package integration

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/test/postgres"
)

// An API server that is killed takes every watch with it. The operator stays, hears of what changes afterwards, and writes
// nothing for the restart alone.
func TestAPIServerRestarted(t *testing.T) {
	o, ns := everything(t)
	tenant := &v1alpha1.Tenant{ObjectMeta: ns.meta("acme")}
	connection := &v1alpha1.CRMConnection{ObjectMeta: ns.meta("acme-crono")}
	rows, versions, sent := o.versions(t), ns.resourceVersions(), len(o.requests.sent("/namespaces/"+ns.name+"/"))

	restarted.kill(t)
	ns.eventually("be away", func(ctx context.Context) error {
		if err := kube.Get(ctx, client.ObjectKeyFromObject(tenant), tenant); err == nil {
			return fmt.Errorf("the API server answers")
		}
		return nil
	})
	restarted.start(t)
	ns.eventually("be back", func(ctx context.Context) error { return allReady(ctx, tenant, connection) })
	watchStatuses(t, ns.name)
	if now := ns.resourceVersions(); !maps.Equal(now, versions) {
		t.Errorf("resource versions %v, were %v", now, versions)
	}

	change(ns, tenant, func(tenant *v1alpha1.Tenant) { tenant.Spec.Plan = v1alpha1.PlanFree })
	ns.eventually("hear of a change", func(ctx context.Context) error { return allReady(ctx, tenant) })
	if now := o.versions(t); now == rows {
		t.Error("the row did not change")
	}
	ns.remove(connection)
	ns.eventually("hear of a deletion", o.rowBecomes(t,
		`SELECT count(*)::text FROM followup.crm_connections WHERE deleted_at IS NULL AND owner_namespace = '`+ns.name+`'`, "1"))
	for _, write := range o.requests.sent("/namespaces/" + ns.name + "/")[sent:] {
		if !strings.Contains(write, "acme") && !strings.HasSuffix(write, "/events") {
			t.Errorf("write request %s", write)
		}
	}
}

// Under load: all Tenants change while the database is away, again and again. None calls itself ready for what is in no row,
// and all catch up.
func TestDatabaseAwayUnderLoad(t *testing.T) {
	server := postgres.Start(t)
	o := startOperator(t, server.New(t))
	ns := newNamespace(t)
	ns.readySlackApp()
	tenants := ns.manyTenants(20)
	for _, tenant := range tenants {
		ns.awaitReady(tenant, metav1.ConditionTrue, v1alpha1.ReasonReady)
	}

	server.Stop()
	for round := range 3 {
		for _, tenant := range tenants {
			change(ns, tenant, func(tenant *v1alpha1.Tenant) { tenant.Spec.Workspace.Name = fmt.Sprint("round ", round) })
		}
		for _, tenant := range tenants {
			ns.awaitReady(tenant, metav1.ConditionUnknown, v1alpha1.ReasonDatabaseUnavailable)
		}
	}
	server.Restart(t)
	for _, tenant := range tenants {
		ns.awaitReady(tenant, metav1.ConditionTrue, v1alpha1.ReasonReady)
	}
	ns.eventually("catch up", o.rowBecomes(t, `SELECT concat_ws(' ', count(*), min(slack_team_name), max(slack_team_name)) FROM followup.tenants`,
		"20 round 2 round 2"))
}

// manyTenants makes Tenants of workspaces of their own, whose Secrets are there.
func (ns *namespace) manyTenants(n int) []*v1alpha1.Tenant {
	ns.t.Helper()
	tenants := make([]*v1alpha1.Tenant, n)
	for i := range tenants {
		tenant := tenantBySecret(fmt.Sprint("many-", i))
		tenant.Spec.Workspace.TeamID = fmt.Sprintf("T1%08d", i)
		ns.create(
			newSecret(tenant.Name+"-slack", v1alpha1.LabelTenant, tenant.Name, map[string]string{"bot_token": botToken}),
			newSecret(tenant.Name+"-fathom", v1alpha1.LabelTenant, tenant.Name, map[string]string{"api_key": fathomKey}),
			tenant,
		)
		tenants[i] = tenant
	}
	return tenants
}

// Two replicas share a lease. The second reconciles nothing while the first leads; when the first is killed it takes over,
// does what came up in between, and repeats nothing.
func TestLeaderIsReplaced(t *testing.T) {
	ns := newNamespace(t)
	elect := func(options *ctrl.Options) {
		ns.only(options)
		options.LeaderElection, options.LeaderElectionID, options.LeaderElectionNamespace = true, "followup-operator", operatorNamespace
		options.LeaseDuration, options.RenewDeadline, options.RetryPeriod = new(3*time.Second), new(2*time.Second), new(200*time.Millisecond)
	}
	ns.keepFetched()
	app, tenant, connection := newSlackApp("followup"), newTenant("acme"), newConnection("acme-crono", "acme")
	first := &operator{database: postgres.New(t), power: &plug{}}
	first.start(t, webhookLogin, elect)
	ns.create(app, tenant, connection)
	ns.eventually("be ready", func(ctx context.Context) error { return allReady(ctx, app, tenant, connection) })
	second := &operator{database: first.database}
	second.start(t, webhookLogin, elect)

	change(ns, connection, func(c *v1alpha1.CRMConnection) {
		c.Spec.AccountMappings = []v1alpha1.AccountMapping{{Domain: "a.example", AccountName: "A"}}
	})
	ns.eventually("be ready again", func(ctx context.Context) error { return allReady(ctx, app, tenant, connection) })
	if n := second.observed.count("CRMConnection"); n > 0 {
		t.Errorf("the second replica made %d reconciles while the first led", n)
	}
	first.power.pull()
	change(ns, tenant, func(tenant *v1alpha1.Tenant) { tenant.Spec.Plan = v1alpha1.PlanFree })
	ns.eventually("take over", func(ctx context.Context) error {
		if second.observed.count("CRMConnection") == 0 || second.observed.count("SlackApp") == 0 {
			return fmt.Errorf("the second replica has not led yet")
		}
		return allReady(ctx, app, tenant, connection)
	})
	ns.eventually("write the change", second.rowBecomes(t, `SELECT plan_tier FROM followup.tenants`, "free"))
	for _, write := range second.requests.sent("/namespaces/" + ns.name + "/") {
		if !strings.HasSuffix(write, "/tenants/acme/status") && !strings.HasSuffix(write, "/events") {
			t.Errorf("the second replica wrote of what was at rest: %s", write)
		}
	}
	ns.mustHaveApplied()
}
