package crmconnection

import (
	"context"
	"time"

	esv1 "github.com/external-secrets/external-secrets/apis/externalsecrets/v1"
	"github.com/google/uuid"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/controllers/scan"
	"github.com/followup-dev/followup-operator/controllers/secrets"
	"github.com/followup-dev/followup-operator/internal/mappings"
	"github.com/followup-dev/followup-operator/internal/reconciler"
	"github.com/followup-dev/followup-operator/internal/store"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// Kind is the name of the kind that this controller reconciles.
const Kind = "CRMConnection"

// Rows keeps the connections' rows. *store.Control is one.
type Rows interface {
	SyncConnection(ctx context.Context, record store.ConnectionRecord) (store.SyncedConnection, error)
	SaveMappings(ctx context.Context, tenant tenancy.ID, connection uuid.UUID, declared []mappings.Mapping) error
	RetireConnection(ctx context.Context, owner store.Owner) (bool, error)
	ScanConnections(ctx context.Context, visit store.Visit) error
}

// Reconciler reconciles CRMConnections.
type Reconciler struct {
	client   client.Client
	live     client.Reader
	rows     Rows
	secrets  *secrets.Syncer
	scanner  *scan.Scanner
	reporter *reconciler.Reporter
}

// +kubebuilder:rbac:groups=followup.dev,resources=crmconnections,verbs=get;list;watch
// +kubebuilder:rbac:groups=followup.dev,resources=crmconnections/status,verbs=patch
// +kubebuilder:rbac:groups=followup.dev,resources=crmconnections/finalizers,verbs=update
// +kubebuilder:rbac:groups="",resources=configmaps,verbs=get;list;watch

// Dependencies is what a Reconciler works with.
type Dependencies struct {
	reconciler.Cluster
	Rows    Rows
	Secrets client.Reader // cached metadata of the Secrets labelled v1alpha1.LabelTenant
	Reports *secrets.Reports
	Waker   *reconciler.Waker // of CRMConnections

	ScanEvery time.Duration // how often rows are compared with CRMConnections
}

// New returns a Reconciler, which SetupWithManager has run and a plan calls by itself.
func New(given Dependencies) *Reconciler {
	applier := &reconciler.Applier{Client: given.Client, Live: given.Live}
	r := &Reconciler{
		client:   given.Client,
		live:     given.Live,
		rows:     given.Rows,
		secrets:  secrets.NewSyncer(applier, given.Secrets, given.Reports),
		reporter: reconciler.NewReporter(Kind, given.Cluster, v1alpha1.ConditionVerified, v1alpha1.ConditionHealthy),
	}
	r.scanner = &scan.Scanner{
		Cache: given.Client, Live: given.Live, New: func() client.Object { return &v1alpha1.CRMConnection{} }, Waker: given.Waker,
		Rows: given.Rows.ScanConnections, Declared: r.withRow, Retire: given.Rows.RetireConnection,
	}
	return r
}

// SetupWithManager registers the controller. labelled has the metadata of the Secrets and ConfigMaps labelled
// v1alpha1.LabelTenant; given.Secrets reads from it.
func SetupWithManager(ctx context.Context, mgr ctrl.Manager, given Dependencies, labelled cache.Cache, options controller.Options) error {
	if err := index(ctx, mgr); err != nil {
		return err
	}
	r := New(given)
	if err := mgr.Add(reconciler.Every(given.ScanEvery, "compare CRMConnections with their rows", r.scanner.Scan)); err != nil {
		return err
	}
	owner := handler.EnqueueRequestForOwner(mgr.GetScheme(), mgr.GetRESTMapper(), &v1alpha1.CRMConnection{}, handler.OnlyControllerOwner())
	return ctrl.NewControllerManagedBy(mgr).
		Named("crmconnection").
		WithOptions(options).
		For(&v1alpha1.CRMConnection{}, builder.WithPredicates(reconciler.Asked())).
		Watches(&v1alpha1.Tenant{}, handler.EnqueueRequestsFromMapFunc(r.ofTenant), builder.WithPredicates(reconciler.Changed(sameRow))).
		Watches(&v1alpha1.SlackApp{}, handler.EnqueueRequestsFromMapFunc(r.ofSlackApp), builder.WithPredicates(reconciler.Changed(sameOffer))).
		WatchesRawSource(source.Kind(labelled, client.Object(reconciler.SecretMeta()), handler.EnqueueRequestsFromMapFunc(r.ofLabelled))).
		WatchesRawSource(source.Kind(labelled, client.Object(reconciler.ConfigMapMeta()), handler.EnqueueRequestsFromMapFunc(r.ofLabelled))).
		WatchesRawSource(reconciler.WhenInstalled(mgr, &esv1.ExternalSecret{}, 10*time.Second, owner, secrets.Fetched())).
		WatchesRawSource(given.Waker.Source()).
		WatchesRawSource(given.Reports.Source(mgr, Kind)).
		Complete(r)
}

// Reconcile brings a CRMConnection's row and ExternalSecret in line with its spec, and its status in line with all.
func (r *Reconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	connection := &v1alpha1.CRMConnection{}
	err := r.client.Get(ctx, req.NamespacedName, connection)
	if client.IgnoreNotFound(err) != nil {
		return ctrl.Result{}, err
	}
	if err != nil {
		return ctrl.Result{}, r.deleted(ctx, req.NamespacedName)
	}
	if !connection.DeletionTimestamp.IsZero() {
		return ctrl.Result{}, nil // on its way out; its row is retired when it is gone
	}
	s := newScope(connection)
	err = reconciler.Run(ctx, s,
		r.findTenant,
		r.syncRow,
		r.syncMappings,
		r.fetchCredentials,
		r.checkCredentials,
		r.checkSlackApp,
		r.stopFetching,
	)
	before := connection.DeepCopy()
	return r.reporter.Finish(ctx, before, connection, s.recordStatus(r.secrets.Digest(s.credential)), err)
}

func (r *Reconciler) deleted(ctx context.Context, name types.NamespacedName) error {
	r.secrets.Forget(name)
	r.reporter.Gone(name)
	return r.scanner.Deleted(ctx, store.Owner{Namespace: name.Namespace, Name: name.Name})
}

// withRow lists the CRMConnections whose status says that they have a row.
func (r *Reconciler) withRow(ctx context.Context) ([]types.NamespacedName, error) {
	var connections v1alpha1.CRMConnectionList
	if err := r.client.List(ctx, &connections, client.UnsafeDisableDeepCopy); err != nil {
		return nil, err
	}
	names := make([]types.NamespacedName, 0, len(connections.Items))
	for i := range connections.Items {
		if connections.Items[i].Status.ConnectionID != "" {
			names = append(names, client.ObjectKeyFromObject(&connections.Items[i]))
		}
	}
	return names, nil
}
