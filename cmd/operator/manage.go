package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
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
const databaseConnections = 8

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
	cluster, err := clusterOf(ctx, mgr.GetAPIReader())
	if err != nil {
		return err
	}
	control := db.Control(string(cluster))
	telemetry.RegisterPool(metrics.Registry, "operator", func() telemetry.PoolStats {
		s := db.Stats()
		return telemetry.PoolStats{Max: s.Max, Idle: s.Idle, Acquired: s.Acquired}
	})
	if err := addHousekeeping(mgr, control); err != nil {
		return err
	}
	planner, err := controllers.SetupWithManager(ctx, mgr, controllers.Dependencies{
		OperatorNamespace: cfg.operatorNamespace,
		Webhook: slackapp.Config{
			Image:       cfg.webhookImage,
			ClusterRole: cfg.webhookClusterRole,
			WebhookDSN:  logins.webhook,
			WorkerDSN:   logins.worker,
			VendorFlags: cfg.vendorFlags,
		},
		Rows:     control,
		Observer: telemetry.NewOperator(metrics.Registry),
	})
	if err != nil {
		return err
	}
	if err := addPlans(mgr, cfg.planBindAddress, planner.Handler()); err != nil {
		return err
	}
	return mgr.Start(ctx)
}

// +kubebuilder:rbac:groups="",resources=namespaces,resourceNames=kube-system,verbs=get

// clusterOf tells a cluster from others, and from what it was before it was made anew: by the UID of a namespace that each has.
func clusterOf(ctx context.Context, live client.Reader) (types.UID, error) {
	namespace := &metav1.PartialObjectMetadata{}
	namespace.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Namespace"))
	if err := live.Get(ctx, client.ObjectKey{Name: metav1.NamespaceSystem}, namespace); err != nil {
		return "", fmt.Errorf("find out which cluster this is: %w", err)
	}
	return namespace.UID, nil
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
		PprofBindAddress:              cfg.pprofBindAddress,
	})
	if err != nil {
		return nil, err
	}
	if err := mgr.AddHealthzCheck("ping", healthz.Ping); err != nil {
		return nil, err
	}
	return mgr, mgr.AddReadyzCheck("ping", healthz.Ping)
}
