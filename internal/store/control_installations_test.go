package store

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// uninstall does to the rows what Slack's event does.
func (b testbed) uninstall(t *testing.T, id tenancy.ID, app string) {
	t.Helper()
	b.exec(t, `UPDATE followup.tenant_runtime SET slack_disconnected_at = '2026-11-20 10:00:00Z', slack_disconnect_reason = 'app_uninstalled'
		WHERE tenant_id = $1`, id)
	b.exec(t, "SELECT pg_notify($1, $2)", disconnectionsChannel, app+"/"+id.String())
}

// An installation begins with each token that was not known, which is written once and told to the webhooks.
func TestRecordInstallation(t *testing.T) {
	bed, sent := newRecordedTestbed(t)
	control, record := bed.operator.Control(testCluster), tenantRecord("acme")
	id := bed.syncTenant(t, record)
	events := newEvents()
	listen(t, bed.webhook, events)
	receive(t, events.listening)

	steps := []struct {
		name, digest string
		changed      bool
		want         string // digest, and why it is disconnected
	}{
		{"the first token", "one", true, "one "},
		{"the same token", "one", false, "one "},
		{"the same token after the app was removed", "one", false, "one app_uninstalled"},
		{"another token", "two", true, "two "},
	}
	for _, step := range steps {
		if step.want == "one app_uninstalled" {
			bed.uninstall(t, id, testApp)
		}
		before := bed.row(t, id)
		sent.take()
		if err := control.RecordInstallation(t.Context(), id, step.digest); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		want := []string{"begin", recordInstallation, "commit"}
		if step.changed {
			want = []string{"begin", recordInstallation, notify, "commit"}
			if told := receive(t, events.changed); told != id {
				t.Errorf("%s: told of %s", step.name, told)
			}
		}
		if diff := cmp.Diff(want, sent.take()); diff != "" {
			t.Errorf("%s sent (-want +got):\n%s", step.name, diff)
		}
		if (bed.row(t, id) != before) != step.changed {
			t.Errorf("%s: the row is now\n%s, was\n%s", step.name, bed.row(t, id), before)
		}
		synced, err := control.SyncTenant(t.Context(), record)
		if is := synced.Installation; err != nil || synced.Changed || is.TokenDigest+" "+is.DisconnectReason != step.want {
			t.Errorf("%s: then sync = %+v, %v; want %q", step.name, synced, err, step.want)
		}
	}
	since := queryOne[bool](t, bed, `SELECT slack_installed_at > created_at FROM followup.tenant_runtime JOIN followup.tenants ON id = tenant_id`)
	if !since {
		t.Error("slack_installed_at is not that of the last token")
	}
	if err := control.RecordInstallation(t.Context(), uuid.New(), "one"); err != nil {
		t.Errorf("of no tenant: %v; want no change", err)
	}
}

// A tenant that changes for another reason keeps what Slack said of it.
func TestSyncTenantKeepsTheInstallation(t *testing.T) {
	bed := newTestbed(t)
	control, record := bed.operator.Control(testCluster), tenantRecord("acme")
	id := bed.syncTenant(t, record)
	if err := control.RecordInstallation(t.Context(), id, "one"); err != nil {
		t.Fatal(err)
	}
	bed.uninstall(t, id, testApp)
	record.PlanTier = "free"
	for _, changed := range []bool{true, false} {
		synced, err := control.SyncTenant(t.Context(), record)
		if err != nil || synced.Changed != changed || synced.Installation.DisconnectedAt == nil || synced.Installation.TokenDigest != "one" {
			t.Errorf("sync = %+v, %v; want changed: %t, and disconnected", synced, err, changed)
		}
	}
}

func TestListenDisconnectionsReportsTenantsOfAllApps(t *testing.T) {
	bed := newTestbed(t)
	control := bed.operator.Control(testCluster)
	acme, elsewhere, gone := tenantRecord("acme"), tenantRecord("elsewhere"), tenantRecord("gone")
	elsewhere.SlackAppID = "A9999999999"
	ids := []tenancy.ID{bed.syncTenant(t, acme), bed.syncTenant(t, elsewhere), bed.syncTenant(t, gone)}
	connected := bed.syncTenant(t, tenantRecord("connected"))
	if _, err := control.RetireTenant(t.Context(), gone.Owner); err != nil {
		t.Fatal(err)
	}

	events := newEvents()
	listenWith(t, func(ctx context.Context) error { return control.ListenDisconnections(ctx, events) })
	receive(t, events.listening)
	bed.uninstall(t, ids[0], acme.SlackAppID)
	bed.uninstall(t, ids[1], elsewhere.SlackAppID)
	bed.uninstall(t, ids[2], gone.SlackAppID)
	for _, id := range ids {
		if told := receive(t, events.changed); told != id {
			t.Errorf("told of %s, want %s", told, id)
		}
	}

	byName := cmpopts.SortSlices(func(a, b Owner) bool { return a.Name < b.Name })
	owners, err := control.DisconnectedOwners(t.Context())
	if diff := cmp.Diff([]Owner{acme.Owner, elsewhere.Owner}, owners, byName); err != nil || diff != "" {
		t.Errorf("all: %v (-want +got):\n%s", err, diff)
	}
	if owner, err := control.DisconnectedOwner(t.Context(), ids[1]); err != nil || owner != elsewhere.Owner {
		t.Errorf("owner = %+v, %v; want %+v", owner, err, elsewhere.Owner)
	}
	for name, id := range map[string]tenancy.ID{"retired": ids[2], "connected": connected, "nobody's": uuid.New()} {
		if owner, err := control.DisconnectedOwner(t.Context(), id); !errors.Is(err, tenancy.ErrNotFound) {
			t.Errorf("%s: owner = %+v, %v; want tenancy.ErrNotFound", name, owner, err)
		}
	}
}
