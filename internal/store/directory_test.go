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
	held := tenantRecord("held")
	held.SlackTeamID, held.SlackEnterpriseID, held.Held, held.Visibility = "", "E-held", true, tenancy.Everyone
	retired := tenantRecord("retired")
	foreign := tenantRecord("foreign")
	foreign.SlackAppID = "A9999999999"
	acmeID, heldID, retiredID, foreignID := bed.syncTenant(t, acme), bed.syncTenant(t, held), bed.syncTenant(t, retired), bed.syncTenant(t, foreign)
	if _, err := bed.operator.Control().RetireTenant(t.Context(), retired.Owner); err != nil {
		t.Fatal(err)
	}

	want := []tenancy.Tenant{
		{
			ID: acmeID, Name: "Workspace acme", Workspace: tenancy.Workspace{TeamID: "T-acme"},
			TimeZone: "Europe/Rome", Visibility: tenancy.Participants,
			SlackToken: tenancy.SecretRef{Name: "acme-slack", Key: "credentials"},
			FathomKey:  tenancy.SecretRef{Name: "acme-fathom", Key: "credentials"},
		},
		{
			ID: heldID, Name: "Workspace held", Workspace: tenancy.Workspace{EnterpriseID: "E-held"}, Held: true,
			TimeZone: "Europe/Rome", Visibility: tenancy.Everyone,
			SlackToken: tenancy.SecretRef{Name: "held-slack", Key: "credentials"},
			FathomKey:  tenancy.SecretRef{Name: "held-fathom", Key: "credentials"},
		},
	}
	got, err := bed.webhook.TenantDirectory(t.Context(), testApp)
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(got, func(a, b tenancy.Tenant) int { return cmp.Compare(a.Name, b.Name) })
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("directory (-want +got):\n%s", diff)
	}

	for _, tenant := range want {
		entry, err := bed.webhook.TenantDirectoryEntry(t.Context(), testApp, tenant.ID)
		if err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(tenant, entry); diff != "" {
			t.Errorf("entry (-want +got):\n%s", diff)
		}
	}
	for name, id := range map[string]tenancy.ID{"retired": retiredID, "another app's": foreignID} {
		if _, err := bed.webhook.TenantDirectoryEntry(t.Context(), testApp, id); !errors.Is(err, tenancy.ErrNotFound) {
			t.Errorf("entry of a tenant that is %s: error = %v, want tenancy.ErrNotFound", name, err)
		}
	}
}
