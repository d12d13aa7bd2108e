package jobs

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/riverqueue/river"

	"github.com/followup-dev/followup-operator/internal/store"
	"github.com/followup-dev/followup-operator/internal/telemetry"
	"github.com/followup-dev/followup-operator/internal/tenancy"
	"github.com/followup-dev/followup-operator/test/logs"
	"github.com/followup-dev/followup-operator/test/postgres"
)

const appID = "A0123456789"

// patient lets jobs run on a busy machine.
var patient = Options{Workers: 64, JobTimeout: time.Minute, RescueAfter: 2 * time.Minute, SoftStop: time.Minute}

type testbed struct {
	database *postgres.Database
	admin    *pgxpool.Pool
	webhook  *store.DB
	worker   *store.DB
	control  *store.Control
	tenant   tenancy.ID
	enqueuer *Enqueuer
}

func newTestbed(t *testing.T) *testbed {
	t.Helper()
	database := postgres.New(t)
	b := &testbed{database: database, webhook: openDB(t, database.Webhook), worker: openDB(t, database.Worker)}
	var err error
	if b.admin, err = pgxpool.New(t.Context(), database.Admin); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.admin.Close)
	b.control = openDB(t, database.Operator).Control("cluster")
	b.tenant = b.sync(t, "acme", 1_000_000)
	if b.enqueuer, err = NewEnqueuer(b.webhook, appID, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan struct{})
	go func() {
		defer close(done)
		b.enqueuer.Run(ctx)
	}()
	t.Cleanup(func() {
		stop()
		<-done
	})
	return b
}

func (b *testbed) sync(t *testing.T, name string, minuteLimit int) tenancy.ID {
	t.Helper()
	synced, err := b.control.SyncTenant(t.Context(), store.TenantRecord{
		Owner:      store.Owner{UID: "uid", Namespace: "followup", Name: name},
		SlackAppID: appID, SlackTeamID: "T-" + name, SlackTeamName: name, PlanTier: "pro", MinuteLimit: minuteLimit,
		TimeZone: "UTC", Locale: "en", Visibility: tenancy.Participants,
		SlackToken: tenancy.SecretRef{Name: "a", Key: "b"}, FathomKey: tenancy.SecretRef{Name: "a", Key: "c"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return synced.ID
}

func openDB(t *testing.T, dsn string) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), dsn, store.Options{ApplicationName: "jobs-test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

// admit enqueues a job the way intake does, up to the commit.
func (b *testbed) admit(t *testing.T, key string) {
	t.Helper()
	b.admitFor(t, b.tenant, key)
}

func (b *testbed) admitFor(t *testing.T, tenant tenancy.ID, key string) {
	t.Helper()
	args := ListMeetings{Click: Click{TenantID: tenant, SlackUserID: "U0123456789", TriggerID: key, RequestKey: RequestKey(key), ReceivedAt: time.Now()}}
	request := store.Request{Key: args.RequestKey, ExpiresIn: time.Minute, EventType: "command.meetings", EventCategory: "data_access", ActorSlackID: "U0123456789"}
	admission, err := b.webhook.Tenant(tenant).Admit(t.Context(), request, func(ctx context.Context, tx pgx.Tx) error {
		return b.enqueuer.Enqueue(ctx, tx, args)
	})
	if err != nil || admission.Verdict != store.Admitted {
		t.Fatalf("admit: %v, %v", admission, err)
	}
}

// startClient works jobs until the test ends.
func (b *testbed) startClient(t *testing.T, options Options, work func(context.Context, *river.Job[ListMeetings]) error) (*river.Client[pgx.Tx], *prometheus.Registry) {
	t.Helper()
	registry := prometheus.NewRegistry()
	options.Metrics = telemetry.NewWebhook(registry)
	if options.Log == nil {
		options.Log = slog.New(slog.DiscardHandler)
	}
	known := river.NewWorkers()
	river.AddWorker(known, river.WorkFunc(work))
	client, err := NewClient(b.worker, appID, known, options)
	if err != nil {
		t.Fatal(err)
	}
	run(t, client)
	return client, registry
}

func run(t *testing.T, client *river.Client[pgx.Tx]) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	if err := client.Start(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := client.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
}

// await receives, or fails the test after a minute.
func await[T any](t *testing.T, from <-chan T) (received T) {
	t.Helper()
	select {
	case received = <-from:
	case <-time.After(time.Minute):
		t.Fatal("nothing came in a minute")
	}
	return received
}

// listen hears every notification on River's channel.
func (b *testbed) listen(t *testing.T) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), b.database.Admin)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	if _, err := conn.Exec(t.Context(), `LISTEN "`+insertChannel+`"`); err != nil {
		t.Fatal(err)
	}
	return conn
}

