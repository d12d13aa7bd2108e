package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/followup-dev/followup-operator/test/postgres"
)

func TestStatementNamesAreFew(t *testing.T) {
	long := strings.Repeat("a", maxStatementName)
	for sql, want := range map[string]string{
		findUser: "findUser",
		"-- name: JobGetAvailable :many\nWITH locked_jobs AS (": "JobGetAvailable",
		"-- name: x":                            "x",
		"-- name: " + long + "\n":               long,
		"-- name: " + long + "a\n":              statementOther,
		"-- name: \nSELECT":                     statementOther,
		"-- name: it's":                         statementOther,
		"-- name: a@b.example\n":                statementOther,
		"-- name: é\n":                          statementOther,
		"\n-- name: late\nSELECT":               statementOther,
		"begin":                                 "begin",
		"begin isolation level repeatable read": "begin",
		"commit":                                "commit",
		"rollback":                              "rollback",
		"rollback to savepoint sp_1":            "rollback",
		"beginning":                             statementOther,
		"savepoint sp_1":                        statementOther,
		"SELECT 'jane@customer.example'":        statementOther,
		"":                                      statementOther,
	} {
		if got := statementName(sql); got != want {
			t.Errorf("statementName(%q) = %q, want %q", sql, got, want)
		}
	}
}

// trail keeps what an observer is told, by a clock that ticks a second whenever it is looked at.
type trail struct {
	mu    sync.Mutex
	clock time.Time
	seen  []string // "name after 2s" or "name failed after 2s"
	errs  []error
}

func (r *trail) now() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.clock = r.clock.Add(time.Second)
	return r.clock
}

func (r *trail) observe(statement string, took time.Duration, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	failed := ""
	if err != nil {
		failed = " failed"
		r.errs = append(r.errs, err)
	}
	r.seen = append(r.seen, fmt.Sprintf("%s%s after %s", statement, failed, took))
}

func (r *trail) take() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	taken := r.seen
	r.seen = nil
	return taken
}

// openTraced is Open with the trail's clock.
func openTraced(t *testing.T, dsn string) (*DB, *trail) {
	t.Helper()
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	trail := &trail{clock: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	config.ConnConfig.Tracer = &tracer{observe: trail.observe, now: trail.now}
	db, err := open(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db, trail
}

func TestEachStatementIsObservedByItsName(t *testing.T) {
	database := postgres.New(t)
	bed := openTestbed(t, database)
	id := bed.syncTenant(t, tenantRecord("acme"))
	worker, trail := openTraced(t, database.Worker)

	if _, err := worker.Tenant(id).FindUser(t.Context(), "U1"); !errors.Is(err, ErrNotFound) {
		t.Fatal(err)
	}
	// Both were sent at the same moment; nothing found is no failure.
	want := []string{"acquire after 1s", "setTenant after 1s", "findUser after 2s"}
	if diff := cmp.Diff(want, trail.take()); diff != "" {
		t.Errorf("a batch (-want +got):\n%s", diff)
	}

	err := pgx.BeginFunc(t.Context(), worker.pool, func(tx pgx.Tx) error {
		if err := enqueueJob(t, worker, id)(t.Context(), tx); err != nil {
			return err
		}
		_, err := tx.Exec(t.Context(), "SELECT 1")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	got := trail.take()
	for _, want := range []string{"begin after 1s", "JobInsertFastMany after 1s", "other after 1s", "commit after 1s"} {
		if !slices.Contains(got, want) {
			t.Errorf("no %q in a transaction with River: %q", want, got)
		}
	}
}

// planted stands for a customer's text among the values of a statement.
const planted = "planted-jane@customer.example"

// What a statement was sent with stands in the details of Postgres' errors, which nobody may pass on.
func TestFailuresAreObservedAndTellNoText(t *testing.T) {
	save := func(ctx context.Context, db *DB, text string) error {
		_, err := db.Tenant(uuid.New()).SaveUser(ctx, User{SlackUserID: text, Email: text, RealName: text})
		return err
	}
	for name, tc := range map[string]struct {
		breakIt string // what the superuser does before
		call    func(ctx context.Context, db *DB) error
		want    []string
	}{
		"a value that no row may have": {
			breakIt: `ALTER TABLE followup.users DISABLE ROW LEVEL SECURITY, ADD CHECK (slack_email !~ 'planted')`, // Postgres is silent with it
			call:    func(ctx context.Context, db *DB) error { return save(ctx, db, planted) },
			want:    []string{"acquire after 1s", "setTenant after 1s", "saveUser failed after 2s"},
		},
		"a value that no text can be": {
			call: func(ctx context.Context, db *DB) error { return save(ctx, db, planted+"\x00") },
			want: []string{"acquire after 1s", "setTenant after 1s", "saveUser failed after 2s"},
		},
		"a statement that the schema does not fit": { // fails before any of the batch is run
			breakIt: `ALTER TABLE followup.users RENAME COLUMN slack_email TO mail`,
			call:    func(ctx context.Context, db *DB) error { return save(ctx, db, planted) },
			want:    []string{"acquire after 1s", "saveUser failed after 1s"},
		},
		"nobody who waits": {
			call: func(ctx context.Context, db *DB) error {
				ctx, cancel := context.WithCancel(ctx)
				cancel()
				return save(ctx, db, planted)
			},
			want: []string{"acquire failed after 1s"},
		},
		"a statement by itself": {
			call: func(ctx context.Context, db *DB) error { return db.Notify(ctx, planted, strings.Repeat(planted, 1000)) },
			want: []string{"acquire after 1s", "notify failed after 1s"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			database := postgres.New(t)
			bed := openTestbed(t, database)
			if tc.breakIt != "" {
				bed.exec(t, tc.breakIt)
			}
			db, trail := openTraced(t, database.Worker)

			err := tc.call(t.Context(), db)

			if err == nil {
				t.Fatal("did not fail")
			}
			if diff := cmp.Diff(tc.want, trail.take()); diff != "" {
				t.Errorf("observed (-want +got):\n%s", diff)
			}
			for _, err := range append(trail.errs, err) {
				if text := err.Error(); strings.Contains(text, "planted") || strings.Contains(text, "INSERT") {
					t.Errorf("an error tells what it must not: %s", text)
				}
			}
		})
	}
}

func TestADatabaseThatIsAwayIsObserved(t *testing.T) {
	db, trail := openTraced(t, "postgres://nobody@127.0.0.1:1/none")

	if err := db.Notify(t.Context(), "channel", planted); err == nil || strings.Contains(err.Error(), planted) {
		t.Errorf("error %v, want one without the value", err)
	}
	if diff := cmp.Diff([]string{"acquire failed after 1s"}, trail.take()); diff != "" {
		t.Errorf("observed (-want +got):\n%s", diff)
	}
}

// The road of each request to Slack's answer: what looking at a statement costs beside sending it.
func BenchmarkTracer(b *testing.B) {
	database := postgres.New(b)
	for name, observe := range map[string]Observer{"untraced": nil, "traced": func(string, time.Duration, error) {}} {
		b.Run(name, func(b *testing.B) {
			db, err := Open(b.Context(), database.Worker, Options{Observe: observe})
			if err != nil {
				b.Fatal(err)
			}
			defer db.Close()
			tenant := db.Tenant(uuid.New())
			b.ReportAllocs()
			for b.Loop() {
				if _, err := tenant.FindUser(b.Context(), "U1"); !errors.Is(err, ErrNotFound) {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkStatementName(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if statementName(findUser) != "findUser" {
			b.Fatal("wrong name")
		}
	}
}
