package main

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/riverqueue/river"

	"github.com/followup-dev/followup-operator/internal/credentials"
	"github.com/followup-dev/followup-operator/internal/directory"
	"github.com/followup-dev/followup-operator/internal/intake"
	"github.com/followup-dev/followup-operator/internal/jobs"
	"github.com/followup-dev/followup-operator/internal/store"
	"github.com/followup-dev/followup-operator/internal/telemetry"
	"github.com/followup-dev/followup-operator/internal/workers"
)

// maxConns bounds each of the two pools; the listeners of the directory and of River come on top.
const maxConns = 10

// webhook is the process, assembled.
type webhook struct {
	log    *slog.Logger
	timing timing

	public  *server
	metrics *server
	ready   *intake.Readiness

	workerDSN string
	pools     []*store.DB
	secrets   *credentials.Informer // nil outside Kubernetes
	tenants   *directory.Directory
	enqueuer  *jobs.Enqueuer
	notices   *intake.Notifier
	river     *river.Client[pgx.Tx]
	sweeper   *jobs.Sweeper
	health    *jobs.HealthTeller
	verifier  *workers.Verifier
	workers   int // 0: river is not started, others run the jobs
}

// newWebhook makes the parts and binds the ports; nothing runs yet.
func newWebhook(ctx context.Context, cfg config, limits timing, log *slog.Logger) (*webhook, error) {
	w := &webhook{log: log, timing: limits, workers: cfg.workers}
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	metrics, queries := telemetry.NewWebhook(registry), telemetry.NewQueries(registry)

	webhookDSN, err := readDSN(cfg.webhookDSNFile)
	if err != nil {
		return nil, err
	}
	if w.workerDSN, err = readDSN(cfg.workerDSNFile); err != nil {
		return nil, err
	}
	webhookDB, err := w.openPool(ctx, webhookDSN, "webhook", registry, queries)
	if err != nil {
		return nil, err
	}
	workerDB, err := w.openPool(ctx, w.workerDSN, "worker", registry, queries)
	if err != nil {
		return nil, err
	}
	source, err := w.credentialsSource(cfg)
	if err != nil {
		return nil, err
	}
	w.tenants = directory.New(webhookDB, store.App{ID: cfg.appID, Namespace: cfg.credentialsNamespace}, log)
	telemetry.RegisterDirectory(registry, w.tenants.Len, w.tenants.Age)
	if w.enqueuer, err = jobs.NewEnqueuer(webhookDB, cfg.appID, log); err != nil {
		return nil, err
	}
	all, err := w.newAdapters(cfg, workerDB, source, metrics)
	if err != nil {
		return nil, err
	}
	w.health = jobs.NewHealthTeller(workerDB, cfg.appID, log)
	all.Tell = w.health.Tell
	if w.river, err = w.newRiver(cfg, workerDB, all, metrics); err != nil {
		return nil, err
	}
	w.sweeper = &jobs.Sweeper{Client: w.river, AppID: cfg.appID, Log: log}
	if err := w.newVerifier(cfg, webhookDB, all); err != nil {
		return nil, err
	}
	w.notices = intake.NewNotifier(intake.NotifierConfig{Bot: all.Bot, Metrics: metrics, Drain: limits.tell})
	signing := &signing{
		source: source, owner: credentials.OfSlackApp(cfg.slackApp), ref: cfg.signingSecret, log: log, now: time.Now,
	}
	handler := intake.NewHandler(intake.Config{
		AppID: cfg.appID, Secrets: signing.secrets, Directory: w.tenants, DB: webhookDB, Jobs: w.enqueuer,
		Find: all.Find, Contacts: all.Contacts, Accounts: all.Accounts, Recording: all.Recording,
		Notices: w.notices, Metrics: metrics, Log: log, Now: time.Now, Budget: limits.budget,
	})
	w.ready = intake.NewReadiness(w.loaded, signing.ready)
	if w.public, err = listen(ctx, cfg.listen, intake.Routes(handler, w.ready), log); err != nil {
		return nil, err
	}
	scrape := http.NewServeMux()
	scrape.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	w.metrics, err = listen(ctx, cfg.metricsListen, scrape, log)
	return w, err
}
