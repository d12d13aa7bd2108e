package integration

import (
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/test/postgres"
)

func TestDatabaseAway(t *testing.T) {
	server := postgres.Start(t)
	o := startOperator(t, server.New(t))
	ns := newNamespace(t)
	ns.readySlackApp()
	tenant := ns.readyTenant(newTenant("acme"))
	leaving := newTenant("leaving")
	leaving.Spec.Workspace.TeamID = "T0000000001"
	ns.readyTenant(leaving)

	server.Stop()
	change(ns, tenant, func(tenant *v1alpha1.Tenant) { tenant.Spec.Plan = v1alpha1.PlanFree })
	message := ns.awaitReady(tenant, metav1.ConditionUnknown, v1alpha1.ReasonDatabaseUnavailable)
	ns.await(tenant, v1alpha1.ConditionDatabaseSynced, metav1.ConditionUnknown, v1alpha1.ReasonDatabaseUnavailable)
	ns.await(tenant, v1alpha1.ConditionReconciling, metav1.ConditionTrue, v1alpha1.ReasonDatabaseUnavailable)
	for _, part := range []string{"postgres", "followup_operator", "host", "dial", "socket", "password"} {
		if strings.Contains(message, part) {
			t.Errorf("the message tells of the connection: %q", message)
		}
	}
	ns.remove(leaving)
	ns.awaitGone(leaving) // a deletion does not wait for the database

	server.Restart(t)
	ns.awaitReady(tenant, metav1.ConditionTrue, v1alpha1.ReasonReady)
	plans := `SELECT string_agg(plan_tier || ' ' || subscription_status, ', ' ORDER BY plan_tier) FROM followup.tenants`
	ns.eventually("catch up", o.rowBecomes(t, plans, "free active, pro cancelled"))
}
