package integration

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
)

const subscription = `SELECT concat_ws(' ', id, subscription_status, 'held=' || held) FROM followup.tenants JOIN followup.tenant_runtime ON tenant_id = id`

func TestDeletedTenantIsRetainedAndTakenBack(t *testing.T) {
	o, ns := world(t)
	tenant := ns.readyTenant(newTenant("acme"))
	id := tenant.Status.TenantID
	if len(tenant.Finalizers) > 0 {
		t.Errorf("finalizers %v", tenant.Finalizers)
	}
	ns.remove(tenant)
	ns.eventually("retire the tenant", o.rowBecomes(t, subscription, id+" cancelled held=true"))

	again := newTenant("acme")
	ns.create(again)
	ns.awaitReady(again, metav1.ConditionTrue, v1alpha1.ReasonReady) // what the first one had fetched is still there
	if again.Status.TenantID != id {
		t.Errorf("taken back as %s, was %s", again.Status.TenantID, id)
	}
	ns.eventually("restore the tenant", o.rowBecomes(t, subscription, id+" active held=false"))
	if owner := externalSecret(ns, "tenant-acme-slack"); ns.get(owner) && owner.OwnerReferences[0].UID != again.UID {
		t.Errorf("the ExternalSecret still belongs to the first: %v", owner.OwnerReferences)
	}
}

func TestDeletionsThatNobodySawAreFound(t *testing.T) {
	o, ns := world(t)
	tenant := ns.readyTenant(newTenant("acme"))
	connection := newConnection("acme-crono", "acme")
	ns.create(connection)
	ns.awaitReady(connection, metav1.ConditionFalse, v1alpha1.ReasonExternalSecretPending)
	moved := newTenant("moved")
	moved.Spec.Workspace.TeamID = "T0000000001"
	ns.readyTenant(moved)
	o.stop()

	ns.remove(connection)
	ns.remove(tenant)
	ns.remove(moved)
	movedAgain := newTenant("moved")
	movedAgain.Spec.Workspace.TeamID = "T0000000002" // another workspace: the first row's owner is gone, though its name is not
	ns.create(movedAgain)

	o = startOperator(t, o.database)
	statuses := `SELECT string_agg(coalesce(slack_team_id, '') || ' ' || subscription_status, ', ' ORDER BY slack_team_id) FROM followup.tenants`
	ns.eventually("retire the tenants", o.rowBecomes(t, statuses, "T0000000001 cancelled, T0000000002 active, T0123456789 cancelled"))
	ns.eventually("retire the connection", o.rowBecomes(t, `SELECT status FROM followup.crm_connections`, "disconnected"))
}

func TestParentMayGoFirst(t *testing.T) {
	o, ns := world(t)
	tenant := ns.readyTenant(newTenant("acme"))
	connection := newConnection("acme-crono", "acme")
	ns.create(connection)
	ns.fetch("crmconnection-acme-crono", `{"public_key": "`+planted+`", "private_key": "x"}`)
	ns.awaitReady(connection, metav1.ConditionTrue, v1alpha1.ReasonReady)

	ns.remove(&v1alpha1.SlackApp{ObjectMeta: ns.meta("followup")})
	ns.awaitReady(tenant, metav1.ConditionFalse, v1alpha1.ReasonSlackAppNotFound)
	ns.remove(tenant)
	ns.awaitReady(connection, metav1.ConditionFalse, v1alpha1.ReasonTenantNotFound)
	ns.remove(connection)
	ns.awaitGone(connection)
	ns.eventually("retire the connection", o.rowBecomes(t, `SELECT status FROM followup.crm_connections`, "disconnected"))
}
