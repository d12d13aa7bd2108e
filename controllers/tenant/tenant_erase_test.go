package tenant

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/internal/reconciler"
	"github.com/followup-dev/followup-operator/internal/store"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// rows has a tenant of so many rows, 5,000 of which go at a time.
type rows struct {
	Rows
	id      tenancy.ID
	left    int64
	erased  int64
	refusal error // of EraseSome
}

func (r *rows) BeginErasure(context.Context, store.Owner, string, string) ([]store.Erasure, error) {
	return []store.Erasure{{TenantID: r.id, StartedAt: time.Unix(1, 0)}}, nil
}

func (r *rows) EraseSome(context.Context, tenancy.ID) (store.Erased, error) {
	if r.left == 0 || r.refusal != nil {
		return store.Erased{Total: r.erased}, r.refusal
	}
	n := min(r.left, 5000)
	r.left, r.erased = r.left-n, r.erased+n
	return store.Erased{Step: "deliveries", Rows: n, Total: r.erased}, nil
}

func (r *rows) FinishErasure(context.Context, tenancy.ID) error { return nil }

func (r *rows) Tombstone(context.Context, tenancy.ID) (store.Tombstone, error) {
	return store.Tombstone{TenantID: r.id}, nil
}

type nobody struct{}

func (nobody) Reconciled(string, string)   {}
func (nobody) SetObjects(string, int, int) {}

func (nobody) DriftRepaired(string) {}

// newLeaving returns a Reconciler that knows one Tenant, which is being deleted.
func newLeaving(t *testing.T, rows *rows) (*Reconciler, ctrl.Request) {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	tenant := &v1alpha1.Tenant{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: "followup", Name: "acme", Finalizers: []string{v1alpha1.FinalizerErase}, DeletionTimestamp: new(metav1.Now()),
		},
		Spec: v1alpha1.TenantSpec{DeletionPolicy: v1alpha1.DeletionErase},
	}
	c := fake.NewClientBuilder().WithScheme(scheme).WithObjects(tenant).WithStatusSubresource(tenant).
		WithIndex(tenant, indexReason, func(client.Object) []string { return nil }).Build()
	r := New(Dependencies{
		Cluster: reconciler.Cluster{Client: c, Live: c, Recorder: events.NewFakeRecorder(10), Observer: nobody{}}, Rows: rows,
	})
	r.eraseFor = -1 // one statement, and it is over
	return r, ctrl.Request{NamespacedName: client.ObjectKeyFromObject(tenant)}
}

func TestALongErasureTellsHowFarItIsAndLetsOthersHaveTheirTurn(t *testing.T) {
	r, request := newLeaving(t, &rows{id: uuid.New(), left: 12_000})
	tenant := &v1alpha1.Tenant{}
	var told []int64
	for {
		result, err := r.Reconcile(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		err = r.client.Get(t.Context(), request.NamespacedName, tenant)
		if apierrors.IsNotFound(err) {
			break
		}
		if err != nil || result.RequeueAfter == 0 || reconciler.Ready(tenant).Reason != v1alpha1.ReasonErasing {
			t.Fatalf("error %v, result %+v, conditions %+v", err, result, tenant.Status.Conditions)
		}
		told = append(told, *tenant.Status.Erasure.RowsDeleted)
	}
	if diff := cmp.Diff([]int64{5000, 10_000, 12_000}, told); diff != "" {
		t.Errorf("rows deleted, as told (-want +got):\n%s", diff)
	}
}

type sqlState string

func (s sqlState) Error() string    { return "ERROR: " + string(s) }
func (s sqlState) SQLState() string { return string(s) }

// Elsewhere a constraint says that the spec must change; here nobody could.
func TestWhateverTheDatabaseRefusesAnErasureIsTriedAgain(t *testing.T) {
	for _, refusal := range []error{errors.New("dial tcp: refused"), sqlState("23503"), sqlState("22003"), sqlState("40P01"), tenancy.ErrNotFound} {
		r, request := newLeaving(t, &rows{id: uuid.New(), refusal: refusal})
		if _, err := r.Reconcile(t.Context(), request); !errors.Is(err, refusal) {
			t.Errorf("error %v, want %v for the backoff", err, refusal)
		}
		tenant := &v1alpha1.Tenant{}
		if err := r.client.Get(t.Context(), request.NamespacedName, tenant); err != nil {
			t.Fatal(err)
		}
		if ready := reconciler.Ready(tenant); ready.Status != metav1.ConditionUnknown || !strings.Contains(ready.Message, v1alpha1.AnnotationAbandonErasure+"=true") {
			t.Errorf("%v: ready %+v", refusal, ready)
		}
	}
}
