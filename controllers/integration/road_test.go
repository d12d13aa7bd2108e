package integration

import (
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
)

func TestTenantFromDeclarationToReady(t *testing.T) {
	o, ns := world(t)
	tenant := newTenant("acme")
	ns.create(tenant)

	message := ns.awaitReady(tenant, metav1.ConditionFalse, v1alpha1.ReasonExternalSecretPending)
	if !strings.Contains(message, `spec.slack.credentials: waiting for External Secrets to fetch "slack-bot-token-acme" from SecretStore aws`) {
		t.Errorf("message = %q", message)
	}
	ns.await(tenant, v1alpha1.ConditionDatabaseSynced, metav1.ConditionTrue, v1alpha1.ReasonSynced)
	ns.fetch("tenant-acme-slack", botToken)
	ns.fetch("tenant-acme-fathom", fathomKey)
	ns.awaitReady(tenant, metav1.ConditionTrue, v1alpha1.ReasonReady)
	ns.await(tenant, v1alpha1.ConditionHeld, metav1.ConditionFalse, v1alpha1.ReasonServed)

	want := "A0123456789 T0123456789 Acme pro 120 active held=false Europe/Rome en participants " +
		"tenant-acme-slack/credentials tenant-acme-fathom/credentials"
	if got := o.tenant(t, ns, "acme"); got != want {
		t.Errorf("row:\n got %s\nwant %s", got, want)
	}
	if ids := o.query(t, `SELECT id::text FROM followup.tenants`); len(ids) != 1 || ids[0] != tenant.Status.TenantID {
		t.Errorf("status.tenantID = %q, rows %v", tenant.Status.TenantID, ids)
	}
}

func TestTenantRowFollowsSpec(t *testing.T) {
	o, ns := world(t)
	tenant := ns.readyTenant(newTenant("acme"))
	change(ns, tenant, func(tenant *v1alpha1.Tenant) {
		tenant.Spec.Workspace.Name = "Acme Inc"
		tenant.Spec.Plan = v1alpha1.PlanFree
		tenant.Spec.Limits = []v1alpha1.Limit{{Resource: v1alpha1.APICalls, Period: v1alpha1.PerMinute, Limit: 7}}
		tenant.Spec.StopPolicy = v1alpha1.StopHold
		tenant.Spec.TimeZone = ""
		tenant.Spec.Locale = v1alpha1.Italian
		tenant.Spec.Meetings.Visibility = v1alpha1.VisibleToEveryone
		tenant.Spec.Fathom.Credentials = named("acme-fathom", "api_key")
	})
	ns.awaitReady(tenant, metav1.ConditionFalse, v1alpha1.ReasonSecretNotFound)
	ns.create(newSecret("acme-fathom", v1alpha1.LabelTenant, "acme", map[string]string{"api_key": fathomKey}))
	ns.awaitReady(tenant, metav1.ConditionTrue, v1alpha1.ReasonReady)
	ns.await(tenant, v1alpha1.ConditionHeld, metav1.ConditionTrue, v1alpha1.ReasonHeld)

	want := "A0123456789 T0123456789 Acme Inc free 7 suspended held=true UTC it everyone " +
		"tenant-acme-slack/credentials acme-fathom/api_key"
	if got := o.tenant(t, ns, "acme"); got != want {
		t.Errorf("row:\n got %s\nwant %s", got, want)
	}
	ns.awaitGone(externalSecret(ns, "tenant-acme-fathom")) // it is declared no more
}

func TestConnectionFromDeclarationToReady(t *testing.T) {
	o, ns := world(t)
	connection := newConnection("acme-crono", "acme")
	ns.create(connection)
	ns.awaitReady(connection, metav1.ConditionFalse, v1alpha1.ReasonTenantNotFound)

	ns.readyTenant(newTenant("acme")) // which wakes it
	ns.awaitReady(connection, metav1.ConditionFalse, v1alpha1.ReasonExternalSecretPending)
	ns.fetch("crmconnection-acme-crono", `{"public_key": "`+planted+`1", "private_key": "`+planted+`2"}`)
	ns.awaitReady(connection, metav1.ConditionTrue, v1alpha1.ReasonReady)

	rows := o.query(t, `SELECT concat_ws(' ', id, provider_type, connection_name, credentials_secret_id, status) FROM followup.crm_connections`)
	want := connection.Status.ConnectionID + " crono acme-crono crmconnection-acme-crono/credentials active"
	if len(rows) != 1 || rows[0] != want {
		t.Errorf("rows = %q, want %q", rows, want)
	}

	ns.remove(connection)
	ns.eventually("retire the connection", o.rowBecomes(t, `SELECT status FROM followup.crm_connections`, "disconnected"))
}
