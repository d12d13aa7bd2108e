package store

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/followup-dev/followup-operator/internal/mappings"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

func TestSaveMappings(t *testing.T) {
	bed, sent := newRecordedTestbed(t)
	control := bed.operator.Control(testCluster)
	record := ConnectionRecord{
		Owner: Owner{Cluster: testCluster, UID: "u1", Namespace: "followup", Name: "acme-crono"}, TenantID: bed.syncTenant(t, tenantRecord("acme")), Provider: "crono",
	}
	synced, err := control.SyncConnection(t.Context(), record)
	if err != nil {
		t.Fatal(err)
	}
	// What somebody else found, for a domain that is declared too, and for one that is not.
	const foreign = `INSERT INTO followup.account_mappings (tenant_id, crm_connection_id, email_domain, mapping_source, company_name, crm_account_id)
		VALUES ($1, $2, 'a.example', 'auto_discovered', 'Found', '7'), ($1, $2, 'z.example', 'imported', 'Imported', '8')`
	bed.exec(t, foreign, record.TenantID, synced.ID)
	others := []string{"a.example Found 7 auto_discovered", "z.example Imported 8 imported"}

	a, b := mappings.Mapping{Domain: "a.example", AccountName: "A"}, mappings.Mapping{Domain: "b.example", AccountName: "B"}
	renamed := mappings.Mapping{Domain: "a.example", AccountName: "A Inc"}
	steps := []struct {
		name string
		set  []mappings.Mapping
		want []string
	}{
		{"two", []mappings.Mapping{a, b}, []string{"a.example A found manual", "b.example B found manual"}},
		{"one says something else", []mappings.Mapping{b, renamed}, []string{"a.example A Inc unknown manual", "b.example B found manual"}},
		{"one is gone", []mappings.Mapping{renamed}, []string{"a.example A Inc found manual"}},
		{"none", nil, nil},
	}
	for _, step := range steps {
		sent.take()
		if err := control.SaveMappings(t.Context(), record.TenantID, synced.ID, step.set); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		if diff := cmp.Diff([]string{saveMappings}, sent.take()); diff != "" {
			t.Errorf("%s: sent (-want +got):\n%s", step.name, diff)
		}
		if step.name == "two" { // as the worker will have looked them up
			bed.exec(t, "UPDATE followup.account_mappings SET crm_account_id = 'found' WHERE mapping_source = 'manual'")
		}
		const rows = `SELECT coalesce(array_agg(concat_ws(' ', email_domain, company_name, crm_account_id, mapping_source)
			ORDER BY mapping_source = 'manual', email_domain), '{}') FROM followup.account_mappings`
		if diff := cmp.Diff(append(others[:2:2], step.want...), queryOne[[]string](t, bed, rows)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step.name, diff)
		}
		if step.name == "one says something else" {
			bed.exec(t, "UPDATE followup.account_mappings SET crm_account_id = 'found' WHERE mapping_source = 'manual'")
		}
		again, err := control.SyncConnection(t.Context(), record)
		if diff := cmp.Diff(SyncedConnection{Synced: Synced{ID: synced.ID}, MappingsDigest: mappings.Digest(step.set)}, again); err != nil || diff != "" {
			t.Errorf("%s: then sync: %v (-want +got):\n%s", step.name, err, diff)
		}
	}
	for name, ids := range map[string][2]uuid.UUID{
		"no connection": {record.TenantID, uuid.New()}, "another's connection": {bed.syncTenant(t, tenantRecord("globex")), synced.ID},
	} {
		for _, set := range [][]mappings.Mapping{nil, {a}} {
			if err := control.SaveMappings(t.Context(), ids[0], ids[1], set); !errors.Is(err, tenancy.ErrNotFound) {
				t.Errorf("%s, %d mappings: error = %v, want tenancy.ErrNotFound", name, len(set), err)
			}
		}
	}
}
