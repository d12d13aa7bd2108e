package store

import (
	"cmp"
	"errors"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/followup-dev/followup-operator/internal/tenancy"
)

func TestTenantDirectory(t *testing.T) {
	bed := newTestbed(t)
	acme := tenantRecord("acme")
	acme.AIKey = tenancy.SecretRef{Name: "acme-ai", Key: "credentials"}
	held := tenantRecord("held")
	held.SlackTeamID, held.SlackEnterpriseID, held.Stop, held.Visibility = "", "E-held", tenancy.Hold, tenancy.Everyone
	retired := tenantRecord("retired")
	foreign := tenantRecord("foreign")
	foreign.SlackAppID = "A9999999999"
	elsewhere := tenantRecord("elsewhere")
	elsewhere.Namespace = "elsewhere"
	elsewhereID := bed.syncTenant(t, elsewhere)
	served := App{ID: testApp, Namespace: "followup"}
	acmeID, heldID, retiredID, foreignID := bed.syncTenant(t, acme), bed.syncTenant(t, held), bed.syncTenant(t, retired), bed.syncTenant(t, foreign)
	if _, err := bed.operator.Control(testCluster).RetireTenant(t.Context(), retired.Owner); err != nil {
		t.Fatal(err)
	}

	want := []tenancy.Tenant{
		{
			ID: acmeID, Owner: "acme", Name: "Workspace acme", Workspace: tenancy.Workspace{TeamID: "T-acme"},
			TimeZone: "Europe/Rome", Locale: "en", Visibility: tenancy.Participants,
			SlackToken: tenancy.SecretRef{Name: "acme-slack", Key: "credentials"},
			FathomKey:  tenancy.SecretRef{Name: "acme-fathom", Key: "credentials"},
			AIKey:      acme.AIKey,
		},
		{
			ID: heldID, Owner: "held", Name: "Workspace held", Workspace: tenancy.Workspace{EnterpriseID: "E-held"},
			TimeZone: "Europe/Rome", Locale: "en", Visibility: tenancy.Everyone,
			SlackToken: tenancy.SecretRef{Name: "held-slack", Key: "credentials"},
			FathomKey:  tenancy.SecretRef{Name: "held-fathom", Key: "credentials"},
			Stop:       tenancy.Hold,
		},
	}
	got, err := bed.webhook.TenantDirectory(t.Context(), served)
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(got, func(a, b tenancy.Tenant) int { return cmp.Compare(a.Name, b.Name) })
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("directory (-want +got):\n%s", diff)
	}

	for _, tenant := range want {
		entry, err := bed.webhook.TenantDirectoryEntry(t.Context(), served, tenant.ID)
		if err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(tenant, entry); diff != "" {
			t.Errorf("entry (-want +got):\n%s", diff)
		}
	}
	for name, id := range map[string]tenancy.ID{"retired": retiredID, "another app's": foreignID, "another namespace's": elsewhereID} {
		if _, err := bed.webhook.TenantDirectoryEntry(t.Context(), served, id); !errors.Is(err, tenancy.ErrNotFound) {
			t.Errorf("entry of a tenant that is %s: error = %v, want tenancy.ErrNotFound", name, err)
		}
	}
}

// Outside Kubernetes a webhook is in no namespace.
func TestTenantDirectoryOfAnyNamespace(t *testing.T) {
	bed := newTestbed(t)
	elsewhere := tenantRecord("elsewhere")
	elsewhere.Namespace = "elsewhere"
	ids := []tenancy.ID{bed.syncTenant(t, tenantRecord("acme")), bed.syncTenant(t, elsewhere)}

	tenants, err := bed.webhook.TenantDirectory(t.Context(), App{ID: testApp})
	if err != nil || len(tenants) != len(ids) {
		t.Errorf("directory = %v, %v; want %d tenants", tenants, err, len(ids))
	}
	for _, id := range ids {
		if _, err := bed.webhook.TenantDirectoryEntry(t.Context(), App{ID: testApp}, id); err != nil {
			t.Error(err)
		}
	}
}
