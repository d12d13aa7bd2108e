package plan

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/go-logr/logr"
	"github.com/google/uuid"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/controllers/claims"
	"github.com/followup-dev/followup-operator/controllers/crmconnection"
	"github.com/followup-dev/followup-operator/controllers/secrets"
	"github.com/followup-dev/followup-operator/controllers/slackapp"
	"github.com/followup-dev/followup-operator/controllers/tenant"
	"github.com/followup-dev/followup-operator/internal/planreport"
	"github.com/followup-dev/followup-operator/internal/reconciler"
	"github.com/followup-dev/followup-operator/internal/store"
)

// Rows lets statements be seen that are taken back. *store.Control does.
type Rows interface {
	Preview(ctx context.Context, do func(*store.Control) error) error
}

// Planner plans. It is safe for concurrent use.
type Planner struct {
	Client            client.Client // reads from the cache
	Live              client.Reader // reads from the API server
	Reports           *secrets.Reports
	OperatorNamespace string
	Webhook           slackapp.Config
	Rows              Rows
}

// Plan says what would come of applying the objects. They are given as the API server's dry run returns them: defaulted, valid, and
// allowed to who asks. Secrets and ConfigMaps among them are seen by the others. An error means that nothing can be said at all.
func (p *Planner) Plan(ctx context.Context, given []*unstructured.Unstructured) (planreport.Report, error) {
	var report planreport.Report
	err := p.Rows.Preview(ctx, func(rows *store.Control) error {
		r, err := p.newRun(rows, given)
		if err != nil {
			return err
		}
		for _, i := range r.order() {
			if err := r.plan(ctx, r.given[i], &r.objects[i]); err != nil {
				return err
			}
		}
		report.Objects = r.objects
		if report.Dependents, report.NotPlanned, err = r.planDependents(ctx); err != nil {
			return err
		}
		report.Summary = summarise(slices.Concat(report.Objects, report.Dependents))
		return nil
	})
	return report, err
}

// run is one plan.
type run struct {
	overlay  *overlay
	rows     *recordedRows
	syncer   *secrets.Syncer
	slackapp reconcile.Reconciler
	tenant   reconcile.Reconciler
	crm      reconcile.Reconciler

	given   []client.Object // typed; nil: of a kind that is nobody's business here
	objects []planreport.Object
}

func (p *Planner) newRun(rows *store.Control, given []*unstructured.Unstructured) (*run, error) {
	over := newOverlay(p.Client)
	live := overlaidReader{overlay: over, next: p.Live}
	r := &run{overlay: over, rows: &recordedRows{Control: rows}}
	for _, object := range given {
		described := describe(object.GetKind(), object)
		typed, err := r.understand(object)
		if err != nil {
			return nil, fmt.Errorf("%s %s: %w", object.GetKind(), object.GetName(), err)
		}
		r.given, r.objects = append(r.given, typed), append(r.objects, described)
	}
	cluster := reconciler.Cluster{Client: over, Live: live, Recorder: unobserved{}, Observer: unobserved{}}
	checker := &claims.Checker{Reader: over, OperatorNamespace: p.OperatorNamespace}
	metadata := client.Reader(live)
	r.syncer = secrets.NewSyncer(&reconciler.Applier{Client: over, Live: live}, metadata, p.Reports)
	r.slackapp = slackapp.New(slackapp.Dependencies{Cluster: cluster, Config: p.Webhook, Claims: checker, Secrets: metadata, Reports: p.Reports})
	r.tenant = tenant.New(tenant.Dependencies{Cluster: cluster, Rows: r.rows, Claims: checker, Secrets: metadata, Reports: p.Reports})
	r.crm = crmconnection.New(crmconnection.Dependencies{Cluster: cluster, Rows: r.rows, Secrets: metadata, Reports: p.Reports})
	return r, nil
}

func describe(kind string, object client.Object) planreport.Object {
	return planreport.Object{Kind: kind, Namespace: object.GetNamespace(), Name: object.GetName(), Action: planreport.Unchanged}
}

// understand has the overlay show an object, and returns it in its Go type.
func (r *run) understand(object *unstructured.Unstructured) (client.Object, error) {
	gvk := object.GroupVersionKind()
	ours := gvk.Group == v1alpha1.GroupVersion.Group
	if core := gvk.Group == "" && (gvk.Kind == "Secret" || gvk.Kind == "ConfigMap"); !ours && !core {
		return nil, nil
	}
	typed, err := typedOf(r.overlay.Scheme(), object)
	if err != nil {
		return nil, err
	}
	if typed.GetUID() == "" {
		typed.SetUID(types.UID(uuid.NewString())) // owner references need one
	}
	r.overlay.put(typed)
	return typed, nil
}

