package main

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/followup-dev/followup-operator/internal/jobs"
	"github.com/followup-dev/followup-operator/internal/store"
	"github.com/followup-dev/followup-operator/internal/telemetry"
	"github.com/followup-dev/followup-operator/internal/tenancy"
	"github.com/followup-dev/followup-operator/test/postgres"
)

const (
	appID      = "A0123456789"
	quietCount = 20
	quietLimit = 600 // a minute: the largest plan's
	poolSize   = 10  // as the webhook's
)

// bed is a durable database with tenants, and one process's parts of the road from a request to its job.
type bed struct {
	server   *postgres.Server
	admin    *pgxpool.Pool
	webhook  *store.DB
	worker   *store.DB
	enqueuer *jobs.Enqueuer
	river    *river.Client[pgx.Tx] // works the jobs
	plain    *river.Client[pgx.Tx] // inserts jobs as River does by itself, for first in, first out
	noisy    tenancy.ID
	quiet    []tenancy.ID
	stop     func()

	keys    atomic.Int64
	started sync.Map // request key to a channel that gets the moment
	gate    atomic.Pointer[chan struct{}]
	drained *sync.WaitGroup
}

func newBed(ctx context.Context, workers int) (*bed, error) {
	server, err := postgres.RunDurable(ctx)
	if err != nil {
		return nil, err
	}
	b := &bed{server: server, stop: func() {}, drained: &sync.WaitGroup{}}
	if err := b.open(ctx, workers); err != nil {
		b.close()
		return nil, err
	}
	return b, nil
}

func (b *bed) open(ctx context.Context, workers int) error {
	database, err := b.server.Create(ctx, "bench")
	if err != nil {
		return err
	}
	if b.admin, err = pgxpool.New(ctx, database.Admin); err != nil {
		return err
	}
	if b.webhook, err = store.Open(ctx, database.Webhook, store.Options{MaxConns: poolSize}); err != nil {
		return err
	}
	if b.worker, err = store.Open(ctx, database.Worker, store.Options{MaxConns: poolSize}); err != nil {
		return err
	}
	if err := b.syncTenants(ctx, database.Operator); err != nil {
		return err
	}
	return b.start(ctx, workers)
}

func (b *bed) syncTenants(ctx context.Context, dsn string) error {
	operator, err := store.Open(ctx, dsn, store.Options{})
	if err != nil {
		return err
	}
	defer operator.Close()
	save := func(name string, limit int) (tenancy.ID, error) {
		synced, err := operator.Control("cluster").SyncTenant(ctx, store.TenantRecord{
			Owner:      store.Owner{UID: name, Namespace: "bench", Name: name},
			SlackAppID: appID, SlackTeamID: "T-" + name, SlackTeamName: name, PlanTier: "enterprise", MinuteLimit: limit,
			TimeZone: "UTC", Locale: "en", Visibility: tenancy.Participants,
		})
		return synced.ID, err
	}
	if b.noisy, err = save("noisy", noise); err != nil {
		return err
	}
	for i := range quietCount {
		id, err := save("quiet-"+strconv.Itoa(i), quietLimit)
		if err != nil {
			return err
		}
		b.quiet = append(b.quiet, id)
	}
	return nil
}

// start runs what inserts, wakes and works.
func (b *bed) start(ctx context.Context, workers int) (err error) {
	log := slog.New(slog.DiscardHandler)
	if b.enqueuer, err = jobs.NewEnqueuer(b.webhook, appID, log); err != nil {
		return err
	}
	b.plain, err = river.NewClient(riverpgxv5.New(b.admin), &river.Config{Schema: "river", Logger: log})
	if err != nil {
		return err
	}
	known := river.NewWorkers()
	river.AddWorker(known, river.WorkFunc(b.work))
	b.river, err = jobs.NewClient(b.worker, appID, known, jobs.Options{
		Log: log, Metrics: telemetry.NewWebhook(prometheus.NewRegistry()), Workers: workers,
		JobTimeout: time.Minute, RescueAfter: 2 * time.Minute, SoftStop: time.Second,
	})
	if err != nil {
		return err
	}
	running, cancel := context.WithCancel(ctx)
	go b.enqueuer.Run(running)
	b.stop = cancel
	return b.river.Start(running)
}

func (b *bed) close() {
	if b.river != nil {
		_ = b.river.StopAndCancel(context.Background())
	}
	b.stop()
	for _, db := range []*store.DB{b.webhook, b.worker} {
		if db != nil {
			db.Close()
		}
	}
	if b.admin != nil {
		b.admin.Close()
	}
	_ = b.server.Remove()
}

// jobTime is how long each job takes.
const jobTime = 10 * time.Millisecond

// work is each job: it notes its start, and jobs of the noisy tenant wait for the gate before they run.
func (b *bed) work(ctx context.Context, job *river.Job[jobs.ListMeetings]) error {
	if start, known := b.started.LoadAndDelete(job.Args.RequestKey); known {
		start.(chan time.Time) <- time.Now()
	}
	if job.Args.TenantID == b.noisy {
		<-*b.gate.Load()
		defer b.drained.Done()
	}
	pause(ctx, jobTime)
	return nil
}

// enqueue inserts a job in one of two ways.
type enqueue func(context.Context, jobs.ListMeetings) error

// admit is the webhook's way.
func (b *bed) admit(ctx context.Context, job jobs.ListMeetings) error {
	request := store.Request{
		Key: job.RequestKey, ExpiresIn: time.Minute, EventType: "command.meetings", EventCategory: "data_access", ActorSlackID: job.SlackUserID,
	}
	admission, err := b.webhook.Tenant(job.TenantID).Admit(ctx, request, func(ctx context.Context, tx pgx.Tx) error {
		return b.enqueuer.Enqueue(ctx, tx, job)
	})
	if err != nil || admission.Verdict != store.Admitted {
		return fmt.Errorf("admit: %q: %w", admission.Verdict, err)
	}
	b.enqueuer.Committed(jobs.ListMeetings{})
	return nil
}

// insert is River's own way, in which jobs have no place in the line but their arrival's.
func (b *bed) insert(ctx context.Context, job jobs.ListMeetings) error {
	if _, err := b.plain.Insert(ctx, job, &river.InsertOpts{Queue: jobs.InteractiveQueue(appID)}); err != nil {
		return err
	}
	b.enqueuer.Committed(jobs.ListMeetings{})
	return nil
}

func (b *bed) newJob(tenant tenancy.ID) jobs.ListMeetings {
	key := "bench-" + strconv.FormatInt(b.keys.Add(1), 10)
	return jobs.ListMeetings{Click: jobs.Click{
		TenantID: tenant, SlackUserID: "U0123456789", TriggerID: key, ResponseURL: "https://hooks.slack.com/commands/bench",
		RequestKey: key, ReceivedAt: time.Now(),
	}}
}

// timed inserts a job and returns how long it took until it started.
func (b *bed) timed(ctx context.Context, tenant tenancy.ID, how enqueue) (time.Duration, error) {
	job, start := b.newJob(tenant), make(chan time.Time, 1)
	b.started.Store(job.RequestKey, start)
	asked := time.Now()
	if err := how(ctx, job); err != nil {
		return 0, err
	}
	select {
	case at := <-start:
		return at.Sub(asked), nil
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// reset leaves no trace of the measurement before.
func (b *bed) reset(ctx context.Context) error {
	_, err := b.admin.Exec(ctx, `
		TRUNCATE river.river_job, followup.deliveries, followup.audit_logs;
		UPDATE followup.tenant_runtime SET minute = 'epoch', used = 0, virtual_next = 'epoch'`)
	return err
}
