package store

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/followup-dev/followup-operator/internal/tenancy"
	"github.com/followup-dev/followup-operator/test/postgres"
)

var installedAt = time.Date(2026, 11, 23, 12, 0, 0, 500_000_000, time.UTC)

// installed makes a tenant whose installation began half a second past noon.
func (b testbed) installed(t *testing.T, name string) tenancy.ID {
	t.Helper()
	id := b.syncTenant(t, tenantRecord(name))
	b.exec(t, "UPDATE followup.tenant_runtime SET slack_installed_at = $2 WHERE tenant_id = $1", id, installedAt)
	return id
}

// ear hears the notifications of both channels.
type ear struct {
	b    testbed
	conn *pgx.Conn
}

func newEar(t *testing.T, b testbed, database *postgres.Database) ear {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), database.Admin)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	if _, err := conn.Exec(t.Context(), listenTenants+";"+listenDisconnections+"; LISTEN the_end"); err != nil {
		t.Fatal(err)
	}
	return ear{b, conn}
}

// heard returns what was notified since it was called last. Notifications come in the order of commits.
func (e ear) heard(t *testing.T) (all []string) {
	t.Helper()
	e.b.exec(t, "NOTIFY the_end")
	for {
		notification, err := e.conn.WaitForNotification(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if notification.Channel == "the_end" {
			return all
		}
		all = append(all, notification.Channel+" "+notification.Payload)
	}
}

// marks is what events leave behind.
type marks struct {
	At      *time.Time
	Reason  *string
	Audited []string
	Keys    []string
}

func (b testbed) marks(t *testing.T, id tenancy.ID) marks {
	t.Helper()
	rows, _ := b.admin.Query(t.Context(), `
		SELECT slack_disconnected_at, slack_disconnect_reason,
		       (SELECT array_agg(concat_ws(' ', event_type, event_category, actor_slack_id) ORDER BY created_at) FROM followup.audit_logs WHERE tenant_id = $1),
		       (SELECT array_agg(delivery_key ORDER BY received_at) FROM followup.deliveries
		        WHERE tenant_id = $1 AND expires_at = received_at + interval '3 days')
		FROM followup.tenant_runtime WHERE tenant_id = $1`, id)
	found, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[marks])
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestDisconnect(t *testing.T) {
	type step struct {
		event SlackEvent
		want  EventVerdict
		told  bool
	}
	noon := installedAt.Truncate(time.Second)
	later := noon.Add(time.Minute)
	uninstalled := SlackEvent{Key: "Ev1", Reason: AppUninstalled, At: later}
	revoked := SlackEvent{Key: "Ev2", Reason: TokensRevoked, At: later}
	old := SlackEvent{Key: "Ev3", Reason: TokensRevoked, At: noon.Add(-time.Second)}
	sameSecond := SlackEvent{Key: "Ev4", Reason: TokensRevoked, At: noon}
	auditUninstalled, auditRevoked := "slack.app_uninstalled integration ", "slack.tokens_revoked integration "

	tests := map[string]struct {
		given string
		steps []step
		want  marks
	}{
		"the pair": {
			steps: []step{{uninstalled, EventDisconnected, true}, {revoked, EventDisconnected, false}},
			want:  marks{&later, &uninstalled.Reason, []string{auditUninstalled, auditRevoked}, []string{"event:Ev1", "event:Ev2"}},
		},
		"the pair the other way round": {
			steps: []step{{revoked, EventDisconnected, true}, {uninstalled, EventDisconnected, false}},
			want:  marks{&later, &revoked.Reason, []string{auditRevoked, auditUninstalled}, []string{"event:Ev2", "event:Ev1"}},
		},
		"a repetition": {
			steps: []step{{uninstalled, EventDisconnected, true}, {uninstalled, EventDuplicate, false}},
			want:  marks{&later, &uninstalled.Reason, []string{auditUninstalled}, []string{"event:Ev1"}},
		},
		"an event older than the installation": {
			steps: []step{{old, EventOutdated, false}, {old, EventDuplicate, false}, {uninstalled, EventDisconnected, true}},
			want:  marks{&later, &uninstalled.Reason, []string{auditRevoked, auditUninstalled}, []string{"event:Ev3", "event:Ev1"}},
		},
		"an event in the installation's second": {
			steps: []step{{sameSecond, EventDisconnected, true}},
			want:  marks{&noon, &sameSecond.Reason, []string{auditRevoked}, []string{"event:Ev4"}},
		},
		"a tenant that is held and has used up its minute": {
			given: "UPDATE followup.tenant_runtime SET held = true, minute = '2100-01-01 00:00:00Z', used = minute_limit WHERE tenant_id = $1",
			steps: []step{{uninstalled, EventDisconnected, true}},
			want:  marks{&later, &uninstalled.Reason, []string{auditUninstalled}, []string{"event:Ev1"}},
		},
		"a tenant that was deleted, of which there is nobody to tell": {
			given: "UPDATE followup.tenants SET subscription_status = 'cancelled', deleted_at = now() WHERE id = $1",
			steps: []step{{uninstalled, EventDisconnected, false}},
			want:  marks{&later, &uninstalled.Reason, []string{auditUninstalled}, []string{"event:Ev1"}},
		},
	}
	database := postgres.New(t)
	bed := openTestbed(t, database)
	ear := newEar(t, bed, database)
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			id := bed.installed(t, name)
			if tc.given != "" {
				bed.exec(t, tc.given, id)
			}
			ear.heard(t)
			for i, step := range tc.steps {
				verdict, err := bed.webhook.Tenant(id).Disconnect(t.Context(), step.event)
				if err != nil || verdict != step.want {
					t.Errorf("event %d: %q, %v; want %q", i, verdict, err, step.want)
				}
				var want []string
				if step.told {
					payload := testApp + "/" + id.String()
					want = []string{tenantsChannel + " " + payload, disconnectionsChannel + " " + payload}
				}
				if diff := cmp.Diff(want, ear.heard(t)); diff != "" {
					t.Errorf("event %d told (-want +got):\n%s", i, diff)
				}
			}
			if diff := cmp.Diff(tc.want, bed.marks(t, id)); diff != "" {
				t.Errorf("left behind (-want +got):\n%s", diff)
			}
		})
	}
}

