package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/riverqueue/river"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"

	"github.com/followup-dev/followup-operator/internal/adapters"
	"github.com/followup-dev/followup-operator/internal/credentials"
	"github.com/followup-dev/followup-operator/internal/google"
	"github.com/followup-dev/followup-operator/internal/jobs"
	"github.com/followup-dev/followup-operator/internal/slackapi"
	"github.com/followup-dev/followup-operator/internal/store"
	"github.com/followup-dev/followup-operator/internal/telemetry"
	"github.com/followup-dev/followup-operator/internal/tenancy"
	"github.com/followup-dev/followup-operator/internal/vendorhttp"
	"github.com/followup-dev/followup-operator/internal/workers"
)

// openPool opens the pool of a login and exports its connections and statements.
func (w *webhook) openPool(
	ctx context.Context, dsn, name string, registry prometheus.Registerer, queries *telemetry.Queries,
) (*store.DB, error) {
	db, err := store.Open(ctx, dsn, store.Options{
		MaxConns: maxConns, ApplicationName: "followup-" + name, Observe: queries.Observer(name, w.log),
	})
	if err != nil {
		return nil, fmt.Errorf("open the pool %s: %w", name, err)
	}
	w.pools = append(w.pools, db)
	telemetry.RegisterPool(registry, name, func() telemetry.PoolStats {
		return telemetry.PoolStats(db.Stats())
	})
	return db, nil
}

// credentialsSource is the namespace's labelled Secrets, or a directory outside Kubernetes.
func (w *webhook) credentialsSource(cfg config) (credentials.Source, error) {
	if cfg.credentialsDir != "" {
		return credentials.NewDirectory(cfg.credentialsDir), nil
	}
	cluster, err := rest.InClusterConfig()
	if err != nil {
		return nil, fmt.Errorf("find the API server (outside Kubernetes, give --credentials-dir): %w", err)
	}
	client, err := typedcorev1.NewForConfig(cluster)
	if err != nil {
		return nil, fmt.Errorf("make the client of the API server: %w", err)
	}
	w.secrets, err = credentials.NewInformer(client, cfg.credentialsNamespace, cfg.slackApp)
	return w.secrets, err
}

// newAdapters joins the use cases to their vendors and, with the worker's pool, to their rows.
func (w *webhook) newAdapters(
	cfg config, db *store.DB, source credentials.Source, metrics *telemetry.Webhook,
) (*adapters.Adapters, error) {
	vendors := vendorhttp.New(nil, metrics.VendorCalls(w.log))
	slack, err := slackapi.New(vendors, cfg.slackAPIURL, cfg.slackHooksURL, w.log)
	if err != nil {
		return nil, err
	}
	return &adapters.Adapters{
		Credentials: source, Store: db, Slack: slack, Vendors: vendors, Now: time.Now, Log: w.log,
		App: credentials.OfSlackApp(cfg.slackApp), AIKey: cfg.aiKey, OAuth: cfg.googleClient, Encryption: cfg.encryption, AIModel: cfg.aiModel,
		FathomURL: cfg.fathomAPIURL, AIURL: cfg.anthropicAPIURL, CronoURL: cfg.cronoAPIURL,
		Google: google.URLs{Gmail: cfg.gmailAPIURL, Calendar: cfg.calendarAPIURL, Token: cfg.googleTokenURL},
	}, nil
}

// newRiver makes the client that runs the jobs, with the worker's pool.
func (w *webhook) newRiver(cfg config, db *store.DB, all *adapters.Adapters, metrics *telemetry.Webhook) (*river.Client[pgx.Tx], error) {
	known := workers.All(workers.Worker{Directory: w.tenants, Adapters: all, Now: time.Now, Log: w.log}, w.tenants.All)
	return jobs.NewClient(db, cfg.appID, known, jobs.Options{
		Log: w.log, Metrics: metrics, Workers: cfg.workers, SoftStop: w.timing.work,
		JobTimeout: w.timing.jobTimeout, RescueAfter: w.timing.rescueAfter,
	})
}

// newVerifier makes what has credentials tried, and has it hear of those that change. It asks with the webhook's pool, and
// enqueues with the worker's.
func (w *webhook) newVerifier(cfg config, db *store.DB, all *adapters.Adapters) error {
	app := store.App{ID: cfg.appID, Namespace: cfg.credentialsNamespace}
	w.verifier = &workers.Verifier{
		Adapters: all,
		Tenants:  w.tenants.All,
		Checks:   func(ctx context.Context) (map[tenancy.ID]store.TenantChecks, error) { return db.Checks(ctx, app) },
		Enqueue: func(ctx context.Context, wanted []jobs.VerifyCredentials) error {
			return jobs.Verify(ctx, w.river, cfg.appID, wanted)
		},
		Log: w.log,
	}
	w.tenants.OnChange(w.verifier.TenantChanged)
	if w.secrets == nil {
		return nil
	}
	return w.secrets.OnChange(w.verifier.SecretChanged)
}

func (w *webhook) loaded() error {
	if !w.tenants.Loaded() {
		return errors.New("tenants not loaded yet")
	}
	return nil
}
