package directory

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/followup-dev/followup-operator/internal/store"
	"github.com/followup-dev/followup-operator/internal/tenancy"
	"github.com/followup-dev/followup-operator/test/postgres"
)

const appID = "A0123456789"

type testbed struct {
	*Directory
	admin   *pgxpool.Pool
	control *store.Control
	webhook *store.DB
}

func newTestbed(t *testing.T) *testbed {
	t.Helper()
	return openTestbed(t, postgres.New(t))
}

func openTestbed(t *testing.T, database *postgres.Database) *testbed {
	t.Helper()
	admin, err := pgxpool.New(t.Context(), database.Admin)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(admin.Close)
	webhook := openDB(t, database.Webhook)
	tenants := New(webhook, store.App{ID: appID, Namespace: "followup"}, slog.New(slog.DiscardHandler))
	tenants.sweepEvery = time.Hour // it would put right what the listener does wrong
	return &testbed{admin: admin, control: openDB(t, database.Operator).Control("cluster"), webhook: webhook, Directory: tenants}
}

func openDB(t *testing.T, dsn string) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), dsn, store.Options{ApplicationName: "directory-test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

// listen runs the directory until stop, and returns when it is current.
func (b *testbed) listen(t *testing.T) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan struct{})
	go func() {
		defer close(done)
		b.Run(ctx)
	}()
	stop = func() {
		cancel()
		<-done
	}
	t.Cleanup(stop)
	eventually(t, b.current)
	return stop
}

func record(name, teamID, enterpriseID string) store.TenantRecord {
	return store.TenantRecord{
		Owner:      store.Owner{UID: "uid-" + name, Namespace: "followup", Name: name},
		SlackAppID: appID, SlackTeamID: teamID, SlackEnterpriseID: enterpriseID, SlackTeamName: name,
		PlanTier: "pro", MinuteLimit: 60, TimeZone: "Europe/Rome", Locale: "en", Visibility: tenancy.Participants,
		SlackToken: tenancy.SecretRef{Name: name + "-slack", Key: "credentials"},
		FathomKey:  tenancy.SecretRef{Name: name + "-fathom", Key: "credentials"},
	}
}

