package store

import (
	"context"
	"errors"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// events hands on what ListenTenants reports.
type events struct {
	listening chan struct{}
	changed   chan tenancy.ID
	alive     chan struct{}
	load      func(ctx context.Context) error // done in Listening
}

func newEvents() *events {
	return &events{
		listening: make(chan struct{}, 10),
		changed:   make(chan tenancy.ID, 10),
		alive:     make(chan struct{}, 100),
		load:      func(context.Context) error { return nil },
	}
}

func (e *events) Listening(ctx context.Context) error {
	e.listening <- struct{}{}
	return e.load(ctx)
}

func (e *events) Changed(_ context.Context, id tenancy.ID) error {
	e.changed <- id
	return nil
}

func (e *events) Alive() { e.alive <- struct{}{} }

// listen runs ListenTenants until the test ends.
func listen(t *testing.T, db *DB, events *events) (result <-chan error) {
	t.Helper()
	return listenWith(t, func(ctx context.Context) error { return db.ListenTenants(ctx, testApp, events) })
}

func listenWith(t *testing.T, run func(context.Context) error) (result <-chan error) {
	t.Helper()
	ended := make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		ended <- run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	return ended
}

// receive fails the test rather than wait for ever for what does not come.
func receive[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case value := <-from:
		return value
	case <-time.After(30 * time.Second):
		t.Fatal("nothing was reported")
		panic("unreachable")
	}
}

// backend returns the process of the connection that listens.
func (b testbed) backend(t *testing.T) int {
	t.Helper()
	return queryOne[int](t, b, `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '-- name: listenTenants%'`)
}

func TestListenTenantsReportsWhatWasCommitted(t *testing.T) {
	bed := newTestbed(t)
	events := newEvents()
	// A change made while the snapshot is being loaded must not fall between loading and listening.
	var early tenancy.ID
	events.load = func(context.Context) error {
		early = bed.syncTenant(t, tenantRecord("early"))
		return nil
	}
	listen(t, bed.webhook, events)
	receive(t, events.listening)

	foreign := tenantRecord("foreign")
	foreign.SlackAppID = "A9999999999"
	first := receive(t, events.changed)
	bed.syncTenant(t, foreign) // not ours to hear of
	acme := tenantRecord("acme")
	id := bed.syncTenant(t, acme)
	second := receive(t, events.changed)
	bed.syncTenant(t, acme) // no change
	if _, err := bed.operator.Control(testCluster).RetireTenant(t.Context(), acme.Owner); err != nil {
		t.Fatal(err)
	}
	third := receive(t, events.changed)
	if _, err := bed.webhook.TenantDirectoryEntry(t.Context(), App{ID: testApp}, third); !errors.Is(err, tenancy.ErrNotFound) {
		t.Errorf("the entry when its retirement is reported: error = %v, want tenancy.ErrNotFound", err)
	}

	if diff := cmp.Diff([]tenancy.ID{early, id, id}, []tenancy.ID{first, second, third}); diff != "" {
		t.Errorf("changed (-want +got):\n%s", diff)
	}
}

func TestListenTenantsEndsWithItsConnection(t *testing.T) {
	bed := newTestbed(t)
	events := newEvents()
	ended := listen(t, bed.webhook, events)
	receive(t, events.listening)
	bed.exec(t, "SELECT pg_terminate_backend($1)", bed.backend(t))
	if err := receive(t, ended); err == nil {
		t.Error("no error after the connection was lost")
	}

	// Called again, it says when to load again, which finds what changed in between.
	missed := bed.syncTenant(t, tenantRecord("missed"))
	loaded := make(chan []tenancy.Tenant, 1)
	events.load = func(ctx context.Context) error {
		tenants, err := bed.webhook.TenantDirectory(ctx, App{ID: testApp})
		loaded <- tenants
		return err
	}
	listen(t, bed.webhook, events)
	if tenants := receive(t, loaded); len(tenants) != 1 || tenants[0].ID != missed {
		t.Errorf("loaded %v, want the tenant that was missed", tenants)
	}
}

func TestListenTenantsProvesItIsAliveWhileQuiet(t *testing.T) {
	bed := newTestbed(t)
	events := newEvents()
	listen(t, bed.webhook, events)
	for range 2 { // after LISTEN, and after the first ping
		receive(t, events.alive)
	}
}

// The other end stops answering without closing the connection, as a lost node does.
func TestListenTenantsNoticesASilentConnection(t *testing.T) {
	bed := newTestbed(t)
	events := newEvents()
	ended := listen(t, bed.webhook, events)
	receive(t, events.listening)
	backend, err := os.FindProcess(bed.backend(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := backend.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = backend.Signal(syscall.SIGCONT) })
	if err := receive(t, ended); err == nil {
		t.Error("no error on a silent connection")
	}
}

func TestListenTenantsEndsWithItsListener(t *testing.T) {
	bed := newTestbed(t)
	events := newEvents()
	refused := errors.New("refused")
	events.load = func(context.Context) error { return refused }
	if err := receive(t, listen(t, bed.webhook, events)); !errors.Is(err, refused) {
		t.Errorf("error = %v, want %v", err, refused)
	}
}
