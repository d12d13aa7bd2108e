package store

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"github.com/followup-dev/followup-operator/internal/tenancy"
	"github.com/followup-dev/followup-operator/test/postgres"
)

// connect declares a connection of the tenant.
func (b testbed) connect(t *testing.T, id tenancy.ID, name string) uuid.UUID {
	t.Helper()
	synced, err := b.operator.Control(testCluster).SyncConnection(t.Context(), ConnectionRecord{
		Owner: Owner{Cluster: testCluster, UID: "uid-" + name, Namespace: "followup", Name: name}, TenantID: id, Provider: "crono", Name: "The " + name,
		Credentials: tenancy.SecretRef{Name: name, Key: "credentials"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return synced.ID
}

// safe are tokens of one tenant's connection.
type safe struct {
	*Tenant

	connection uuid.UUID
}

func newSafe(t *testing.T) (testbed, *postgres.Database, safe) {
	t.Helper()
	database := postgres.New(t)
	bed := openTestbed(t, database)
	id := bed.syncTenant(t, tenantRecord("acme"))
	return bed, database, safe{bed.worker.Tenant(id), bed.connect(t, id, "crono")}
}

// lock has fn run, with what is kept before as its argument.
func (s safe) lock(t *testing.T, fn func(TokenRow) (TokenRow, error)) error {
	return s.LockToken(t.Context(), s.connection, "ann@acme.test", func(_ context.Context, row TokenRow) (TokenRow, error) { return fn(row) })
}

func (s safe) kept(t *testing.T) TokenRow {
	t.Helper()
	row, err := s.FindToken(t.Context(), s.connection, "ann@acme.test")
	if err != nil && !errors.Is(err, ErrNotFound) {
		t.Fatal(err)
	}
	return row
}

func tokens(text string) TokenRow {
	return TokenRow{
		AccessToken: []byte("access " + text), RefreshToken: []byte("refresh " + text),
		ExpiresAt: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC), DeclaredDigest: "digest " + text,
	}
}

func TestLockTokenKeepsWhatIsReturned(t *testing.T) {
	_, _, s := newSafe(t)
	if _, err := s.FindToken(t.Context(), s.connection, "ann@acme.test"); !errors.Is(err, ErrNotFound) {
		t.Errorf("before: error = %v, want ErrNotFound", err)
	}
	refused := errors.New("the vendor refused")
	steps := []struct {
		give TokenRow
		fail error
		kept TokenRow
	}{
		{tokens("one"), refused, TokenRow{}},
		{tokens("one"), nil, tokens("one")},
		{tokens("two"), refused, tokens("one")},
		{tokens("two"), nil, tokens("two")},
		{TokenRow{AccessToken: []byte("alone"), ExpiresAt: tokens("").ExpiresAt}, nil, TokenRow{AccessToken: []byte("alone"), ExpiresAt: tokens("").ExpiresAt}},
	}
	for i, step := range steps {
		before := s.kept(t)
		err := s.lock(t, func(have TokenRow) (TokenRow, error) {
			if diff := cmp.Diff(before, have); diff != "" {
				t.Errorf("step %d: given (-want +got):\n%s", i, diff)
			}
			return step.give, step.fail
		})
		if !errors.Is(err, step.fail) || step.fail == nil && err != nil {
			t.Errorf("step %d: error = %v, want %v", i, err, step.fail)
		}
		if diff := cmp.Diff(step.kept, s.kept(t), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("step %d: kept (-want +got):\n%s", i, diff)
		}
	}
	if _, err := s.FindToken(t.Context(), s.connection, "bob@acme.test"); !errors.Is(err, ErrNotFound) {
		t.Errorf("another subject: error = %v, want ErrNotFound", err)
	}
	err := s.LockToken(t.Context(), uuid.New(), "", func(context.Context, TokenRow) (TokenRow, error) {
		t.Error("a token of no connection was asked for")
		return TokenRow{}, nil
	})
	if !errors.Is(err, ErrNotFound) {
		t.Errorf("no connection: error = %v, want ErrNotFound", err)
	}
}

// A vendor hands out a refresh token once: it must not be lost because who asked for it is being stopped.
func TestWhatIsHandedOutIsKeptWhenTheRunIsStopped(t *testing.T) {
	_, _, s := newSafe(t)
	ctx, stop := context.WithCancel(t.Context())
	err := s.LockToken(ctx, s.connection, "ann@acme.test", func(context.Context, TokenRow) (TokenRow, error) {
		stop()
		return tokens("one"), nil
	})
	if diff := cmp.Diff(tokens("one"), s.kept(t)); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func TestOneReplicaAtATimeHasAToken(t *testing.T) {
	for name, before := range map[string]*TokenRow{"the first": nil, "another": new(tokens("old"))} {
		t.Run(name, func(t *testing.T) {
			bed, database, here := newSafe(t)
			there := safe{openDB(t, database.Worker).Tenant(here.id), here.connection}
			if before != nil {
				if err := here.lock(t, func(TokenRow) (TokenRow, error) { return *before, nil }); err != nil {
					t.Fatal(err)
				}
			}
			var minted atomic.Int32
			mint := func(have TokenRow) (TokenRow, error) {
				if have.DeclaredDigest != tokens("new").DeclaredDigest {
					minted.Add(1)
					bed.waitForLocks(t, 1) // the other wants it, too
				}
				return tokens("new"), nil
			}
			done := make(chan error)
			for _, replica := range []safe{here, there} {
				go func() { done <- replica.lock(t, mint) }()
			}
			if err := errors.Join(<-done, <-done); err != nil || minted.Load() != 1 {
				t.Errorf("%v; minted %d times, want once: the other finds it", err, minted.Load())
			}
		})
	}
}

// waitForLocks asks until that many wait for a lock in the database.
func (b testbed) waitForLocks(t *testing.T, n int) {
	const question = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for waiting := 0; waiting < n; {
		if err := b.admin.QueryRow(ctx, question).Scan(&waiting); err != nil {
			t.Errorf("%d wait for a lock, want %d: %v", waiting, n, err)
			return
		}
	}
}

func TestTokensLeaveConnectionsToOthers(t *testing.T) {
	_, _, s := newSafe(t)
	running, release, done := make(chan struct{}), make(chan struct{}), make(chan error)
	for i := range maxTokenLocks + 1 {
		go func() {
			done <- s.LockToken(t.Context(), s.connection, string(rune('a'+i)), func(context.Context, TokenRow) (TokenRow, error) {
				running <- struct{}{}
				<-release
				return tokens("one"), nil
			})
		}()
	}
	for range maxTokenLocks {
		<-running
	}
	if _, err := s.Connections(t.Context()); err != nil { // the pool has four
		t.Errorf("while vendors are waited for: %v", err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	err := s.LockToken(ctx, s.connection, "z", func(context.Context, TokenRow) (TokenRow, error) {
		t.Error("one too many")
		return TokenRow{}, nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("one that gives up waiting: error = %v", err)
	}
	close(release)
	<-running // the fourth
	for range maxTokenLocks + 1 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}
