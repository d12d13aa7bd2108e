package tenant

import (
	"context"
	"errors"
	"time"

	esv1 "github.com/external-secrets/external-secrets/apis/externalsecrets/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/controllers/claims"
	"github.com/followup-dev/followup-operator/controllers/scan"
	"github.com/followup-dev/followup-operator/controllers/secrets"
	"github.com/followup-dev/followup-operator/controllers/usage"
	"github.com/followup-dev/followup-operator/internal/reconciler"
	"github.com/followup-dev/followup-operator/internal/store"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// Kind is the name of the kind that this controller reconciles.
const Kind = "Tenant"

// Rows keeps the tenants' rows. *store.Control is one.
type Rows interface {
	SyncTenant(ctx context.Context, record store.TenantRecord) (store.SyncedTenant, error)
	RetireTenant(ctx context.Context, owner store.Owner) (bool, error)
	Installations
	Eraser
	ScanTenants(ctx context.Context, visit store.Visit) error
}

// Installations keeps what is known of the app in the tenants' workspaces.
type Installations interface {
	RecordInstallation(ctx context.Context, id tenancy.ID, tokenDigest string) error
	DisconnectedOwners(ctx context.Context) ([]store.Owner, error)
	DisconnectedOwner(ctx context.Context, id tenancy.ID) (store.Owner, error)
	ListenDisconnections(ctx context.Context, events store.TenantEvents) error
}

// Reconciler reconciles Tenants.
type Reconciler struct {
	client   client.Client
	rows     Rows
	claims   *claims.Checker
	secrets  *secrets.Syncer
	scanner  *scan.Scanner
	reporter *reconciler.Reporter
	waker    *reconciler.Waker
	usage    *usage.Counts
	eraseFor time.Duration
	now      func() time.Time
}

// +kubebuilder:rbac:groups=followup.dev,resources=tenants,verbs=get;list;watch;patch
// +kubebuilder:rbac:groups=followup.dev,resources=tenants/status,verbs=patch
// +kubebuilder:rbac:groups=followup.dev,resources=tenants/finalizers,verbs=update

// Dependencies is what a Reconciler works with.
type Dependencies struct {
	reconciler.Cluster
	Rows    Rows
	Claims  *claims.Checker
	Secrets client.Reader // cached metadata of the Secrets labelled v1alpha1.LabelTenant
	Reports *secrets.Reports
	Waker   *reconciler.Waker // of Tenants
	Usage   *usage.Counts

	ScanEvery time.Duration // how often rows are compared with Tenants
}

// New returns a Reconciler, which SetupWithManager has run and a plan calls by itself.
func New(given Dependencies) *Reconciler {
	applier := &reconciler.Applier{Client: given.Client, Live: given.Live}
	r := &Reconciler{
		client:   given.Client,
		rows:     given.Rows,
		claims:   given.Claims,
		secrets:  secrets.NewSyncer(applier, given.Secrets, given.Reports),
		reporter: reconciler.NewReporter(Kind, given.Cluster, v1alpha1.ConditionSlackConnected, v1alpha1.ConditionVerified),
		waker:    given.Waker,
		usage:    given.Usage,
		eraseFor: eraseFor,
		now:      time.Now,
	}
	r.scanner = &scan.Scanner{
		Cache: given.Client, Live: given.Live, New: func() client.Object { return &v1alpha1.Tenant{} }, Waker: given.Waker,
		Rows: given.Rows.ScanTenants, Declared: r.withRow, Retire: given.Rows.RetireTenant, Retired: r.wakeRefused,
	}
	return r
}

// SetupWithManager registers the controller. labelled is the cache that given.Secrets reads.
func SetupWithManager(ctx context.Context, mgr ctrl.Manager, given Dependencies, labelled cache.Cache, options controller.Options) error {
	if err := index(ctx, mgr); err != nil {
		return err
	}
	r := New(given)
	if err := mgr.Add(reconciler.Every(given.ScanEvery, "compare Tenants with their rows", r.scan)); err != nil {
		return err
	}
	if err := mgr.Add(manager.RunnableFunc(r.hearDisconnections)); err != nil {
		return err
	}
	owner := handler.EnqueueRequestForOwner(mgr.GetScheme(), mgr.GetRESTMapper(), &v1alpha1.Tenant{}, handler.OnlyControllerOwner())
	return ctrl.NewControllerManagedBy(mgr).
		Named("tenant").
		WithOptions(options).
		For(&v1alpha1.Tenant{}, builder.WithPredicates(reconciler.Asked())).
		Watches(&v1alpha1.SlackApp{}, handler.EnqueueRequestsFromMapFunc(r.ofSlackApp),
			builder.WithPredicates(reconciler.Changed(sameOffer))).
		Watches(&v1alpha1.CRMConnection{}, recount(), builder.WithPredicates(reconciler.Changed(sameCount))).
		WatchesRawSource(source.Kind(labelled, client.Object(reconciler.SecretMeta()), secrets.LabelledOwner(v1alpha1.LabelTenant))).
		WatchesRawSource(reconciler.WhenInstalled(mgr, &esv1.ExternalSecret{}, 10*time.Second, owner, secrets.Fetched())).
		WatchesRawSource(given.Waker.Source()).
		WatchesRawSource(given.Reports.Source(mgr, Kind)).
		Complete(r)
}

// Reconcile brings a Tenant's row and ExternalSecrets in line with its spec, and its status in line with all.
func (r *Reconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	tenant := &v1alpha1.Tenant{}
	err := r.client.Get(ctx, req.NamespacedName, tenant)
	if client.IgnoreNotFound(err) != nil {
		return ctrl.Result{}, err
	}
	if err != nil {
		return ctrl.Result{}, r.deleted(ctx, req.NamespacedName)
	}
	if !tenant.DeletionTimestamp.IsZero() {
		return r.leave(ctx, tenant)
	}
	s := newScope(tenant)
	err = reconciler.Run(ctx, s,
		r.keepFinalizer,
		r.countConnections,
		r.findSlackApp,
		r.findLimits,
		r.checkTimeZone,
		r.syncRow,
		r.fetchCredentials,
		r.checkSlackToken,
		r.recordInstallation,
		r.checkOtherCredentials,
		r.judgeCredentials,
		r.stopFetching,
	)
	before, now := tenant.DeepCopy(), r.now()
	r.recordUsage(s)
	result, err := r.reporter.Finish(ctx, before, tenant, s.recordStatus(err, now), err)
	return untilTrialEnds(result, tenant.Spec, now), err
}

func (r *Reconciler) deleted(ctx context.Context, name types.NamespacedName) error {
	r.secrets.Forget(name)
	r.reporter.Gone(name)
	return r.scanner.Deleted(ctx, store.Owner{Namespace: name.Namespace, Name: name.Name})
}

// scan also wakes the refused: one may have been waiting for a row that was retired, or removed by hand.
func (r *Reconciler) scan(ctx context.Context) error {
	return errors.Join(r.scanner.Scan(ctx), r.wakeRefused(ctx))
}

// withRow lists the Tenants whose status says that they have a row.
func (r *Reconciler) withRow(ctx context.Context) ([]types.NamespacedName, error) {
	var tenants v1alpha1.TenantList
	if err := r.client.List(ctx, &tenants, client.UnsafeDisableDeepCopy); err != nil {
		return nil, err
	}
	names := make([]types.NamespacedName, 0, len(tenants.Items))
	for i := range tenants.Items {
		if tenants.Items[i].Status.TenantID != "" {
			names = append(names, client.ObjectKeyFromObject(&tenants.Items[i]))
		}
	}
	return names, nil
}
