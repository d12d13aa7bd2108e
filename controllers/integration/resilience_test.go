package integration

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	esv1 "github.com/external-secrets/external-secrets/apis/externalsecrets/v1"
	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/followup-dev/followup-operator/internal/reconciler"
	"github.com/followup-dev/followup-operator/test/postgres"
)

const webhookLogin = "postgres://webhook:" + planted + "@db/followup"

// An operator is killed after its first write, another one after its second, and so on until one gets through: whatever it
// leaves behind, the next one finishes, and does nothing twice.
func TestKilledAnywhereTheNextOneFinishes(t *testing.T) {
	const atOnce, enough = 6, 300
	for n := 1; n < enough; n += atOnce {
		var finished atomic.Bool
		t.Run(fmt.Sprint("from ", n), func(t *testing.T) {
			for i := range atOnce {
				n := n + i
				t.Run(fmt.Sprint("after ", n), func(t *testing.T) {
					t.Parallel()
					if killAfter(t, n) {
						finished.Store(true)
					}
				})
			}
		})
		if finished.Load() || t.Failed() {
			return
		}
	}
	t.Errorf("no operator finished within %d writes", enough)
}

// killAfter says whether the operator had finished before it could be killed.
func killAfter(t *testing.T, n int) (finished bool) {
	ns := newNamespace(t)
	ns.keepFetched()
	app, tenant, connection := newSlackApp("followup"), newTenant("acme"), newConnection("acme-crono", "acme")
	ns.create(app, tenant, connection)
	killed := &operator{database: postgres.New(t), power: &plug{after: n}}
	killed.start(t, webhookLogin, ns.only)
	ns.eventually("kill it", func(ctx context.Context) error {
		if killed.power.pulled() {
			return nil
		}
		return allReady(ctx, app, tenant, connection)
	})
	finished = !killed.power.pulled()
	killed.power.pull()
	killed.stop()

	next := &operator{database: killed.database}
	next.start(t, webhookLogin, ns.only)
	ns.eventually("finish it", func(ctx context.Context) error { return allReady(ctx, app, tenant, connection) })
	want := []string{"tenant acme", "runtime", "connection acme-crono of " + tenant.Status.TenantID}
	got := next.query(t, `
SELECT 'tenant ' || owner_name FROM followup.tenants
UNION ALL SELECT 'runtime' FROM followup.tenant_runtime
UNION ALL SELECT concat_ws(' ', 'connection', owner_name, 'of', tenant_id) FROM followup.crm_connections`)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	ns.mustHaveApplied()
	return finished
}

// only has an operator leave other namespaces, with operators of their own, alone.
func (ns *namespace) only(options *ctrl.Options) {
	options.Cache.DefaultNamespaces = map[string]cache.Config{ns.name: {}}
}

// mustHaveApplied checks that the operator made of each thing one.
func (ns *namespace) mustHaveApplied() {
	ns.t.Helper()
	applied := client.MatchingLabels{reconciler.LabelManagedBy: reconciler.FieldManager}
	var names []string
	for _, list := range []client.ObjectList{
		&esv1.ExternalSecretList{}, &appsv1.DeploymentList{}, &corev1.ServiceList{}, &corev1.ServiceAccountList{},
		&corev1.SecretList{}, &rbacv1.RoleBindingList{},
	} {
		if err := kube.List(ns.t.Context(), list, client.InNamespace(ns.name), applied); err != nil {
			ns.t.Fatal(err)
		}
		for _, object := range items(ns.t, list) {
			names = append(names, object.GetName())
		}
	}
	slices.Sort(names)
	want := []string{
		"crmconnection-acme-crono", "followup-webhook", "followup-webhook", "followup-webhook", "followup-webhook", "followup-webhook-dsn",
		"slackapp-followup-slack", "tenant-acme-fathom", "tenant-acme-slack",
	}
	if diff := cmp.Diff(want, names); diff != "" {
		ns.t.Errorf("applied (-want +got):\n%s", diff)
	}
}

func allReady(ctx context.Context, objects ...reconciler.Object) error {
	for _, object := range objects {
		if err := kube.Get(ctx, client.ObjectKeyFromObject(object), object); err != nil {
			return err
		}
		ready := reconciler.Ready(object)
		if ready == nil || ready.Status != metav1.ConditionTrue || *object.StatusObservedGeneration() != object.GetGeneration() {
			return fmt.Errorf("%T %s: %+v", object, object.GetName(), ready)
		}
	}
	return nil
}

// keepFetched plays External Secrets and the Deployment controller for all that appears, until the test ends.
func (ns *namespace) keepFetched() {
	values := map[string]string{
		"slackapp-followup-slack": signingSecret, "tenant-acme-slack": botToken, "tenant-acme-fathom": fathomKey,
		"crmconnection-acme-crono": `{"public_key": "` + planted + `", "private_key": "x"}`,
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		wait.UntilWithContext(ctx, func(ctx context.Context) {
			_ = errors.Join(ns.playExternalSecrets(ctx, values), ns.playDeployments(ctx)) // the next time
		}, 20*time.Millisecond)
	}()
	ns.t.Cleanup(func() {
		cancel()
		<-done
	})
}

func (ns *namespace) playExternalSecrets(ctx context.Context, values map[string]string) error {
	var declared esv1.ExternalSecretList
	if err := kube.List(ctx, &declared, client.InNamespace(ns.name)); err != nil {
		return err
	}
	for _, es := range declared.Items {
		synced := fmt.Sprintf("%d-abc", es.Generation)
		if es.Status.SyncedResourceVersion == synced {
			continue
		}
		secret := newSecret(es.Spec.Target.Name, "", "", map[string]string{es.Spec.Data[0].SecretKey: values[es.Name]})
		secret.Namespace, secret.Labels = ns.name, es.Spec.Target.Template.Metadata.Labels
		if err := client.IgnoreAlreadyExists(kube.Create(ctx, secret)); err != nil {
			return err
		}
		es.Status.SyncedResourceVersion = synced
		if err := kube.Status().Update(ctx, &es); err != nil {
			return err
		}
	}
	return nil
}

func (ns *namespace) playDeployments(ctx context.Context) error {
	var deployments appsv1.DeploymentList
	if err := kube.List(ctx, &deployments, client.InNamespace(ns.name)); err != nil {
		return err
	}
	for _, d := range deployments.Items {
		if d.Status.ObservedGeneration == d.Generation {
			continue
		}
		n := *d.Spec.Replicas
		d.Status = appsv1.DeploymentStatus{ObservedGeneration: d.Generation, Replicas: n, UpdatedReplicas: n, ReadyReplicas: n, AvailableReplicas: n}
		if err := kube.Status().Update(ctx, &d); err != nil {
			return err
		}
	}
	return nil
}
