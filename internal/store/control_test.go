package store

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/errgroup"

	"github.com/followup-dev/followup-operator/internal/tenancy"
	"github.com/followup-dev/followup-operator/test/postgres"
)

// recorder is a pgx tracer that keeps the statements sent. A statement that is to be lost gets no answer.
type recorder struct {
	mu         sync.Mutex
	statements []string
	lost       string
}

func (r *recorder) TraceQueryStart(ctx context.Context, _ *pgx.Conn, query pgx.TraceQueryStartData) context.Context {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.statements = append(r.statements, query.SQL)
	if query.SQL == r.lost {
		ctx, cancel := context.WithCancel(ctx)
		cancel()
		return ctx
	}
	return ctx
}

func (r *recorder) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (r *recorder) lose(statement string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lost = statement
}

func (r *recorder) take() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	taken := r.statements
	r.statements = nil
	return taken
}

// newRecordedTestbed records what the operator sends.
func newRecordedTestbed(t *testing.T) (testbed, *recorder) {
	t.Helper()
	database := postgres.New(t)
	bed, sent := openTestbed(t, database), &recorder{}
	config, err := pgxpool.ParseConfig(database.Operator)
	if err != nil {
		t.Fatal(err)
	}
	config.ConnConfig.Tracer = sent
	if bed.operator, err = open(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(bed.operator.Close)
	return bed, sent
}

// row returns all of a tenant as text, but for the time and the digest of the last change.
func (b testbed) row(t *testing.T, id uuid.UUID) string {
	t.Helper()
	return queryOne[string](t, b, `SELECT ((to_jsonb(t) || to_jsonb(r)) - 'updated_at' - 'applied_digest')::text
		FROM followup.tenants t JOIN followup.tenant_runtime r ON r.tenant_id = t.id WHERE t.id = $1`, id)
}

// withoutChanges compares what a sync came to, but for what changed in particular.
var withoutChanges = cmpopts.IgnoreFields(Synced{}, "Changes")

func TestSyncTenantWritesOnlyDifferences(t *testing.T) {
	bed, sent := newRecordedTestbed(t)
	control := bed.operator.Control(testCluster)
	record := tenantRecord("acme")

	first, err := control.SyncTenant(t.Context(), record)
	if err != nil {
		t.Fatal(err)
	}
	if !first.Changed || first.Restored {
		t.Errorf("first sync = %+v, want changed and not restored", first)
	}
	if diff := cmp.Diff([]string{findClaim, "begin", insertTenant, notify, retireTenants, "commit"}, sent.take()); diff != "" {
		t.Errorf("first sync sent (-want +got):\n%s", diff)
	}

	again, err := control.SyncTenant(t.Context(), record)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Synced{ID: first.ID}, again.Synced); diff != "" {
		t.Errorf("second sync (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{findClaim}, sent.take()); diff != "" {
		t.Errorf("second sync sent (-want +got):\n%s", diff)
	}

	changes := map[string]func(*TenantRecord){
		"UID":         func(r *TenantRecord) { r.UID = "uid-2" },
		"name":        func(r *TenantRecord) { r.SlackTeamName = "Acme 2" },
		"plan":        func(r *TenantRecord) { r.PlanTier = "enterprise" },
		"limit":       func(r *TenantRecord) { r.MinuteLimit = 61 },
		"hold":        func(r *TenantRecord) { r.Stop = tenancy.Hold },
		"time zone":   func(r *TenantRecord) { r.TimeZone = "Europe/Paris" },
		"locale":      func(r *TenantRecord) { r.Locale = "it" },
		"visibility":  func(r *TenantRecord) { r.Visibility = tenancy.Everyone },
		"Slack token": func(r *TenantRecord) { r.SlackToken.Key = "token" },
		"Fathom key":  func(r *TenantRecord) { r.FathomKey.Key = "key" },
		"AI key":      func(r *TenantRecord) { r.AIKey = tenancy.SecretRef{Name: "acme-ai", Key: "key"} },
	}
	for name, change := range changes {
		t.Run("changed "+name, func(t *testing.T) {
			before := bed.row(t, first.ID)
			change(&record)
			synced, err := control.SyncTenant(t.Context(), record)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(Synced{ID: first.ID, Changed: true}, synced.Synced, withoutChanges); diff != "" {
				t.Errorf("sync (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff([]string{findClaim, "begin", updateTenant, notify, retireTenants, "commit"}, sent.take()); diff != "" {
				t.Errorf("sent (-want +got):\n%s", diff)
			}
			if bed.row(t, first.ID) == before {
				t.Error("the row is as before")
			}
			if again, err := control.SyncTenant(t.Context(), record); err != nil || again.Changed {
				t.Errorf("sync again = %+v, %v; want no change", again, err)
			}
			sent.take()
		})
	}
}

func TestSyncTenantRefusesAClaimedWorkspace(t *testing.T) {
	team, enterprise := tenantRecord("holder"), tenantRecord("holder")
	enterprise.SlackTeamID, enterprise.SlackEnterpriseID = "", "E1"
	tests := map[string]struct {
		holder TenantRecord
		retire bool
		second Owner
	}{
		"of a live tenant":                      {team, false, Owner{testCluster, "uid-second", "followup", "second"}},
		"of a live tenant of an enterprise":     {enterprise, false, Owner{testCluster, "uid-second", "followup", "second"}},
		"of a retired tenant":                   {team, true, Owner{testCluster, "uid-second", "followup", "second"}},
		"of the same name in another namespace": {team, false, Owner{testCluster, "uid-second", "elsewhere", "holder"}},
		"with the holder's UID":                 {team, false, Owner{testCluster, "uid-holder", "followup", "second"}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			bed, sent := newRecordedTestbed(t)
			control := bed.operator.Control(testCluster)
			id := bed.syncTenant(t, tc.holder)
			if tc.retire {
				if _, err := control.RetireTenant(t.Context(), tc.holder.Owner); err != nil {
					t.Fatal(err)
				}
			}
			before := bed.row(t, id)
			sent.take()

			second := tc.holder
			second.Owner = tc.second
			second.SlackTeamName = "Mine now"
			_, err := control.SyncTenant(t.Context(), second)

			want := &ClaimedError{Owner: Owner{Namespace: "followup", Name: "holder"}, Retained: tc.retire}
			if tc.retire {
				want.TakeOver = "followup/holder"
			}
			claimed := (*ClaimedError)(nil)
			if !errors.As(err, &claimed) {
				t.Fatalf("error = %v, want a ClaimedError", err)
			}
			if diff := cmp.Diff(want, claimed); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(before, bed.row(t, id)); diff != "" {
				t.Errorf("the holder's row changed (-before +after):\n%s", diff)
			}
			if diff := cmp.Diff([]string{findClaim}, sent.take()); diff != "" {
				t.Errorf("sent (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSyncTenantKeepsAppsApart(t *testing.T) {
	bed := newTestbed(t)
	here, there := tenantRecord("acme"), tenantRecord("acme")
	there.SlackAppID, there.Namespace = "A9999999999", "elsewhere"
	if bed.syncTenant(t, here) == bed.syncTenant(t, there) {
		t.Error("two apps share the tenant of a workspace")
	}
}

// Many objects claim one workspace at the same time: one gets it, the others are refused.
func TestSyncTenantConcurrentClaims(t *testing.T) {
	bed := newTestbed(t)
	var won, refused int
	var mu sync.Mutex
	var group errgroup.Group
	for i := range 20 {
		group.Go(func() error {
			record := tenantRecord("acme")
			record.Owner.Name = "claimant-" + string(rune('a'+i))
			_, err := bed.operator.Control(testCluster).SyncTenant(t.Context(), record)
			mu.Lock()
			defer mu.Unlock()
			claimed := (*ClaimedError)(nil)
			switch {
			case err == nil:
				won++
			case errors.As(err, &claimed):
				refused++
			default:
				return err
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	if won != 1 || refused != 19 {
		t.Errorf("%d won, %d were refused; want 1 and 19", won, refused)
	}
}

func TestRetireTenantAndTakeItBack(t *testing.T) {
	bed := newTestbed(t)
	control := bed.operator.Control(testCluster)
	record := tenantRecord("acme")
	id := bed.syncTenant(t, record)
	before := bed.row(t, id)

	retired, err := control.RetireTenant(t.Context(), Owner{Namespace: "followup", Name: "acme"})
	if err != nil || !retired {
		t.Fatalf("RetireTenant = %t, %v; want true", retired, err)
	}
	status := queryOne[string](t, bed, "SELECT subscription_status FROM followup.tenants WHERE deleted_at IS NOT NULL")
	if status != "cancelled" {
		t.Errorf("subscription_status = %q, want cancelled", status)
	}
	admission, err := bed.webhook.Tenant(id).Admit(t.Context(), request("k1"), enqueueJob(t, bed.webhook, id))
	if err != nil || admission.Verdict != Held {
		t.Errorf("Admit = %+v, %v; want held", admission, err)
	}
	if again, err := control.RetireTenant(t.Context(), record.Owner); err != nil || again {
		t.Errorf("RetireTenant again = %t, %v; want false", again, err)
	}

	// The object was deleted and applied again: the same name, another UID.
	record.UID = "uid-2"
	restored, err := control.SyncTenant(t.Context(), record)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Synced{ID: id, Changed: true, Restored: true}, restored.Synced, withoutChanges); diff != "" {
		t.Errorf("sync (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(strings.Replace(before, "uid-acme", "uid-2", 1), bed.row(t, id)); diff != "" {
		t.Errorf("restored row (-want +got):\n%s", diff)
	}

	// What is found out late about the deleted object does not touch the new one.
	if late, err := control.RetireTenant(t.Context(), Owner{Cluster: testCluster, UID: "uid-acme", Namespace: "followup", Name: "acme"}); err != nil || late {
		t.Errorf("RetireTenant of the former object = %t, %v; want false", late, err)
	}
}

// A change that the webhooks can't be told of is not made: it would be found 30 s late.
func TestAChangeIsToldOrNotMade(t *testing.T) {
	bed, sent := newRecordedTestbed(t)
	control := bed.operator.Control(testCluster)
	events := newEvents()
	listen(t, bed.webhook, events)
	receive(t, events.listening)
	record := tenantRecord("acme")
	rows := func() string {
		return queryOne[string](t, bed, "SELECT coalesce(jsonb_agg(t)::text, 'none') FROM followup.tenants t")
	}
	for _, step := range []struct {
		name   string
		change func() (changed bool, err error)
	}{
		{"a new tenant", func() (bool, error) {
			synced, err := control.SyncTenant(t.Context(), record)
			return synced.Changed, err
		}},
		{"a changed tenant", func() (bool, error) {
			record.TimeZone = "Asia/Tokyo"
			synced, err := control.SyncTenant(t.Context(), record)
			return synced.Changed, err
		}},
		{"a retired tenant", func() (bool, error) { return control.RetireTenant(t.Context(), record.Owner) }},
	} {
		before := rows()
		sent.lose(notify)
		if changed, err := step.change(); err == nil || changed {
			t.Errorf("%s, not told: changed = %t, error = %v; want an error", step.name, changed, err)
		}
		if diff := cmp.Diff(before, rows()); diff != "" {
			t.Errorf("%s, not told, is saved (-before +after):\n%s", step.name, diff)
		}
		sent.lose("")
		if changed, err := step.change(); err != nil || !changed {
			t.Errorf("%s, tried again: changed = %t, error = %v; want a change", step.name, changed, err)
		}
		receive(t, events.changed)
	}
}

func TestSyncConnection(t *testing.T) {
	bed, sent := newRecordedTestbed(t)
	control := bed.operator.Control(testCluster)
	record := ConnectionRecord{
		Owner:       Owner{Cluster: testCluster, UID: "u1", Namespace: "followup", Name: "acme-crono"},
		TenantID:    bed.syncTenant(t, tenantRecord("acme")),
		Provider:    "crono",
		Name:        "acme-crono",
		Credentials: tenancy.SecretRef{Name: "acme-crono", Key: "credentials"},
	}
	sent.take()
	var id uuid.UUID
	created := []string{findConnection, "begin", insertConnection, retireConnections, "commit", announceConnection}
	saved := []string{findConnection, "begin", updateConnection, retireConnections, "commit", announceConnection}
	steps := []struct {
		name string
		do   func() (SyncedConnection, error)
		want Synced
		sent []string
	}{
		{"new", func() (SyncedConnection, error) { return control.SyncConnection(t.Context(), record) },
			Synced{Changed: true, Created: true}, created},
		{"the same again", func() (SyncedConnection, error) { return control.SyncConnection(t.Context(), record) },
			Synced{}, []string{findConnection}},
		{"other credentials", func() (SyncedConnection, error) {
			record.Credentials.Key = "other"
			return control.SyncConnection(t.Context(), record)
		}, Synced{Changed: true}, saved},
		{"back after retirement", func() (SyncedConnection, error) {
			if retired, err := control.RetireConnection(t.Context(), record.Owner); err != nil || !retired {
				t.Errorf("RetireConnection = %t, %v; want true", retired, err)
			}
			if again, err := control.RetireConnection(t.Context(), record.Owner); err != nil || again {
				t.Errorf("RetireConnection again = %t, %v; want false", again, err)
			}
			sent.take()
			return control.SyncConnection(t.Context(), record)
		}, Synced{Changed: true, Restored: true}, saved},
	}
	for _, step := range steps {
		synced, err := step.do()
		if err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		if id == uuid.Nil {
			id = synced.ID
		}
		step.want.ID = id
		if diff := cmp.Diff(step.want, synced.Synced, withoutChanges); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step.name, diff)
		}
		if diff := cmp.Diff(step.sent, sent.take()); diff != "" {
			t.Errorf("%s sent (-want +got):\n%s", step.name, diff)
		}
	}

	record.TenantID = uuid.New()
	if _, err := control.SyncConnection(t.Context(), record); !errors.Is(err, tenancy.ErrNotFound) {
		t.Errorf("connection of no tenant: error = %v, want tenancy.ErrNotFound", err)
	}
}

func TestExpireDeliveries(t *testing.T) {
	bed := newTestbed(t)
	id := bed.syncTenant(t, tenantRecord("acme"))
	bed.exec(t, `INSERT INTO followup.deliveries (tenant_id, delivery_key, expires_at)
		VALUES ($1, 'old', now() - interval '1 second'), ($1, 'older', now() - interval '1 day'), ($1, 'new', now() + interval '1 hour')`, id)

	expired, err := bed.operator.Control(testCluster).ExpireDeliveries(t.Context())
	if err != nil || expired != 2 {
		t.Errorf("ExpireDeliveries = %d, %v; want 2", expired, err)
	}
	if key := queryOne[string](t, bed, "SELECT delivery_key FROM followup.deliveries"); key != "new" {
		t.Errorf("left %q, want new", key)
	}
}

// After a long pause there may be more than one statement's deadline allows.
func TestExpireDeliveriesInBatches(t *testing.T) {
	bed, sent := newRecordedTestbed(t)
	id := bed.syncTenant(t, tenantRecord("acme"))
	bed.exec(t, `INSERT INTO followup.deliveries (tenant_id, delivery_key, expires_at)
		SELECT $1, 'k' || n, now() - interval '1 second' FROM generate_series(1, $2::int) n`, id, 2*expireBatch+1)
	sent.take()
	expired, err := bed.operator.Control(testCluster).ExpireDeliveries(t.Context())
	if err != nil || expired != 2*expireBatch+1 {
		t.Errorf("ExpireDeliveries = %d, %v; want %d", expired, err, 2*expireBatch+1)
	}
	if diff := cmp.Diff([]string{expireDeliveries, expireDeliveries, expireDeliveries}, sent.take()); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
}

func TestEnsureAuditPartitionsMakesWhatIsMissing(t *testing.T) {
	bed := newTestbed(t)
	const list = `SELECT array_agg(c.relname::text ORDER BY c.relname) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
		WHERE i.inhparent = 'followup.audit_logs'::regclass`
	before := queryOne[[]string](t, bed, list)
	if len(before) != 4 {
		t.Fatalf("partitions = %v, want this month and three more", before)
	}
	bed.exec(t, "DROP TABLE followup."+before[3])

	for range 2 {
		if err := bed.operator.Control(testCluster).EnsureAuditPartitions(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	after := queryOne[[]string](t, bed, list)
	if !slices.Equal(before, after) {
		t.Errorf("partitions = %v, want %v", after, before)
	}
}
