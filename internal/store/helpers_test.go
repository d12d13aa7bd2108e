package store

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/followup-dev/followup-operator/internal/tenancy"
	"github.com/followup-dev/followup-operator/test/postgres"
)

const testApp = "A0123456789"

// testbed is a database with a pool for each login.
type testbed struct {
	admin    *pgxpool.Pool
	operator *DB
	webhook  *DB
	worker   *DB
}

func newTestbed(t *testing.T) testbed {
	t.Helper()
	return openTestbed(t, postgres.New(t))
}

func openTestbed(t *testing.T, database *postgres.Database) testbed {
	t.Helper()
	admin, err := pgxpool.New(t.Context(), database.Admin)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(admin.Close)
	return testbed{
		admin:    admin,
		operator: openDB(t, database.Operator),
		webhook:  openDB(t, database.Webhook),
		worker:   openDB(t, database.Worker),
	}
}

func openDB(t *testing.T, dsn string) *DB {
	t.Helper()
	db, err := Open(t.Context(), dsn, Options{ApplicationName: t.Name()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

// tenantRecord is what an owner of that name declares.
// testCluster is whose operator runs these tests.
const testCluster = "cluster"

func tenantRecord(name string) TenantRecord {
	return TenantRecord{
		Owner:         Owner{Cluster: testCluster, UID: "uid-" + name, Namespace: "followup", Name: name},
		SlackAppID:    testApp,
		SlackTeamID:   "T-" + name,
		SlackTeamName: "Workspace " + name,
		PlanTier:      "pro",
		MinuteLimit:   60,
		TimeZone:      "Europe/Rome", Locale: "en",
		Visibility: tenancy.Participants,
		SlackToken: tenancy.SecretRef{Name: name + "-slack", Key: "credentials"},
		FathomKey:  tenancy.SecretRef{Name: name + "-fathom", Key: "credentials"},
	}
}

func (b testbed) syncTenant(t *testing.T, record TenantRecord) tenancy.ID {
	t.Helper()
	synced, err := b.operator.Control(testCluster).SyncTenant(t.Context(), record)
	if err != nil {
		t.Fatal(err)
	}
	return synced.ID
}

// exec runs a fixture as the superuser.
func (b testbed) exec(t *testing.T, statement string, args ...any) {
	t.Helper()
	if _, err := b.admin.Exec(t.Context(), statement, args...); err != nil {
		t.Fatal(err)
	}
}

func queryOne[T any](t *testing.T, b testbed, statement string, args ...any) T {
	t.Helper()
	rows, _ := b.admin.Query(t.Context(), statement, args...)
	value, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[T])
	if err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	return value
}

// freezeMinute makes all of the tenant's requests count in one minute, whatever the clock says.
func (b testbed) freezeMinute(t *testing.T, id tenancy.ID) {
	t.Helper()
	b.exec(t, "UPDATE followup.tenant_runtime SET minute = '2100-01-01 00:00:00Z', used = 0 WHERE tenant_id = $1", id)
}

func request(key string) Request {
	return Request{Key: key, ExpiresIn: 10 * time.Minute, EventType: "command.meetings", EventCategory: "data_access", ActorSlackID: "U1"}
}

// jobArgs is a job that names its tenant, as all do.
type jobArgs struct {
	TenantID tenancy.ID `json:"tenant_id"`
}

func (jobArgs) Kind() string { return "test" }

// quietDriver keeps River from notifying inside the transaction, as the webhook's does.
type quietDriver struct{ *riverpgxv5.Driver }

func (quietDriver) SupportsListener() bool     { return false }
func (quietDriver) SupportsListenNotify() bool { return false }

// enqueueJob inserts a job for the tenant, as the webhook's insert-only client does.
func enqueueJob(t *testing.T, db *DB, id tenancy.ID) func(context.Context, pgx.Tx) error {
	t.Helper()
	driver := quietDriver{db.RiverDriver()}
	if err := driver.GetExecutor().InitDriver(t.Context()); err != nil {
		t.Fatal(err)
	}
	client, err := river.NewClient(driver, &river.Config{Schema: "river", Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return func(ctx context.Context, tx pgx.Tx) error {
		_, err := client.InsertTx(ctx, tx, jobArgs{TenantID: id}, nil)
		return err
	}
}
