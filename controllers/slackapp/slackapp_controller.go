package slackapp

import (
	"context"
	"time"

	esv1 "github.com/external-secrets/external-secrets/apis/externalsecrets/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/controllers/claims"
	"github.com/followup-dev/followup-operator/controllers/secrets"
	"github.com/followup-dev/followup-operator/internal/credentials"
	"github.com/followup-dev/followup-operator/internal/reconciler"
)

// Kind is the name of the kind that this controller reconciles.
const Kind = "SlackApp"

// Config is what the operator's flags say of webhooks.
type Config struct {
	// Image of the webhook.
	Image string
	// ClusterRole lets a webhook read the Secrets of its namespace.
	ClusterRole string
	// WebhookDSN and WorkerDSN are the data plane's logins.
	WebhookDSN credentials.Secret
	WorkerDSN  credentials.Secret
	// VendorFlags are handed to the webhook as they are.
	VendorFlags []string
}

// Reconciler reconciles SlackApps.
type Reconciler struct {
	config   Config
	client   client.Client
	applier  *reconciler.Applier
	claims   *claims.Checker
	secrets  *secrets.Syncer
	reporter *reconciler.Reporter
}

// +kubebuilder:rbac:groups=followup.dev,resources=slackapps,verbs=get;list;watch
// +kubebuilder:rbac:groups=followup.dev,resources=slackapps/status,verbs=patch
// +kubebuilder:rbac:groups=followup.dev,resources=slackapps/finalizers,verbs=update
// +kubebuilder:rbac:groups=external-secrets.io,resources=externalsecrets,verbs=get;list;watch;create;patch;delete
// +kubebuilder:rbac:groups=apps,resources=deployments,verbs=get;list;watch;create;patch
// +kubebuilder:rbac:groups="",resources=services;serviceaccounts;secrets,verbs=get;list;watch;create;patch
// +kubebuilder:rbac:groups=rbac.authorization.k8s.io,resources=rolebindings,verbs=get;list;watch;create;patch
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch

// Dependencies is what a Reconciler works with.
type Dependencies struct {
	reconciler.Cluster
	Config  Config
	Claims  *claims.Checker
	Secrets client.Reader // cached metadata of the Secrets labelled v1alpha1.LabelSlackApp
	Reports *secrets.Reports
}

// New returns a Reconciler, which SetupWithManager has run and a plan calls by itself.
func New(given Dependencies) *Reconciler {
	applier := &reconciler.Applier{Client: given.Client, Live: given.Live}
	return &Reconciler{
		config:   given.Config,
		client:   given.Client,
		applier:  applier,
		claims:   given.Claims,
		secrets:  secrets.NewSyncer(applier, given.Secrets, given.Reports),
		reporter: reconciler.NewReporter(Kind, given.Cluster),
	}
}

// SetupWithManager registers the controller. labelled is the cache that given.Secrets reads.
func SetupWithManager(mgr ctrl.Manager, given Dependencies, labelled cache.Cache, options controller.Options) error {
	logins, err := reconciler.LabelledMetadata(mgr, labelLogins, reconciler.SecretMeta())
	if err != nil {
		return err
	}
	r := New(given)
	owner := handler.EnqueueRequestForOwner(mgr.GetScheme(), mgr.GetRESTMapper(), &v1alpha1.SlackApp{}, handler.OnlyControllerOwner())
	secretMeta := client.Object(reconciler.SecretMeta())
	return ctrl.NewControllerManagedBy(mgr).
		Named("slackapp").
		WithOptions(options).
		For(&v1alpha1.SlackApp{}, builder.WithPredicates(reconciler.Asked())).
		Watches(&v1alpha1.SlackApp{}, handler.EnqueueRequestsFromMapFunc(r.rivals), builder.WithPredicates(reconciler.Changed(claims.SameRefusal))).
		Owns(&appsv1.Deployment{}).
		Owns(&corev1.Service{}).
		Owns(&corev1.ServiceAccount{}).
		Owns(&rbacv1.RoleBinding{}).
		WatchesRawSource(source.Kind(logins, secretMeta, owner)).
		WatchesRawSource(source.Kind(labelled, secretMeta, secrets.LabelledOwner(v1alpha1.LabelSlackApp))).
		WatchesRawSource(reconciler.WhenInstalled(mgr, &esv1.ExternalSecret{}, 10*time.Second, owner, secrets.Fetched())).
		WatchesRawSource(given.Reports.Source(mgr, Kind)).
		Complete(r)
}

// Reconcile brings what a SlackApp owns in line with its spec, and its status in line with both.
func (r *Reconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	app := &v1alpha1.SlackApp{}
	if err := r.client.Get(ctx, req.NamespacedName, app); err != nil {
		if apierrors.IsNotFound(err) {
			r.deleted(req.NamespacedName)
		}
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if !app.DeletionTimestamp.IsZero() {
		return ctrl.Result{}, nil // owner references do the rest
	}
	s := newScope(app)
	err := reconciler.Run(ctx, s,
		r.claim,
		r.applyWorkload,
		r.fetchCredentials,
		r.checkCredentials,
		r.checkAvailable,
		r.stopFetching,
	)
	before := app.DeepCopy()
	return r.reporter.Finish(ctx, before, app, s.recordStatus(), err)
}

// deleted has nothing to undo: owner references do that.
func (r *Reconciler) deleted(app types.NamespacedName) {
	r.secrets.Forget(app)
	r.reporter.Gone(app)
}

// rivals wakes those that may be served, or no more, now that another SlackApp came, went, was admitted or refused.
func (r *Reconciler) rivals(ctx context.Context, obj client.Object) []reconcile.Request {
	app, ok := obj.(*v1alpha1.SlackApp)
	if !ok {
		return nil
	}
	rivals, err := r.claims.Rivals(ctx, app)
	if err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "can't wake the rivals of a SlackApp")
		return nil
	}
	var requests []reconcile.Request
	for i := range rivals {
		requests = append(requests, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&rivals[i])})
	}
	return requests
}