// A new token connects the tenant again, and what is said of the installation before is late then.
func TestEventAfterANewInstallationIsOutdated(t *testing.T) {
	bed := newTestbed(t)
	id := bed.installed(t, "acme")
	tenant := bed.webhook.Tenant(id)
	at := installedAt.Truncate(time.Second)
	if _, err := tenant.Disconnect(t.Context(), SlackEvent{Key: "Ev1", Reason: AppUninstalled, At: at}); err != nil {
		t.Fatal(err)
	}
	if err := bed.operator.Control(testCluster).RecordInstallation(t.Context(), id, "a new token's"); err != nil {
		t.Fatal(err)
	}
	verdict, err := tenant.Disconnect(t.Context(), SlackEvent{Key: "Ev2", Reason: TokensRevoked, At: at})
	if err != nil || verdict != EventOutdated {
		t.Errorf("Disconnect = %q, %v; want outdated", verdict, err)
	}
	if left := bed.marks(t, id); left.At != nil || left.Reason != nil {
		t.Errorf("disconnected at %v for %v", left.At, left.Reason)
	}
}

func TestDisconnectUnknownTenant(t *testing.T) {
	bed := newTestbed(t)
	_, err := bed.webhook.Tenant(uuid.New()).Disconnect(t.Context(), SlackEvent{Key: "Ev1", Reason: AppUninstalled, At: time.Now()})
	if !errors.Is(err, tenancy.ErrNotFound) {
		t.Errorf("error = %v, want tenancy.ErrNotFound", err)
	}
	if left := queryOne[int](t, bed, "SELECT count(*) FROM followup.deliveries"); left != 0 {
		t.Errorf("%d keys of a tenant that does not exist", left)
	}
}
