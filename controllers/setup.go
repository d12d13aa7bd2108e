package controllers

import (
	"cmp"
	"context"
	"time"

	esv1 "github.com/external-secrets/external-secrets/apis/externalsecrets/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/controllers/claims"
	"github.com/followup-dev/followup-operator/controllers/crmconnection"
	"github.com/followup-dev/followup-operator/controllers/health"
	"github.com/followup-dev/followup-operator/controllers/plan"
	"github.com/followup-dev/followup-operator/controllers/secrets"
	"github.com/followup-dev/followup-operator/controllers/slackapp"
	"github.com/followup-dev/followup-operator/controllers/tenant"
	"github.com/followup-dev/followup-operator/controllers/usage"
	"github.com/followup-dev/followup-operator/internal/reconciler"
)

// concurrency is how many objects of a kind are reconciled at once. A reconcile waits for the database and the API server,
// so the number is not bound to that of CPUs.
const concurrency = 10

// scanEvery is how often rows are compared with objects.
const scanEvery = 10 * time.Minute

// usageEvery is how often it is counted what tenants use, by a query that reads all users.
const usageEvery = 10 * time.Minute

// Rows keeps the rows of all kinds. *store.Control is one.
type Rows interface {
	tenant.Rows
	crmconnection.Rows
	health.Rows
	usage.Rows
	plan.Rows
}

// Dependencies is what the controllers are given.
type Dependencies struct {
	OperatorNamespace string
	Webhook           slackapp.Config
	Rows              Rows
	Observer          reconciler.Observer
	ScanEvery         time.Duration // how often rows are compared with objects; 0: every 10 minutes
}

// NewScheme returns a scheme with all kinds that the controllers read or write.
func NewScheme() (*runtime.Scheme, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, esv1.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			return nil, err
		}
	}
	return scheme, nil
}

// CacheOptions has the cache hold our kinds whole, and of others' kinds only what the operator applied. That is the default,
// and not a list of their kinds, because one of them need not be installed.
func CacheOptions() cache.Options {
	all := cache.ByObject{Label: labels.Everything(), Transform: reconciler.Slim()}
	return cache.Options{
		DefaultTransform:     cache.TransformStripManagedFields(),
		DefaultLabelSelector: labels.SelectorFromSet(labels.Set{reconciler.LabelManagedBy: reconciler.FieldManager}),
		ByObject: map[client.Object]cache.ByObject{
			&v1alpha1.SlackApp{}:      all,
			&v1alpha1.Tenant{}:        all,
			&v1alpha1.CRMConnection{}: all,
		},
	}
}

// ClientOptions has a read of our own kinds wait for the cache to see the last write of their status. It is not so for what
// is applied: of that, a reconcile judges what the API server answered (see reconciler.Applier).
func ClientOptions() client.Options {
	return client.Options{Cache: &client.CacheOptions{
		DisableFor:                      []client.Object{&corev1.Secret{}},
		EnableReadYourWritesConsistency: new(true),
	}}
}

// SetupWithManager registers all controllers, and returns a Planner that works as they do.
func SetupWithManager(ctx context.Context, mgr ctrl.Manager, given Dependencies) (*plan.Planner, error) {
	if err := claims.Index(ctx, mgr); err != nil {
		return nil, err
	}
	cluster := reconciler.Cluster{
		Client: mgr.GetClient(), Live: mgr.GetAPIReader(), Recorder: mgr.GetEventRecorder("followup-operator"), Observer: given.Observer,
	}
	reports, err := secrets.NewReports(ctx, mgr)
	if err != nil {
		return nil, err
	}
	given.ScanEvery = cmp.Or(given.ScanEvery, scanEvery)
	claimed := &claims.Checker{Reader: mgr.GetClient(), OperatorNamespace: given.OperatorNamespace}
	ofApps, err := reconciler.LabelledMetadata(mgr, v1alpha1.LabelSlackApp, reconciler.SecretMeta())
	if err != nil {
		return nil, err
	}
	if err := slackapp.SetupWithManager(mgr, slackapp.Dependencies{
		Cluster: cluster, Config: given.Webhook, Claims: claimed, Secrets: ofApps, Reports: reports,
	}, ofApps, options()); err != nil {
		return nil, err
	}
	ofTenants, err := reconciler.LabelledMetadata(mgr, v1alpha1.LabelTenant, reconciler.SecretMeta(), reconciler.ConfigMapMeta())
	if err != nil {
		return nil, err
	}
	tenants := reconciler.NewWaker()
	counts := usage.New(given.Rows, mgr.GetClient(), tenants.Wake)
	if err := mgr.Add(reconciler.Every(usageEvery, "count what tenants use", counts.Poll)); err != nil {
		return nil, err
	}
	if err := tenant.SetupWithManager(ctx, mgr, tenant.Dependencies{
		Cluster: cluster, Rows: given.Rows, Claims: claimed, Secrets: ofTenants, Reports: reports, Waker: tenants, Usage: counts, ScanEvery: given.ScanEvery,
	}, ofTenants, options()); err != nil {
		return nil, err
	}
	connections := reconciler.NewWaker()
	heard := &health.Listener{Rows: given.Rows, Tenants: tenants, Connections: connections}
	if err := mgr.Add(manager.RunnableFunc(heard.Run)); err != nil {
		return nil, err
	}
	if err := mgr.Add(reconciler.Every(health.LookEvery, "look for health that was not heard of", heard.Look)); err != nil {
		return nil, err
	}
	err = crmconnection.SetupWithManager(ctx, mgr, crmconnection.Dependencies{
		Cluster: cluster, Rows: given.Rows, Secrets: ofTenants, Reports: reports, Waker: connections, ScanEvery: given.ScanEvery,
	}, ofTenants, options())
	return &plan.Planner{
		Client: cluster.Client, Live: cluster.Live, Reports: reports, OperatorNamespace: given.OperatorNamespace, Webhook: given.Webhook, Rows: given.Rows,
	}, err
}

// options retries what failed after 200 ms, doubling to a minute, so that a database that comes back is found within one.
func options() controller.Options {
	return controller.Options{
		MaxConcurrentReconciles: concurrency,
		RateLimiter:             workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](200*time.Millisecond, time.Minute),
	}
}
