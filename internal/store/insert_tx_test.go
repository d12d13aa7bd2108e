package store

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/followup-dev/followup-operator/test/postgres"
)

// lineConn counts round trips: how often a request follows an answer.
type lineConn struct {
	net.Conn
	trips    *atomic.Int64
	answered atomic.Bool
}

func (c *lineConn) Write(b []byte) (int, error) {
	if c.answered.Swap(false) {
		c.trips.Add(1)
	}
	return c.Conn.Write(b)
}

func (c *lineConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 {
		c.answered.Store(true)
	}
	return n, err
}

// openCounting opens a pool of one connection that counts its round trips.
func openCounting(t *testing.T, dsn string) (*DB, *atomic.Int64) {
	t.Helper()
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	config.MaxConns = 1
	trips := &atomic.Int64{}
	config.ConnConfig.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		return &lineConn{Conn: conn, trips: trips}, err
	}
	db, err := open(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db, trips
}

func TestAdmitRoundTrips(t *testing.T) {
	database := postgres.New(t)
	bed := openTestbed(t, database)
	id := bed.syncTenant(t, tenantRecord("acme"))
	db, trips := openCounting(t, database.Webhook)
	enqueue := enqueueJob(t, db, id)
	tests := []struct {
		name string
		key  string
		want int64
	}{
		{"the first has its statements prepared", "k1", -1},
		{"an admitted request takes one", "k2", 1},
		{"the first refused one has a statement prepared", "k2", -1},
		{"a refused request takes two", "k2", 2},
		{"a refusal before it costs an admitted one nothing", "k3", 1},
	}
	for _, tc := range tests {
		before := trips.Load()
		if _, err := db.Tenant(id).Admit(t.Context(), request(tc.key), enqueue); err != nil {
			t.Fatal(err)
		}
		if got := trips.Load() - before; tc.want >= 0 && got != tc.want {
			t.Errorf("%s: %d round trips, want %d", tc.name, got, tc.want)
		}
	}
}

const dyingTrigger = `
	CREATE FUNCTION public.die() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
	BEGIN
		PERFORM pg_terminate_backend(pg_backend_pid());
		PERFORM pg_sleep(60);
		RETURN NEW;
	END $$;
	CREATE FUNCTION public.fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'failed'; END $$;`

// Wherever the connection dies or the server fails, the caller is told and nothing is left: also at the commit, which the
// server answers last.
func TestAdmitThatFailsAnywhereLeavesNothing(t *testing.T) {
	const atCommit = "CREATE CONSTRAINT TRIGGER fault AFTER INSERT ON %s DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public."
	const before = "CREATE TRIGGER fault BEFORE INSERT OR UPDATE ON %s FOR EACH ROW EXECUTE FUNCTION public."
	tests := map[string]struct{ table, trigger string }{
		"the request is counted":   {"followup.tenant_runtime", before},
		"the key is kept":          {"followup.deliveries", before},
		"the audit record":         {"followup.audit_logs", before},
		"the job is inserted":      {"river.river_job", before},
		"the transaction commits":  {"followup.deliveries", atCommit},
		"commits, its job written": {"river.river_job", atCommit},
	}
	bed := newTestbed(t)
	bed.exec(t, dyingTrigger)
	for name, tc := range tests {
		for _, fault := range []string{"die", "fail"} {
			t.Run(fault+" when "+name, func(t *testing.T) {
				id := bed.syncTenant(t, tenantRecord(name+fault))
				enqueue := enqueueJob(t, bed.webhook, id)
				bed.exec(t, fmt.Sprintf(tc.trigger+fault+"()", tc.table))
				admission, err := bed.webhook.Tenant(id).Admit(t.Context(), request("k1"), enqueue)
				bed.exec(t, "DROP TRIGGER fault ON "+tc.table)
				if err == nil {
					t.Fatalf("Admit = %+v, want an error", admission)
				}
				if diff := cmp.Diff(written{}, bed.written(t, id)); diff != "" {
					t.Errorf("left behind (-want +got):\n%s", diff)
				}
				again, err := bed.webhook.Tenant(id).Admit(t.Context(), request("k1"), enqueue)
				if err != nil || again.Verdict != Admitted {
					t.Errorf("the repetition: %+v, %v; want admitted", again, err)
				}
			})
		}
	}
}

// The Tx takes the insert and nothing else; what is left out of the transaction must not look as if it were in it.
func TestAdmitTakesOneInsert(t *testing.T) {
	bed := newTestbed(t)
	id := bed.syncTenant(t, tenantRecord("acme"))
	insert := enqueueJob(t, bed.webhook, id)
	tests := map[string]struct {
		enqueue func(context.Context, pgx.Tx) error
		left    written
	}{
		"nothing": {func(context.Context, pgx.Tx) error { return nil }, written{}},
		"Exec": {func(ctx context.Context, tx pgx.Tx) error {
			_, err := tx.Exec(ctx, "SELECT 1")
			return err
		}, written{}},
		"QueryRow": {func(ctx context.Context, tx pgx.Tx) error { return tx.QueryRow(ctx, "SELECT 1").Scan(new(int)) }, written{}},
		"SendBatch": {func(ctx context.Context, tx pgx.Tx) error {
			batch := &pgx.Batch{}
			batch.Queue("SELECT 1")
			return tx.SendBatch(ctx, batch).Close()
		}, written{}},
		"CopyFrom": {func(ctx context.Context, tx pgx.Tx) error {
			_, err := tx.CopyFrom(ctx, pgx.Identifier{"river_job"}, nil, nil)
			return err
		}, written{}},
		"Begin": {func(ctx context.Context, tx pgx.Tx) error {
			_, err := tx.Begin(ctx)
			return err
		}, written{}},
		"Commit": {func(ctx context.Context, tx pgx.Tx) error { return tx.Commit(ctx) }, written{}},
		"Prepare": {func(ctx context.Context, tx pgx.Tx) error {
			_, err := tx.Prepare(ctx, "s", "SELECT 1")
			return err
		}, written{}},
		"a second insert": {func(ctx context.Context, tx pgx.Tx) error {
			return errors.Join(insert(ctx, tx), insert(ctx, tx))
		}, written{Deliveries: 1, Audits: 1, Jobs: 1, Used: 1}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			before := bed.written(t, id)
			if _, err := bed.webhook.Tenant(id).Admit(t.Context(), request(name), tc.enqueue); !errors.Is(err, errOneInsert) {
				t.Errorf("error = %v, want errOneInsert", err)
			}
			after := bed.written(t, id)
			left := written{
				after.Deliveries - before.Deliveries, after.Audits - before.Audits, after.Jobs - before.Jobs, after.Used - before.Used,
			}
			if diff := cmp.Diff(tc.left, left); diff != "" {
				t.Errorf("left behind (-want +got):\n%s", diff)
			}
		})
	}
}

// A panic does not keep the connection.
func TestAdmitThatPanicsGivesItsConnectionBack(t *testing.T) {
	database := postgres.New(t)
	bed := openTestbed(t, database)
	id := bed.syncTenant(t, tenantRecord("acme"))
	db, _ := openCounting(t, database.Webhook)
	insert := enqueueJob(t, db, id)
	func() {
		defer func() { _ = recover() }()
		_, _ = db.Tenant(id).Admit(t.Context(), request("k1"), func(ctx context.Context, tx pgx.Tx) error {
			_ = insert(ctx, tx)
			panic("planted")
		})
	}()
	if stats := db.Stats(); stats.Acquired != 0 {
		t.Errorf("%+v: a connection is still in use", stats)
	}
}