func (b *testbed) sync(t *testing.T, r store.TenantRecord) tenancy.ID {
	t.Helper()
	synced, err := b.control.SyncTenant(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return synced.ID
}

// zone returns the time zone that the team's tenant is known by, or "" if there is no tenant.
func (b *testbed) zone(t *testing.T, teamID string) string {
	t.Helper()
	tenant, err := b.Lookup(t.Context(), Workspace{TeamID: teamID})
	if errors.Is(err, tenancy.ErrNotFound) {
		return ""
	}
	if err != nil {
		t.Fatal(err)
	}
	return tenant.TimeZone
}

func eventually(t *testing.T, ok func() bool) {
	t.Helper()
	deadline := time.After(time.Minute)
	for !ok() {
		select {
		case <-deadline:
			t.Fatal("did not happen in a minute")
		case <-time.After(time.Millisecond):
		}
	}
}

func TestLookup(t *testing.T) {
	b := newTestbed(t)
	acme := b.sync(t, record("acme", "T0ACME", ""))
	org := b.sync(t, record("org", "", "E0ORG"))
	member := b.sync(t, record("member", "T0MEMBER", ""))
	foreign := record("foreign", "T0FOREIGN", "")
	foreign.SlackAppID = "A0OTHER"
	b.sync(t, foreign)
	elsewhere := record("elsewhere", "T0ELSEWHERE", "")
	elsewhere.Namespace = "elsewhere"
	elsewhereID := b.sync(t, elsewhere)
	tests := map[string]struct {
		workspace Workspace
		want      tenancy.ID
	}{
		"team":                           {Workspace{TeamID: "T0ACME"}, acme},
		"team in an unknown enterprise":  {Workspace{TeamID: "T0ACME", EnterpriseID: "E0NONE"}, acme},
		"org-wide installation":          {Workspace{TeamID: "T0ANY", EnterpriseID: "E0ORG", OrgInstall: true}, org},
		"org-wide wins over the team":    {Workspace{TeamID: "T0MEMBER", EnterpriseID: "E0ORG", OrgInstall: true}, org},
		"team without tenant falls back": {Workspace{TeamID: "T0ANY", EnterpriseID: "E0ORG"}, org},
		"team with a tenant does not":    {Workspace{TeamID: "T0MEMBER", EnterpriseID: "E0ORG"}, member},
		"unknown team":                   {Workspace{TeamID: "T0NONE"}, uuid.Nil},
		"org-wide, unknown":              {Workspace{TeamID: "T0ACME", EnterpriseID: "E0NONE", OrgInstall: true}, uuid.Nil},
		"an enterprise's ID as a team's": {Workspace{TeamID: "E0ORG"}, uuid.Nil},
		"another app's workspace":        {Workspace{TeamID: "T0FOREIGN"}, uuid.Nil},
		"another namespace's workspace":  {Workspace{TeamID: "T0ELSEWHERE"}, uuid.Nil},
		"nothing":                        {Workspace{}, uuid.Nil},
	}
	check := func(t *testing.T) {
		t.Helper()
		for name, tc := range tests {
			t.Run(name, func(t *testing.T) {
				got, err := b.Lookup(t.Context(), tc.workspace)
				if errors.Is(err, tenancy.ErrNotFound) != (tc.want == uuid.Nil) || err != nil && tc.want != uuid.Nil {
					t.Fatal(err)
				}
				if err == nil && got.ID != tc.want {
					t.Errorf("got tenant %s, want %s", got.Name, tc.want)
				}
			})
		}
		if _, err := b.ByID(t.Context(), elsewhereID); !errors.Is(err, tenancy.ErrNotFound) {
			t.Errorf("ByID of another namespace's tenant: %v, want tenancy.ErrNotFound", err)
		}
	}
	// Before Run, answers come from the database; then from memory; they are the same.
	t.Run("from the database", check)
	b.listen(t)
	t.Run("from memory", check)
}

func TestTenantIsComplete(t *testing.T) {
	b := newTestbed(t)
	r := record("acme", "T0ACME", "")
	id := b.sync(t, r)
	b.listen(t)
	want := tenancy.Tenant{
		ID: id, Owner: "acme", Name: "acme", Workspace: tenancy.Workspace{TeamID: "T0ACME"}, TimeZone: "Europe/Rome", Locale: "en",
		Visibility: tenancy.Participants, SlackToken: r.SlackToken, FathomKey: r.FathomKey,
	}
	for how, find := range map[string]func() (tenancy.Tenant, error){
		"Lookup": func() (tenancy.Tenant, error) { return b.Lookup(t.Context(), Workspace{TeamID: "T0ACME"}) },
		"ByID":   func() (tenancy.Tenant, error) { return b.ByID(t.Context(), id) },
	} {
		got, err := find()
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v, -want +got:\n%s", how, err, diff)
		}
	}
	if _, err := b.ByID(t.Context(), uuid.New()); !errors.Is(err, tenancy.ErrNotFound) {
		t.Errorf("ByID of a stranger: %v, want tenancy.ErrNotFound", err)
	}
}

func TestChangesArrive(t *testing.T) {
	b := newTestbed(t)
	if b.Loaded() {
		t.Error("loaded before Run")
	}
	b.sync(t, record("acme", "T0ACME", ""))
	b.listen(t)
	if all := b.All(); !b.Loaded() || b.Len() != 1 || len(all) != 1 || all[0].Workspace.TeamID == "" {
		t.Errorf("loaded %v, %d tenants, %+v; want 1", b.Loaded(), b.Len(), all)
	}
	changed := record("acme", "T0ACME", "")
	changed.TimeZone = "Asia/Tokyo"
	b.sync(t, changed)
	eventually(t, func() bool { return b.zone(t, "T0ACME") == "Asia/Tokyo" })

	elsewhere := record("elsewhere", "T0ELSEWHERE", "")
	elsewhere.Namespace = "elsewhere"
	b.sync(t, elsewhere) // is told as well, and is not ours
	b.sync(t, record("new", "T0NEW", ""))
	eventually(t, func() bool { return b.zone(t, "T0NEW") != "" })
	if got := b.zone(t, "T0ELSEWHERE"); got != "" {
		t.Error("another namespace's tenant is served")
	}

	if _, err := b.control.RetireTenant(t.Context(), changed.Owner); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool { return b.zone(t, "T0ACME") == "" && b.Len() == 1 })
}

