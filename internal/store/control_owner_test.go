package store

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"
)

// An object that was deleted and made again with another workspace, or whose SlackApp was made again with another app, is
// one tenant still: its former one is served no longer, and nobody else's is touched.
func TestSyncTenantRetiresWhatItsOwnerDeclaredBefore(t *testing.T) {
	changes := map[string]func(*TenantRecord){
		"another workspace":   func(r *TenantRecord) { r.SlackTeamID = "T-other" },
		"an enterprise":       func(r *TenantRecord) { r.SlackTeamID, r.SlackEnterpriseID = "", "E-other" },
		"another app":         func(r *TenantRecord) { r.SlackAppID = "A9999999999" },
		"another UID as well": func(r *TenantRecord) { r.SlackTeamID, r.UID = "T-other", "uid-2" },
	}
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			bed, sent := newRecordedTestbed(t)
			control := bed.operator.Control(testCluster)
			elsewhere := tenantRecord("elsewhere")
			elsewhere.Namespace, elsewhere.Owner.Name = "elsewhere", "acme"
			others := []uuid.UUID{bed.syncTenant(t, tenantRecord("globex")), bed.syncTenant(t, elsewhere)}
			former := tenantRecord("acme")
			formerID := bed.syncTenant(t, former)
			events := newEvents()
			listen(t, bed.webhook, events)
			receive(t, events.listening)

			record := former
			change(&record)
			synced, err := control.SyncTenant(t.Context(), record)
			if err != nil || !synced.Changed || synced.Restored || synced.ID == formerID {
				t.Fatalf("sync = %+v, %v; want a new tenant", synced, err)
			}
			bed.wantLive(t, append(others, synced.ID))
			if record.SlackAppID == testApp {
				receive(t, events.changed)
			}
			if got := receive(t, events.changed); got != formerID {
				t.Errorf("told of %s, want the former tenant %s", got, formerID)
			}
			sent.take()
			if again, err := control.SyncTenant(t.Context(), record); err != nil || again.Changed {
				t.Errorf("sync again = %+v, %v; want no change", again, err)
			}
			if diff := cmp.Diff([]string{findClaim}, sent.take()); diff != "" {
				t.Errorf("sync again sent (-want +got):\n%s", diff)
			}

			// Back to what it was: the former tenant is found, with its data.
			back, err := control.SyncTenant(t.Context(), former)
			if diff := cmp.Diff(Synced{ID: formerID, Changed: true, Restored: true}, back.Synced, withoutChanges); diff != "" || err != nil {
				t.Errorf("back: %v (-want +got):\n%s", err, diff)
			}
			bed.wantLive(t, append(others, formerID))
		})
	}
}

// Rows that were left live beside the right one, by whatever way, go with the next sync.
func TestSyncTenantRetiresLeftOvers(t *testing.T) {
	bed, _ := newRecordedTestbed(t)
	record, other := tenantRecord("acme"), tenantRecord("other")
	id := bed.syncTenant(t, record)
	otherID := bed.syncTenant(t, other)
	bed.exec(t, "UPDATE followup.tenants SET owner_name = 'acme' WHERE id = $1", otherID)
	if synced, err := bed.operator.Control(testCluster).SyncTenant(t.Context(), record); err != nil || !synced.Changed {
		t.Errorf("sync = %+v, %v; want a change", synced, err)
	}
	bed.wantLive(t, []uuid.UUID{id})
}

// wantLive checks which tenants are live, and that just the others are held.
func (b testbed) wantLive(t *testing.T, want []uuid.UUID) {
	t.Helper()
	got := queryOne[[]uuid.UUID](t, b, `SELECT array_agg(id) FROM followup.tenants t JOIN followup.tenant_runtime r ON r.tenant_id = t.id
		WHERE deleted_at IS NULL OR NOT held`)
	byText := cmpopts.SortSlices(func(a, b uuid.UUID) bool { return a.String() < b.String() })
	if diff := cmp.Diff(want, got, byText); diff != "" {
		t.Errorf("live tenants (-want +got):\n%s", diff)
	}
}

func TestSyncConnectionRetiresThatOfAnotherTenant(t *testing.T) {
	bed, sent := newRecordedTestbed(t)
	control := bed.operator.Control(testCluster)
	record := ConnectionRecord{
		Owner:    Owner{Cluster: testCluster, UID: "u1", Namespace: "followup", Name: "crono"},
		TenantID: bed.syncTenant(t, tenantRecord("acme")), Provider: "crono",
	}
	others := record
	others.Namespace = "elsewhere"
	for _, r := range []ConnectionRecord{record, others} {
		if _, err := control.SyncConnection(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	record.TenantID = bed.syncTenant(t, tenantRecord("globex"))
	for _, want := range []bool{true, false} {
		sent.take()
		if synced, err := control.SyncConnection(t.Context(), record); err != nil || synced.Changed != want {
			t.Errorf("sync = %+v, %v; want changed: %t", synced, err, want)
		}
	}
	if diff := cmp.Diff([]string{findConnection}, sent.take()); diff != "" {
		t.Errorf("the last sync sent (-want +got):\n%s", diff)
	}
	const left = `INSERT INTO followup.crm_connections (tenant_id, provider_type, connection_name, credentials_secret_id, status, owner_cluster, owner_uid,
		owner_namespace, owner_name) SELECT id, 'crono', '', '', 'active', 'cluster', 'u1', 'followup', 'crono' FROM followup.tenants WHERE slack_team_id = 'T-other'`
	bed.syncTenant(t, tenantRecord("other"))
	bed.exec(t, left) // by whatever way
	if synced, err := control.SyncConnection(t.Context(), record); err != nil || !synced.Changed {
		t.Errorf("sync with a left-over = %+v, %v; want a change", synced, err)
	}
	got := queryOne[[]string](t, bed, `SELECT array_agg(c.owner_namespace || ' of ' || t.slack_team_id ORDER BY c.owner_namespace)
		FROM followup.crm_connections c JOIN followup.tenants t ON t.id = c.tenant_id WHERE c.deleted_at IS NULL`)
	if diff := cmp.Diff([]string{"elsewhere of T-acme", "followup of T-globex"}, got); diff != "" {
		t.Errorf("live connections (-want +got):\n%s", diff)
	}
}

// One that is refused is not served with what it declared before, and the one that holds the workspace is not touched.
func TestSyncTenantRetiresWhatARefusedOwnerDeclaredBefore(t *testing.T) {
	bed := newTestbed(t)
	globex := tenantRecord("globex")
	globexID := bed.syncTenant(t, globex)
	acme := tenantRecord("acme")
	bed.syncTenant(t, acme)

	acme.SlackTeamID = globex.SlackTeamID
	_, err := bed.operator.Control(testCluster).SyncTenant(t.Context(), acme)
	if claimed, ok := errors.AsType[*ClaimedError](err); !ok || claimed.Owner.Name != globex.Owner.Name || claimed.Retained {
		t.Errorf("error = %v, want globex's claim", err)
	}
	bed.wantLive(t, []uuid.UUID{globexID})
}
