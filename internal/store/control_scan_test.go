package store

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/followup-dev/followup-operator/internal/mappings"
)

// scanned returns whether each live row has drifted, by kind and owner.
func scanned(t *testing.T, control *Control) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	for kind, scan := range map[string]func(context.Context, Visit) error{"tenant": control.ScanTenants, "connection": control.ScanConnections} {
		err := scan(t.Context(), func(_ context.Context, rows []ScannedRow) error {
			for _, row := range rows {
				found[kind+" "+row.Owner.Name] = row.Drifted
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return found
}

func TestScanFindsWhatSomebodyElseChanged(t *testing.T) {
	bed := newTestbed(t)
	control := bed.operator.Control(testCluster)
	acme := bed.syncTenant(t, tenantRecord("acme"))
	bed.syncTenant(t, tenantRecord("globex"))
	bed.syncTenant(t, tenantRecord("gone"))
	if _, err := control.RetireTenant(t.Context(), tenantRecord("gone").Owner); err != nil {
		t.Fatal(err)
	}
	there := tenantRecord("there")
	if _, err := bed.operator.Control(elsewhere).SyncTenant(t.Context(), there); err != nil {
		t.Fatal(err)
	}
	connection := ConnectionRecord{Owner: Owner{Namespace: "followup", Name: "crono"}, TenantID: acme, Provider: "crono", Name: "crono"}
	synced, err := control.SyncConnection(t.Context(), connection)
	if err != nil {
		t.Fatal(err)
	}
	declared := []mappings.Mapping{{Domain: "b.example", AccountName: "B"}, {Domain: "a.example", AccountName: "Ä"}}
	if err := control.SaveMappings(t.Context(), acme, synced.ID, declared); err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{"tenant acme": false, "tenant globex": false, "connection crono": false}
	if diff := cmp.Diff(want, scanned(t, control)); diff != "" {
		t.Errorf("at rest (-want +got):\n%s", diff)
	}
	for name, tc := range map[string]struct{ change, undo, drifted string }{
		"a tenant":     {"UPDATE followup.tenants SET timezone = 'UTC' WHERE owner_name = 'acme'", "UPDATE followup.tenants SET timezone = 'Europe/Rome'", "tenant acme"},
		"its limit":    {"UPDATE followup.tenant_runtime SET minute_limit = 9 WHERE tenant_id IN (SELECT id FROM followup.tenants WHERE owner_name = 'globex')", "UPDATE followup.tenant_runtime SET minute_limit = 60", "tenant globex"},
		"a mapping":    {"UPDATE followup.account_mappings SET company_name = 'X' WHERE email_domain = 'b.example'", "UPDATE followup.account_mappings SET company_name = 'B' WHERE email_domain = 'b.example'", "connection crono"},
		"the digest":   {"UPDATE followup.crm_connections SET account_mappings_digest = ''", "UPDATE followup.crm_connections SET account_mappings_digest = '" + mappings.Digest(declared) + "'", "connection crono"},
		"a connection": {"UPDATE followup.crm_connections SET connection_name = 'X'", "UPDATE followup.crm_connections SET connection_name = 'crono'", "connection crono"},
	} {
		bed.exec(t, tc.change)
		if found := scanned(t, control); !found[tc.drifted] {
			t.Errorf("%s that was changed is not found: %v", name, found)
		}
		bed.exec(t, tc.undo)
		if diff := cmp.Diff(want, scanned(t, control)); diff != "" {
			t.Errorf("%s that was put back (-want +got):\n%s", name, diff)
		}
	}
}

// A preview sees its own changes, and leaves none.
func TestPreviewChangesNothing(t *testing.T) {
	bed := newTestbed(t)
	control, record := bed.operator.Control(testCluster), tenantRecord("acme")
	events := newEvents()
	listen(t, bed.webhook, events)
	receive(t, events.listening)
	err := control.Preview(t.Context(), func(preview *Control) error {
		first, err := preview.SyncTenant(t.Context(), record)
		if err != nil || !first.Changed {
			t.Errorf("sync = %+v, %v; want a change", first, err)
		}
		again, err := preview.SyncTenant(t.Context(), record)
		if err != nil || again.Changed {
			t.Errorf("then sync = %+v, %v; want no change", again, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := queryOne[int](t, bed, "SELECT count(*) FROM followup.tenants"); n != 0 {
		t.Errorf("%d rows are left", n)
	}
	refused := errors.New("refused")
	if err := control.Preview(t.Context(), func(*Control) error { return refused }); !errors.Is(err, refused) {
		t.Errorf("error = %v, want that of the preview", err)
	}
	id := bed.syncTenant(t, record) // what is heard first is of this, and not of the preview
	if told := receive(t, events.changed); told != id {
		t.Errorf("told of %s", told)
	}
}