// order has each object after those that it refers to.
func (r *run) order() []int {
	rank := func(i int) int {
		switch r.given[i].(type) {
		case *v1alpha1.SlackApp:
			return 1
		case *v1alpha1.Tenant:
			return 2
		case *v1alpha1.CRMConnection:
			return 3
		default:
			return 0
		}
	}
	order := make([]int, len(r.given))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(rank(a), rank(b)) })
	return order
}

// plan finds out what would come of one object.
func (r *run) plan(ctx context.Context, object client.Object, described *planreport.Object) error {
	if object == nil {
		described.Error = "the operator has nothing to do with this kind; it plans SlackApps, Tenants and CRMConnections"
		return nil
	}
	if err := r.compare(ctx, object, described); err != nil {
		return err
	}
	var by reconcile.Reconciler
	var declared []secrets.Credential
	switch object := object.(type) {
	case *v1alpha1.SlackApp:
		by, declared = r.slackapp, slackapp.Credentials(object)
	case *v1alpha1.Tenant:
		by, declared = r.tenant, tenant.Credentials(object)
	case *v1alpha1.CRMConnection:
		by, declared = r.crm, crmconnection.Credentials(object)
	default:
		return nil // a Secret or ConfigMap, which others use
	}
	if !object.GetDeletionTimestamp().IsZero() {
		described.Error = "it is being deleted, which nothing that is applied changes"
		return nil
	}
	r.rows.changed, r.overlay.written = nil, nil
	if err := r.reconcile(ctx, by, client.ObjectKeyFromObject(object), described); err != nil {
		return err
	}
	described.Rows, described.Kubernetes = r.rows.changed, r.overlay.written
	for _, credential := range declared {
		state, err := r.syncer.State(ctx, credential)
		if err != nil {
			return err
		}
		described.Secrets = append(described.Secrets, state)
	}
	return nil
}

// compare says what would change of the object itself.
func (r *run) compare(ctx context.Context, object client.Object, described *planreport.Object) error {
	live, err := r.overlay.beneath(ctx, object)
	if err != nil {
		return fmt.Errorf("read %s %s: %w", described.Kind, described.Name, err)
	}
	if live == nil {
		described.Action = planreport.Create
		return nil
	}
	if described.Fields, err = differences(live, object); len(described.Fields) > 0 {
		described.Action = planreport.Update
	}
	return err
}

// reconcile has the object reconciled, silently, and describes the conditions that it has then.
func (r *run) reconcile(ctx context.Context, by reconcile.Reconciler, name types.NamespacedName, described *planreport.Object) error {
	_, failed := by.Reconcile(logr.NewContext(ctx, logr.Discard()), reconcile.Request{NamespacedName: name})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if failed != nil {
		ctrl.LoggerFrom(ctx).Info("a plan came to a failure", "kind", described.Kind, "name", name, "failure", failed.Error())
	}
	if failure, ok := errors.AsType[*reconciler.Failure](failed); failed != nil && !ok {
		described.Error = "its reconcile failed; the operator's log tells why"
	} else if ok {
		described.Error = failure.Message
	}
	described.Conditions = r.overlay.conditions(described.Kind, name)
	return nil
}

func summarise(objects []planreport.Object) (s planreport.Summary) {
	for _, object := range objects {
		if object.Action != planreport.Unchanged {
			s.Objects++
		}
		s.Rows += len(object.Rows)
		s.Kubernetes += len(object.Kubernetes)
		if len(object.Conditions) > 0 && object.Conditions[0].Status != metav1.ConditionTrue {
			s.NotReady++
		}
	}
	return s
}

// unobserved is whom a reconcile tells what it does, when it does nothing.
type unobserved struct{}

func (unobserved) Reconciled(string, string)   {}
func (unobserved) SetObjects(string, int, int) {}
func (unobserved) DriftRepaired(string)        {}

func (unobserved) Eventf(runtime.Object, runtime.Object, string, string, string, string, ...any) {}

func typedOf(scheme *runtime.Scheme, object *unstructured.Unstructured) (client.Object, error) {
	empty, err := scheme.New(object.GroupVersionKind())
	if err != nil {
		return nil, err
	}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, empty); err != nil {
		return nil, err
	}
	typed, ok := empty.(client.Object)
	if !ok {
		return nil, errors.New("is no object of the API")
	}
	return typed, nil
}
