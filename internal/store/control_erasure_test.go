package store

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/followup-dev/followup-operator/internal/tenancy"
	"github.com/followup-dev/followup-operator/test/postgres"
)

// The victim of the isolation tests, which has a row in every table there is.
var (
	bravo     = Owner{Namespace: "followup", Name: "bravo"}
	bravoTeam = "T-bravo"
)

// erase does what the operator does to the victim, from wherever an earlier try got to.
func erase(ctx context.Context, control *Control) error {
	erasures, err := control.BeginErasure(ctx, bravo, bravoTeam, "")
	if err != nil {
		return err
	}
	for _, erasure := range erasures {
		for left := true; left; {
			erased, err := control.EraseSome(ctx, erasure.TenantID)
			if err != nil {
				return err
			}
			left = erased.Step != ""
		}
		if err := control.FinishErasure(ctx, erasure.TenantID); err != nil {
			return err
		}
	}
	return nil
}

// left returns the rows of a tenant, in every table that has any.
func (b testbed) left(t *testing.T, id tenancy.ID) map[string]int {
	t.Helper()
	tables := queryOne[[]string](t, b, `
		SELECT array_agg(c.oid::regclass::text) FROM pg_class c
		WHERE c.relnamespace IN ('followup'::regnamespace, 'river'::regnamespace) AND c.relkind IN ('r', 'p') AND NOT c.relispartition`)
	found := map[string]int{}
	for _, table := range tables {
		if n := queryOne[int](t, b, "SELECT count(*) FROM "+table+" x WHERE x::text LIKE '%' || $1::text || '%'", id); n > 0 {
			found[table] = n
		}
	}
	return found
}

// wantErased expects no more of a tenant than a tombstone, and an audit log that names nobody.
func (b testbed) wantErased(t *testing.T, id tenancy.ID, before map[string][]string) {
	t.Helper()
	want := map[string]int{"followup.audit_logs": len(before["followup.audit_logs"]), "followup.tenant_tombstones": 1}
	if diff := cmp.Diff(want, b.left(t, id)); diff != "" {
		t.Errorf("rows left (-want +got):\n%s", diff)
	}
	if named := queryOne[int](t, b, "SELECT count(*) FROM followup.audit_logs WHERE tenant_id = $1 AND actor_slack_id <> ''", id); named > 0 {
		t.Errorf("%d audit records name somebody", named)
	}
	stone, err := b.operator.Control(testCluster).Tombstone(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int64{}
	for table, rows := range before {
		if table != "followup.tenants" && table != "followup.tenant_runtime" {
			_, name, _ := strings.Cut(table, ".")
			counts[name] = int64(len(rows))
		}
	}
	// Slack's own events have no actor to empty.
	counts["audit_logs"] = int64(len(slices.DeleteFunc(before["followup.audit_logs"], func(row string) bool { return strings.Contains(row, `"actor_slack_id": ""`) })))
	if diff := cmp.Diff(counts, stone.Counts); diff != "" {
		t.Errorf("counts of the tombstone (-want +got):\n%s", diff)
	}
	verified := queryOne[bool](t, b, `SELECT digest = encode(sha256(convert_to(concat_ws('|', tenant_id, slack_app_id,
		extract(epoch FROM began_at), extract(epoch FROM erased_at), counts), 'UTF8')), 'hex') FROM followup.tenant_tombstones WHERE tenant_id = $1`, id)
	if stone.SlackAppID != testApp || stone.ErasedAt.Before(stone.BeganAt) || !verified {
		t.Errorf("tombstone %+v, digest verified: %t", stone, verified)
	}
}

func TestErasureLeavesATombstoneAndNobodyElsesRowsTouched(t *testing.T) {
	bed := newTestbed(t)
	bystander := bed.syncTenant(t, tenantRecord("alpha"))
	if _, err := bed.webhook.Tenant(bystander).Admit(t.Context(), request("k"), enqueueJob(t, bed.webhook, bystander)); err != nil {
		t.Fatal(err)
	}
	theirs := bed.left(t, bystander)
	victim := bed.seedVictim(t).id
	before := bed.rowsOf(t, victim)

	if err := erase(t.Context(), bed.operator.Control(testCluster)); err != nil {
		t.Fatal(err)
	}
	bed.wantErased(t, victim, before)
	if diff := cmp.Diff(theirs, bed.left(t, bystander)); diff != "" {
		t.Errorf("another tenant's rows (-before +after):\n%s", diff)
	}
	other := tenantRecord("free") // for whoever comes next
	other.SlackTeamID = bravoTeam
	if again := bed.syncTenant(t, other); again == victim {
		t.Error("the claim was not freed")
	}
}

// cutter is a pgx tracer that cuts the connection at one statement, before it is sent.
type cutter struct {
	mu   sync.Mutex
	left int // statements until the cut
	cut  bool
}

func (c *cutter) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.left--
	if c.left != 0 {
		return ctx
	}
	c.cut = true
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	return ctx
}