// Slack's word that the app was removed, and the new token that ends that state, arrive like other changes.
func TestDisconnectionArrives(t *testing.T) {
	b := newTestbed(t)
	id := b.sync(t, record("acme", "T0ACME", ""))
	b.listen(t)
	disconnected := func() bool {
		tenant, err := b.Lookup(t.Context(), Workspace{TeamID: "T0ACME"})
		if err != nil {
			t.Fatal(err)
		}
		return tenant.Disconnected
	}
	if disconnected() {
		t.Error("disconnected from the start")
	}
	event := store.SlackEvent{Key: "Ev1", Reason: store.AppUninstalled, At: time.Now()}
	if _, err := b.webhook.Tenant(id).Disconnect(t.Context(), event); err != nil {
		t.Fatal(err)
	}
	eventually(t, disconnected)
	if err := b.control.RecordInstallation(t.Context(), id, "a new token's"); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool { return !disconnected() })
}

// While nobody tells of changes, lookups ask the database.
func TestWithoutAListenerTheDatabaseIsAsked(t *testing.T) {
	b := newTestbed(t)
	id := b.sync(t, record("acme", "T0ACME", ""))
	stop := b.listen(t)
	stop()
	b.wantFresh(t, id)
}

// A listener that has been silent for more than 5 s is not trusted, though its connection has not failed.
func TestSilentListenerIsNotTrusted(t *testing.T) {
	b := newTestbed(t)
	id := b.sync(t, record("acme", "T0ACME", ""))
	var ahead atomic.Int64
	b.now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	stop := b.listen(t)
	stop()
	// As if it were still listening, and heard of for the last time 5 s ago.
	b.listening.Store(true)
	b.mark(&b.heard)
	changed := record("acme", "T0ACME", "")
	changed.TimeZone = "Asia/Tokyo"
	b.sync(t, changed)
	if got := b.zone(t, "T0ACME"); got != "Europe/Rome" {
		t.Fatalf("zone %s: it is not the snapshot that answers", got)
	}
	ahead.Store(int64(maxSilence + time.Minute))
	if age := b.Age(); age <= maxSilence {
		t.Errorf("age %v", age)
	}
	if got := b.zone(t, "T0ACME"); got != "Asia/Tokyo" {
		t.Errorf("zone %s, want the database's", got)
	}
	b.wantFresh(t, id)
}

// wantFresh changes acme behind the directory's back, and wants to see each change at once.
func (b *testbed) wantFresh(t *testing.T, id tenancy.ID) {
	t.Helper()
	changed := record("acme", "T0ACME", "")
	changed.TimeZone = "America/Lima"
	b.sync(t, changed)
	if got := b.zone(t, "T0ACME"); got != "America/Lima" {
		t.Errorf("changed: zone %q, want America/Lima", got)
	}
	if tenant, err := b.ByID(t.Context(), id); err != nil || tenant.TimeZone != "America/Lima" {
		t.Errorf("changed: ByID %+v, %v", tenant, err)
	}
	b.sync(t, record("new", "T0NEW", ""))
	if got := b.zone(t, "T0NEW"); got != "Europe/Rome" {
		t.Errorf("new: zone %q, want Europe/Rome", got)
	}
	if _, err := b.control.RetireTenant(t.Context(), changed.Owner); err != nil {
		t.Fatal(err)
	}
	if got := b.zone(t, "T0ACME"); got != "" {
		t.Errorf("deleted: zone %q, want no tenant", got)
	}
	if _, err := b.ByID(t.Context(), id); !errors.Is(err, tenancy.ErrNotFound) {
		t.Errorf("deleted: ByID %v, want tenancy.ErrNotFound", err)
	}
}

