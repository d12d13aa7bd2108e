package main

import (
	"context"
	"io"
	"log/slog"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/followup-dev/followup-operator/controllers"
	"github.com/followup-dev/followup-operator/controllers/slackapp"
	"github.com/followup-dev/followup-operator/internal/schema"
	"github.com/followup-dev/followup-operator/internal/store"
	"github.com/followup-dev/followup-operator/internal/telemetry"
)

// databaseConnections serves the controllers' 30 workers: each statement takes about a millisecond.
const databaseConnections = 10

// manage runs the controllers until the context ends.
func manage(ctx context.Context, args []string, output io.Writer, log *slog.Logger) error {
	cfg, err := parseConfig(args, output)
	if err != nil {
		return err
	}
	logins, err := readLogins(cfg.loginsDir)
	if err != nil {
		return err
	}
	if err := schema.Check(ctx, logins.operator.Reveal()); err != nil {
		return err
	}
	db, err := store.Open(ctx, logins.operator.Reveal(), store.Options{
		MaxConns: databaseConnections, ApplicationName: "followup-operator",
		Observe: telemetry.NewQueries(metrics.Registry).Observer("operator", log),
	})
	if err != nil {
		return err
	}
	defer db.Close()
	mgr, err := newManager(cfg)
	if err != nil {
		return err
	}
	telemetry.RegisterPool(metrics.Registry, "operator", func() telemetry.PoolStats {
		s := db.Stats()
		return telemetry.PoolStats{Max: s.Max, Idle: s.Idle, Acquired: s.Acquired}
	})
	if err := addHousekeeping(mgr, db.Control()); err != nil {
		return err
	}
	err = controllers.SetupWithManager(ctx, mgr, controllers.Dependencies{
		OperatorNamespace: cfg.operatorNamespace,
		Webhook: slackapp.Config{
			Image:       cfg.webhookImage,
			ClusterRole: cfg.webhookClusterRole,
			WebhookDSN:  logins.webhook,
			WorkerDSN:   logins.worker,
			VendorFlags: cfg.vendorFlags,
		},
		Rows:     db.Control(),
		Observer: telemetry.NewOperator(metrics.Registry),
	})
	if err != nil {
		return err
	}
	return mgr.Start(ctx)
}

// newManager returns a manager. It gives the lease back when it ends, so that another replica takes over at once.
func newManager(cfg config) (ctrl.Manager, error) {
	kubeconfig, err := ctrl.GetConfig()
	if err != nil {
		return nil, err
	}
	kubeconfig.QPS = -1 // the API server's priority and fairness is the limit
	scheme, err := controllers.NewScheme()
	if err != nil {
		return nil, err
	}
	mgr, err := ctrl.NewManager(kubeconfig, ctrl.Options{
		Scheme:                        scheme,
		Cache:                         controllers.CacheOptions(),
		Client:                        controllers.ClientOptions(),
		LeaderElection:                cfg.leaderElect,
		LeaderElectionID:              "followup-operator",
		LeaderElectionNamespace:       cfg.operatorNamespace,
		LeaderElectionReleaseOnCancel: true,
		Metrics:                       metricsserver.Options{BindAddress: cfg.metricsBindAddress},
		HealthProbeBindAddress:        cfg.healthProbeBindAddress,
	})
	if err != nil {
		return nil, err
	}
	if err := mgr.AddHealthzCheck("ping", healthz.Ping); err != nil {
		return nil, err
	}
	return mgr, mgr.AddReadyzCheck("ping", healthz.Ping)
}