func TestNoNotifyInsideTheTransaction(t *testing.T) {
	b := newTestbed(t)
	conn := b.listen(t)
	soon, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	b.admit(t, "1")
	b.admit(t, "2")
	// Notifications come in the order of commits: what arrives before this one was sent by the transactions above.
	if _, err := b.admin.Exec(t.Context(), `SELECT pg_notify($1, 'end')`, insertChannel); err != nil {
		t.Fatal(err)
	}
	got, err := conn.WaitForNotification(soon)
	if err != nil || got.Payload != "end" {
		t.Fatalf("%+v, %v; want nothing before the end", got, err)
	}

	b.enqueuer.Committed(ListMeetings{})
	got, err = conn.WaitForNotification(soon)
	if want := `{"queue": "a0123456789-interactive"}`; err != nil || got.Payload != want {
		t.Errorf("%+v, %v; want %s", got, err, want)
	}
}

// A client that does not poll gets its jobs because it is woken.
func TestCommittedWakesTheWorkers(t *testing.T) {
	b := newTestbed(t)
	worked := make(chan string, 1)
	known := river.NewWorkers()
	river.AddWorker(known, river.WorkFunc(func(_ context.Context, job *river.Job[ListMeetings]) error {
		worked <- job.Args.TriggerID
		return nil
	}))
	options := patient
	options.Log, options.Metrics = slog.New(slog.DiscardHandler), telemetry.NewWebhook(prometheus.NewRegistry())
	config := clientConfig(appID, known, options)
	config.FetchPollInterval = time.Hour
	client, err := river.NewClient(b.worker.RiverDriver(), config)
	if err != nil {
		t.Fatal(err)
	}
	run(t, client)
	b.admit(t, "first")
	for range 1000 { // Start returns before the client listens
		b.enqueuer.Committed(ListMeetings{})
		select {
		case <-worked:
		case <-time.After(10 * time.Millisecond):
			continue
		}
		break
	}
	for i := range 5 {
		key := strconv.Itoa(i)
		b.admit(t, key)
		b.enqueuer.Committed(ListMeetings{})
		if got := await(t, worked); got != key {
			t.Fatalf("worked %s, want %s", got, key)
		}
	}
}

func TestOutcomesAreCounted(t *testing.T) {
	b := newTestbed(t)
	log := &logs.Buffer{}
	options := patient
	options.Log = slog.New(slog.NewJSONHandler(log, nil))
	results := map[string]func() error{
		"completed": func() error { return nil },
		"cancelled": func() error { return river.JobCancel(errors.New("tenant gone")) },
		"retried":   func() error { return errors.New("database away") },
		"snoozed":   func() error { return river.JobSnooze(time.Hour) },
		"panicked":  func() error { panic("planted-panic") },
	}
	client, registry := b.startClient(t, options, func(_ context.Context, job *river.Job[ListMeetings]) error {
		return results[job.Args.TriggerID]()
	})
	events, cancel := client.Subscribe(river.EventKindJobCompleted, river.EventKindJobCancelled, river.EventKindJobFailed, river.EventKindJobSnoozed)
	defer cancel()
	for key := range results {
		b.admit(t, key)
		b.enqueuer.Committed(ListMeetings{})
		for ended := await(t, events); !bytes.Contains(ended.Job.EncodedArgs, []byte(`"`+key+`"`)); { // one before it may be tried anew already
			ended = await(t, events)
		}
	}
	counts := jobCounts(t, registry)
	for outcome := range results {
		if counts[outcome] < 1 {
			t.Errorf("outcome %s not counted: %v", outcome, counts)
		}
	}
	var panics int
	const leaked = `SELECT count(*) FROM river.river_job WHERE errors::text LIKE '%planted-panic%'`
	if err := b.admin.QueryRow(t.Context(), leaked).Scan(&panics); err != nil || panics != 0 {
		t.Errorf("%d rows have the panic's text, %v", panics, err)
	}
	if strings.Contains(log.String(), "planted-panic") {
		t.Errorf("the log has the panic's text:\n%s", log.String())
	}
}