func (c *cutter) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (c *cutter) at(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.left, c.cut = n, false
}

func (c *cutter) wasCut() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cut
}

func TestErasureGoesOnAfterBeingCutOffAtAnyStatement(t *testing.T) {
	database := postgres.New(t)
	bed, cut := openTestbed(t, database), &cutter{}
	config, err := pgxpool.ParseConfig(database.Operator)
	if err != nil {
		t.Fatal(err)
	}
	config.ConnConfig.Tracer = cut
	traced, err := open(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(traced.Close)

	for n := 1; ; n++ {
		victim := bed.seedVictim(t).id
		before := bed.rowsOf(t, victim)
		cut.at(n)
		err := erase(t.Context(), traced.Control(testCluster))
		if !cut.wasCut() {
			if n < 10 {
				t.Errorf("an erasure of %d statements: this test proves little", n-1)
			}
			break
		}
		if err == nil {
			t.Fatalf("statement %d was cut off, and nobody noticed", n)
		}
		if err := erase(t.Context(), traced.Control(testCluster)); err != nil {
			t.Fatalf("after a cut at statement %d: %v", n, err)
		}
		bed.wantErased(t, victim, before)
	}
}

func TestABeginningErasureServesNobodyAnyMore(t *testing.T) {
	bed := newTestbed(t)
	victim := bed.seedVictim(t).id
	events := newEvents()
	listen(t, bed.webhook, events)
	receive(t, events.listening)
	control := bed.operator.Control(testCluster)
	for range 2 { // the second finds it begun, and tells nobody
		begun, err := control.BeginErasure(t.Context(), bravo, bravoTeam, "")
		if err != nil || len(begun) != 1 || begun[0].TenantID != victim || begun[0].StartedAt.IsZero() {
			t.Fatalf("begin = %+v, %v; want %s", begun, err, victim)
		}
	}
	if told := receive(t, events.changed); told != victim || len(events.changed) > 0 {
		t.Errorf("told of %s and %d more, want the tenant alone", told, len(events.changed))
	}
	if held, err := bed.webhook.Tenant(victim).Held(t.Context()); err != nil || !held {
		t.Errorf("held = %v, %v; want the acknowledgement to refuse", held, err)
	}
	if _, err := bed.webhook.TenantDirectoryEntry(t.Context(), App{ID: testApp}, victim); !errors.Is(err, tenancy.ErrNotFound) {
		t.Errorf("the directory says %v, want that there is no such tenant", err)
	}
}

func TestOnlyWhatItsOwnerHasErasedIsErased(t *testing.T) {
	bed := newTestbed(t)
	victim := bed.seedVictim(t).id
	before := bed.rowsOf(t, victim)
	here := bed.operator.Control(testCluster)
	attempts := map[string]func() ([]Erasure, error){
		"another name": func() ([]Erasure, error) {
			return here.BeginErasure(t.Context(), Owner{Namespace: "followup", Name: "b"}, bravoTeam, "")
		},
		"another namespace": func() ([]Erasure, error) {
			return here.BeginErasure(t.Context(), Owner{Namespace: "b", Name: "bravo"}, bravoTeam, "")
		},
		"another workspace": func() ([]Erasure, error) { return here.BeginErasure(t.Context(), bravo, "T-alpha", "") },
		"an organisation":   func() ([]Erasure, error) { return here.BeginErasure(t.Context(), bravo, "", "E-bravo") },
		"another cluster": func() ([]Erasure, error) {
			return bed.operator.Control(elsewhere).BeginErasure(t.Context(), bravo, bravoTeam, "")
		},
		"without a beginning": func() ([]Erasure, error) {
			if _, err := here.EraseSome(t.Context(), victim); !errors.Is(err, tenancy.ErrNotFound) {
				t.Errorf("error %v, want tenancy.ErrNotFound", err)
			}
			return nil, here.FinishErasure(t.Context(), victim)
		},
	}
	for name, attempt := range attempts {
		t.Run(name, func(t *testing.T) {
			if found, err := attempt(); err != nil || len(found) > 0 {
				t.Errorf("erasures %+v, error %v; want none", found, err)
			}
			if diff := cmp.Diff(before, bed.rowsOf(t, victim)); diff != "" {
				t.Errorf("rows (-before +after):\n%s", diff)
			}
		})
	}
}

func TestARunningJobIsWaitedForButNotForLong(t *testing.T) {
	bed := newTestbed(t)
	victim := bed.seedVictim(t).id
	control := bed.operator.Control(testCluster)
	const run = "UPDATE river.river_job SET state = 'running', attempted_at = now() - $1::interval"
	bed.exec(t, run, "1 second")
	if _, err := control.BeginErasure(t.Context(), bravo, bravoTeam, ""); err != nil {
		t.Fatal(err)
	}
	if got, err := control.EraseSome(t.Context(), victim); err != nil || got != (Erased{Step: "running jobs"}) {
		t.Errorf("erased %+v, %v; want the job to be waited for", got, err)
	}
	bed.exec(t, run, "1 hour")
	if got, err := control.EraseSome(t.Context(), victim); err != nil || got != (Erased{Step: "river_job", Rows: 1, Total: 1}) {
		t.Errorf("erased %+v, %v; want the job gone", got, err)
	}
}

func TestErasureGoesInSmallSteps(t *testing.T) {
	bed := newTestbed(t)
	victim := bed.syncTenant(t, tenantRecord("bravo"))
	bed.exec(t, `INSERT INTO followup.deliveries (tenant_id, delivery_key, expires_at) SELECT $1, n, now() FROM generate_series(1, 10001) n`, victim)
	bed.exec(t, `INSERT INTO followup.audit_logs (tenant_id, created_at, event_type, event_category, actor_slack_id)
		SELECT $1, now() + n % 2 * interval '1 month', 'x', 'security', 'U1' FROM generate_series(1, 5001) n`, victim)
	control := bed.operator.Control(testCluster)
	if _, err := control.BeginErasure(t.Context(), bravo, bravoTeam, ""); err != nil {
		t.Fatal(err)
	}
	var got []Erased
	for len(got) == 0 || got[len(got)-1].Step != "" {
		erased, err := control.EraseSome(t.Context(), victim)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, erased)
	}
	want := []Erased{
		{"deliveries", 5000, 5000},
		{"deliveries", 5000, 10000},
		{"deliveries", 1, 10001},
		{"audit_logs", 5000, 15001},
		{"audit_logs", 1, 15002},
		{"", 0, 15002},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
}

func TestWhatAWorkerWritesMeanwhileIsErasedToo(t *testing.T) {
	bed := newTestbed(t)
	victim := bed.syncTenant(t, tenantRecord("bravo"))
	control := bed.operator.Control(testCluster)
	if _, err := control.BeginErasure(t.Context(), bravo, bravoTeam, ""); err != nil {
		t.Fatal(err)
	}
	if erased, err := control.EraseSome(t.Context(), victim); err != nil || erased.Step != "" {
		t.Fatalf("erased %+v, %v; want nothing to erase", erased, err)
	}
	worker, err := pgx.ConnectConfig(t.Context(), bed.worker.pool.Config().ConnConfig)
	if err != nil {
		t.Fatal(err)
	}
	defer worker.Close(t.Context())
	for _, statement := range []string{
		"BEGIN", "SELECT set_config('app.tenant_id', '" + victim.String() + "', true)",
		"INSERT INTO users (tenant_id, slack_user_id, slack_email, slack_real_name, refreshed_at) VALUES ('" + victim.String() + "', 'U1', 'ann@bravo.test', 'Ann', now())",
		"INSERT INTO audit_logs (tenant_id, event_type, event_category, actor_slack_id) VALUES ('" + victim.String() + "', 'x', 'security', 'U1')",
	} {
		if _, err := worker.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	finished := make(chan error, 1)
	go func() { finished <- control.FinishErasure(t.Context(), victim) }()
	bed.waitForLocks(t, 1)
	if _, err := worker.Exec(t.Context(), "COMMIT"); err != nil {
		t.Fatal(err)
	}
	if err := receive(t, finished); err != nil {
		t.Fatal(err)
	}
	want := map[string]int{"followup.audit_logs": 1, "followup.tenant_tombstones": 1}
	if diff := cmp.Diff(want, bed.left(t, victim)); diff != "" {
		t.Errorf("rows left (-want +got):\n%s", diff)
	}
	if actor := queryOne[string](t, bed, "SELECT actor_slack_id FROM followup.audit_logs"); actor != "" {
		t.Errorf("the audit log names %s", actor)
	}
	_, err = bed.worker.Tenant(victim).SaveUser(t.Context(), User{SlackUserID: "U2"})
	if err == nil {
		t.Error("the worker writes for a tenant that was erased")
	}
}

func TestAnErasureThatWasGivenUpEndsWithTheOwnersReturn(t *testing.T) {
	bed := newTestbed(t)
	victim := bed.seedVictim(t).id
	control := bed.operator.Control(testCluster)
	if _, err := control.BeginErasure(t.Context(), bravo, bravoTeam, ""); err != nil {
		t.Fatal(err)
	}
	if erased, err := control.EraseSome(t.Context(), victim); err != nil || erased.Rows == 0 {
		t.Fatalf("erased %+v, %v; want something", erased, err)
	}
	other := tenantRecord("other")
	other.SlackTeamID, other.TakeOver = bravoTeam, "followup/bravo"
	if _, err := control.SyncTenant(t.Context(), other); !errors.Is(err, ErrErasing) {
		t.Errorf("another takes it over: error %v, want ErrErasing", err)
	}
	connection := ConnectionRecord{Owner: Owner{Namespace: "followup", Name: "new"}, TenantID: victim, Provider: "crono", Name: "new"}
	if _, err := control.SyncConnection(t.Context(), connection); !errors.Is(err, tenancy.ErrNotFound) {
		t.Errorf("a new connection: error %v, want tenancy.ErrNotFound", err)
	}

	synced, err := control.SyncTenant(t.Context(), tenantRecord("bravo"))
	if err != nil || synced.ID != victim || !synced.Restored {
		t.Fatalf("sync = %+v, %v; want %s restored", synced, err, victim)
	}
	if _, err := control.EraseSome(t.Context(), victim); !errors.Is(err, tenancy.ErrNotFound) {
		t.Errorf("it is erased further: %v", err)
	}
	if again, err := control.SyncTenant(t.Context(), tenantRecord("bravo")); err != nil || again.Changed {
		t.Errorf("sync again = %+v, %v; want no change", again, err)
	}
}

func TestThereIsNoTombstoneOfWhatIsNotErased(t *testing.T) {
	bed := newTestbed(t)
	if _, err := bed.operator.Control(testCluster).Tombstone(t.Context(), uuid.New()); !errors.Is(err, tenancy.ErrNotFound) {
		t.Errorf("error %v, want tenancy.ErrNotFound", err)
	}
}