// What changes between the loss of the connection and the next LISTEN is not notified, and must be loaded.
func TestListenerReconnects(t *testing.T) {
	b := newTestbed(t)
	b.sync(t, record("acme", "T0ACME", ""))
	b.listen(t)
	for _, zone := range []string{"Asia/Tokyo", "America/Lima"} {
		var killed int
		const terminate = `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
			WHERE datname = current_database() AND (query LIKE '%LISTEN followup_tenants' OR query = '-- ping')`
		if err := b.admin.QueryRow(t.Context(), terminate).Scan(&killed); err != nil || killed == 0 {
			t.Fatalf("killed %d, %v", killed, err)
		}
		changed := record("acme", "T0ACME", "")
		changed.TimeZone = zone
		b.sync(t, changed)
		eventually(t, func() bool { return b.current() && b.zone(t, "T0ACME") == zone })
	}
}

// A change that was never notified is found in the end.
func TestSweepFindsWhatWasNotNotified(t *testing.T) {
	b := newTestbed(t)
	id := b.sync(t, record("acme", "T0ACME", ""))
	b.sweepEvery = time.Millisecond
	b.listen(t)
	if _, err := b.admin.Exec(t.Context(), `UPDATE followup.tenants SET timezone = 'Asia/Tokyo' WHERE id = $1`, id); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool { return b.zone(t, "T0ACME") == "Asia/Tokyo" })
}

func TestDatabaseAway(t *testing.T) {
	server := postgres.Start(t)
	b := openTestbed(t, server.New(t))
	b.sync(t, record("acme", "T0ACME", ""))
	b.listen(t)
	server.Stop()
	eventually(t, func() bool { return !b.current() })
	for team, known := range map[string]string{"T0ACME": "acme", "T0STRANGER": ""} {
		tenant, err := b.Lookup(t.Context(), Workspace{TeamID: team})
		if err == nil || errors.Is(err, tenancy.ErrNotFound) {
			t.Errorf("Lookup of %s: %v, want an error that does not say there is no tenant", team, err)
		}
		if tenant.Owner != known {
			t.Errorf("Lookup of %s: tenant %q to tell by, want %q", team, tenant.Owner, known)
		}
	}
	server.Restart(t)
	eventually(t, b.current)
	if got := b.zone(t, "T0ACME"); got != "Europe/Rome" {
		t.Errorf("zone %q", got)
	}
}

// A lookup does not wait longer than its caller does, even behind a load that hangs.
func TestLookupGivesUpWithItsCaller(t *testing.T) {
	b := newTestbed(t)
	b.loading <- struct{}{} // a load that does not end
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.Lookup(ctx, Workspace{TeamID: "T0ACME"}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want the caller's", err)
	}
}

// Changes of two tenants may arrive in either order.
func TestSnapshotHasNoLeftOvers(t *testing.T) {
	var s snapshot
	s.replace(nil)
	first := tenancy.Tenant{ID: uuid.New(), Workspace: tenancy.Workspace{TeamID: "T1"}}
	second := tenancy.Tenant{ID: uuid.New(), Workspace: tenancy.Workspace{TeamID: "T1"}}
	s.put(first)
	s.put(second) // the workspace has been claimed by another, and this one heard of first
	s.drop(first.ID)
	if got, found := s.find(Workspace{TeamID: "T1"}); !found || got.ID != second.ID {
		t.Errorf("found %v: %+v, want the second tenant", found, got)
	}
	s.drop(second.ID)
	s.drop(uuid.New())
	if len(s.ids)+len(s.teams)+len(s.enterprises) != 0 {
		t.Errorf("left over: %+v", &s)
	}
}