func TestOutcomeOfTheLastAttempt(t *testing.T) {
	b := newTestbed(t)
	b.admit(t, "1")
	if _, err := b.admin.Exec(t.Context(), `UPDATE river.river_job SET max_attempts = 1`); err != nil {
		t.Fatal(err)
	}
	ran := make(chan struct{}, 1)
	client, registry := b.startClient(t, patient, func(context.Context, *river.Job[ListMeetings]) error {
		ran <- struct{}{}
		return errors.New("away")
	})
	await(t, ran)
	if err := client.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if counts := jobCounts(t, registry); counts["discarded"] != 1 {
		t.Errorf("counts %v, want one discarded", counts)
	}
}

// A stop that a job outlives cancels it and gives it back without using up an attempt.
func TestStoppedJobIsGivenBack(t *testing.T) {
	b := newTestbed(t)
	options := patient
	options.SoftStop = time.Millisecond
	started := make(chan struct{}, 1)
	client, _ := b.startClient(t, options, func(ctx context.Context, _ *river.Job[ListMeetings]) error {
		started <- struct{}{}
		<-ctx.Done()
		return ctx.Err()
	})
	b.admit(t, "1")
	b.enqueuer.Committed(ListMeetings{})
	await(t, started)
	if err := client.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
	var state string
	var attempt int
	if err := b.admin.QueryRow(t.Context(), `SELECT state, attempt FROM river.river_job`).Scan(&state, &attempt); err != nil {
		t.Fatal(err)
	}
	if state != "available" || attempt != 0 {
		t.Errorf("state %s, attempt %d; want it available again", state, attempt)
	}
}

// Another tenant's job cannot be enqueued, whatever its arguments say.
func TestEnqueueIsBoundToTheTenant(t *testing.T) {
	b := newTestbed(t)
	request := store.Request{Key: "k", ExpiresIn: time.Minute, EventType: "command.meetings", EventCategory: "data_access", ActorSlackID: "U1"}
	_, err := b.webhook.Tenant(b.tenant).Admit(t.Context(), request, func(ctx context.Context, tx pgx.Tx) error {
		return b.enqueuer.Enqueue(ctx, tx, ListMeetings{Click: Click{TenantID: uuid.New()}})
	})
	if err == nil || !strings.Contains(err.Error(), "row-level security") {
		t.Errorf("error %v, want row-level security's refusal", err)
	}
}

func TestRequestKey(t *testing.T) {
	const trigger = "398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
	sum := sha256.Sum256([]byte(trigger))
	if got, want := RequestKey(trigger), hex.EncodeToString(sum[:])[:32]; got != want {
		t.Errorf("key %q, want %q", got, want)
	}
}

func TestWakeupsAreCoalesced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sent []time.Duration
		start := time.Now()
		w := &wakeup{apart: coalesce, pending: make(chan struct{}, 1), log: slog.New(slog.DiscardHandler), notify: func(context.Context, string) error {
			sent = append(sent, time.Since(start))
			return errors.New("one that fails must not end the loop")
		}}
		ctx, stop := context.WithCancel(t.Context())
		go w.run(ctx)
		synctest.Wait()
		for range 100 {
			w.request("q")
			synctest.Wait()
		}
		<-time.After(time.Second)
		w.request("q")
		synctest.Wait()
		stop()
		synctest.Wait()
		if diff := cmp.Diff([]time.Duration{0, coalesce, time.Second}, sent); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}

// jobCounts returns followup_jobs_total by outcome.
func jobCounts(t *testing.T, registry *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]float64{}
	for _, family := range families {
		if family.GetName() != "followup_jobs_total" {
			continue
		}
		for _, metric := range family.GetMetric() {
			for _, label := range metric.GetLabel() {
				if label.GetName() == "outcome" {
					counts[label.GetValue()] = metric.GetCounter().GetValue()
				}
			}
		}
	}
	return counts
}
