package store

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

// elsewhere is another cluster's operator.
const elsewhere = "another-cluster"

// importRows makes acme's tenant and its connection as an import leaves them.
func (b testbed) importRows(t *testing.T) (tenant uuid.UUID) {
	t.Helper()
	record := tenantRecord("acme")
	tenant = b.syncTenant(t, record)
	connection := ConnectionRecord{Owner: record.Owner, TenantID: tenant, Provider: "crono", Name: "Crono"}
	connection.Owner.Name = "acme-crono"
	if _, err := b.operator.Control(testCluster).SyncConnection(t.Context(), connection); err != nil {
		t.Fatal(err)
	}
	b.exec(t, `UPDATE followup.tenants SET owner_cluster = '', owner_uid = '', owner_namespace = '', owner_name = '', applied_digest = ''`)
	b.exec(t, `UPDATE followup.crm_connections SET owner_cluster = '', owner_uid = '', owner_namespace = '', owner_name = '', applied_digest = ''`)
	return tenant
}

func TestAnImportedRowIsAdopted(t *testing.T) {
	bed := newTestbed(t)
	id := bed.importRows(t)
	control, record := bed.operator.Control(testCluster), tenantRecord("acme")
	synced, err := control.SyncTenant(t.Context(), record)
	if err != nil || synced.ID != id || !synced.Adopted || synced.TookOver || synced.Drift {
		t.Errorf("sync = %+v, %v; want %s adopted", synced, err, id)
	}
	connection := ConnectionRecord{Owner: Owner{Namespace: "followup", Name: "any"}, TenantID: id, Provider: "crono", Name: "Crono"}
	adopted, err := control.SyncConnection(t.Context(), connection)
	if err != nil || !adopted.Adopted {
		t.Errorf("sync of the connection = %+v, %v; want it adopted", adopted, err)
	}
	if n := queryOne[int](t, bed, "SELECT count(*) FROM followup.crm_connections"); n != 1 {
		t.Errorf("%d connections, want the imported one alone", n)
	}
}

func TestATenantIsTakenOverByTheRightWordOnly(t *testing.T) {
	restored := tenantRecord("acme") // the same object in a cluster made anew
	renamed := tenantRecord("acme")
	renamed.Owner.Name = "acme-renamed"
	tests := map[string]struct {
		cluster string
		record  TenantRecord
		retire  bool
		word    string
		taken   bool
	}{
		"a retained one, without a word":                  {testCluster, renamed, true, "", false},
		"a retained one, naming it":                       {testCluster, renamed, true, "followup/acme", true},
		"a retained one, naming another":                  {testCluster, renamed, true, "followup/other", false},
		"a live one of the same cluster, naming it":       {testCluster, renamed, false, "followup/acme", false},
		"another cluster's, without a word":               {elsewhere, restored, false, "", false},
		"another cluster's, naming that cluster":          {elsewhere, restored, false, testCluster, true},
		"another cluster's of another name, naming that":  {elsewhere, renamed, false, testCluster, false},
		"another cluster's of another name, naming whole": {elsewhere, renamed, false, testCluster + "/followup/acme", true},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			bed := newTestbed(t)
			id := bed.syncTenant(t, tenantRecord("acme"))
			if tc.retire {
				if _, err := bed.operator.Control(testCluster).RetireTenant(t.Context(), tenantRecord("acme").Owner); err != nil {
					t.Fatal(err)
				}
			}
			before := bed.row(t, id)
			tc.record.TakeOver = tc.word
			synced, err := bed.operator.Control(tc.cluster).SyncTenant(t.Context(), tc.record)
			if claimed, refused := errors.AsType[*ClaimedError](err); refused == tc.taken {
				t.Fatalf("sync = %+v, %v; taken over should be %t", synced, claimed, tc.taken)
			}
			if !tc.taken {
				if diff := cmp.Diff(before, bed.row(t, id)); diff != "" {
					t.Errorf("a row that is another's changed (-before +after):\n%s", diff)
				}
				return
			}
			if synced.ID != id || !synced.TookOver {
				t.Errorf("sync = %+v, want %s taken over", synced, id)
			}
			again, err := bed.operator.Control(tc.cluster).SyncTenant(t.Context(), tc.record)
			if err != nil || again.Changed || again.TookOver {
				t.Errorf("then sync = %+v, %v; want no change", again, err)
			}
			if _, err := bed.operator.Control(testCluster).SyncTenant(t.Context(), tenantRecord("acme")); err == nil {
				t.Error("who it was taken from has it still")
			}
		})
	}
}

func TestDriftIsTold(t *testing.T) {
	bed := newTestbed(t)
	control, record := bed.operator.Control(testCluster), tenantRecord("acme")
	id := bed.syncTenant(t, record)
	bed.exec(t, "UPDATE followup.tenants SET timezone = 'Asia/Tokyo'")
	bed.exec(t, "UPDATE followup.tenant_runtime SET minute_limit = 1")
	synced, err := control.SyncTenant(t.Context(), record)
	want := Synced{ID: id, Changed: true, Drift: true, Changes: []Change{
		{Column: "minute_limit", From: "1", To: "60"}, {Column: "timezone", From: "Asia/Tokyo", To: "Europe/Rome"},
	}}
	if diff := cmp.Diff(want, synced.Synced); err != nil || diff != "" {
		t.Errorf("sync: %v (-want +got):\n%s", err, diff)
	}
	record.TimeZone = "Europe/Paris"
	if synced, err := control.SyncTenant(t.Context(), record); err != nil || synced.Drift || len(synced.Changes) != 1 {
		t.Errorf("a change of the record = %+v, %v; want no drift", synced, err)
	}
}
