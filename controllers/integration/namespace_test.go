package integration

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	esv1 "github.com/external-secrets/external-secrets/apis/externalsecrets/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/internal/reconciler"
)

// namespace is where a test's objects are. Each status that appears in it is checked (kstatus_test.go).
type namespace struct {
	t    testing.TB
	name string
}

func newNamespace(t testing.TB) *namespace {
	t.Helper()
	object := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "test-"}}
	if err := kube.Create(t.Context(), object); err != nil {
		t.Fatal(err)
	}
	ns := &namespace{t: t, name: object.Name}
	t.Cleanup(ns.clear)
	t.Cleanup(ns.mustShowNoSecret)
	watchStatuses(t, ns.name)
	ns.create(newStore("aws"))
	ns.reportStore("aws", corev1.ConditionTrue, "store validated")
	return ns
}

// in is the namespace for a subtest.
func (ns *namespace) in(t testing.TB) *namespace { return &namespace{t: t, name: ns.name} }

// clear deletes what the tests that follow would stumble over: their operators watch all namespaces, and there is no garbage
// collector.
func (ns *namespace) clear() {
	for _, kind := range []client.Object{
		&v1alpha1.CRMConnection{}, &v1alpha1.Tenant{}, &v1alpha1.SlackApp{}, &esv1.ExternalSecret{},
		&appsv1.Deployment{}, &corev1.Secret{}, &rbacv1.RoleBinding{},
	} {
		if err := kube.DeleteAllOf(context.Background(), kind, client.InNamespace(ns.name)); err != nil {
			ns.t.Errorf("clear the namespace: %v", err)
		}
	}
}

// mustShowNoSecret reads everything that others than Secrets' readers may see.
func (ns *namespace) mustShowNoSecret() {
	for _, list := range []client.ObjectList{
		&v1alpha1.CRMConnectionList{}, &v1alpha1.TenantList{}, &v1alpha1.SlackAppList{}, &esv1.ExternalSecretList{},
		&appsv1.DeploymentList{}, &eventsv1.EventList{},
	} {
		if err := kube.List(context.Background(), list, client.InNamespace(ns.name)); err != nil {
			ns.t.Errorf("list: %v", err)
		}
		text, err := json.Marshal(list)
		if err != nil || strings.Contains(string(text), planted) {
			ns.t.Errorf("a secret shows in %T: %s %v", list, text, err)
		}
	}
}

func (ns *namespace) meta(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: ns.name, Name: name}
}

// create creates objects in the namespace.
func (ns *namespace) create(objects ...client.Object) {
	ns.t.Helper()
	for _, object := range objects {
		object.SetNamespace(ns.name)
		if err := kube.Create(ns.t.Context(), object); err != nil {
			ns.t.Fatalf("create %T %s: %v", object, object.GetName(), err)
		}
	}
}

func (ns *namespace) remove(object client.Object) {
	ns.t.Helper()
	if err := kube.Delete(ns.t.Context(), object); err != nil {
		ns.t.Fatalf("delete %T %s: %v", object, object.GetName(), err)
	}
}

// change reads an object, changes it and writes it.
func change[O client.Object](ns *namespace, object O, how func(O)) {
	ns.t.Helper()
	ns.eventually("change "+object.GetName(), func(ctx context.Context) error {
		if err := kube.Get(ctx, client.ObjectKeyFromObject(object), object); err != nil {
			return err
		}
		how(object)
		return kube.Update(ctx, object)
	})
}

// changeStatus is change for the status.
func changeStatus[O client.Object](ns *namespace, object O, how func(O)) {
	ns.t.Helper()
	ns.eventually("change the status of "+object.GetName(), func(ctx context.Context) error {
		if err := kube.Get(ctx, client.ObjectKeyFromObject(object), object); err != nil {
			return err
		}
		how(object)
		return kube.Status().Update(ctx, object)
	})
}

// eventually waits until check returns nil.
func (ns *namespace) eventually(what string, check func(context.Context) error) {
	ns.t.Helper()
	var last error
	err := wait.PollUntilContextTimeout(ns.t.Context(), 20*time.Millisecond, 30*time.Second, true, func(ctx context.Context) (bool, error) {
		last = check(ctx)
		return last == nil, nil
	})
	if err != nil {
		ns.t.Fatalf("%s: %v; last: %v", what, err, last)
	}
}

// awaitReady waits until Ready has a status and a reason, and returns its message.
func (ns *namespace) awaitReady(object reconciler.Object, status metav1.ConditionStatus, reason string) string {
	ns.t.Helper()
	return ns.await(object, v1alpha1.ConditionReady, status, reason)
}

func (ns *namespace) await(object reconciler.Object, condition string, status metav1.ConditionStatus, reason string) (message string) {
	ns.t.Helper()
	ns.eventually(fmt.Sprintf("await %s=%s %s of %s", condition, status, reason, object.GetName()), func(ctx context.Context) error {
		if err := kube.Get(ctx, client.ObjectKeyFromObject(object), object); err != nil {
			return err
		}
		found := meta.FindStatusCondition(*object.StatusConditions(), condition)
		if found == nil || found.Status != status || found.Reason != reason || found.ObservedGeneration != object.GetGeneration() {
			return fmt.Errorf("conditions %+v", *object.StatusConditions())
		}
		message = found.Message
		return nil
	})
	return message
}

// awaitGone waits until an object is deleted.
func (ns *namespace) awaitGone(object client.Object) {
	ns.t.Helper()
	ns.eventually("await the deletion of "+object.GetName(), func(ctx context.Context) error {
		err := kube.Get(ctx, client.ObjectKeyFromObject(object), object)
		if apierrors.IsNotFound(err) {
			return nil
		}
		return fmt.Errorf("still there, or %w", err)
	})
}

// eventuallyReadySays waits for a reason with a message, for where the reason alone stays the same.
func (ns *namespace) eventuallyReadySays(object reconciler.Object, reason, message string) {
	ns.t.Helper()
	ns.eventually("await the message "+message, func(ctx context.Context) error {
		if err := kube.Get(ctx, client.ObjectKeyFromObject(object), object); err != nil {
			return err
		}
		ready := reconciler.Ready(object)
		if ready == nil || ready.Reason != reason || !strings.Contains(ready.Message, message) {
			return fmt.Errorf("ready %+v", ready)
		}
		return nil
	})
}

// get reads an object, and says whether it is there.
func (ns *namespace) get(object client.Object) bool {
	ns.t.Helper()
	err := kube.Get(ns.t.Context(), client.ObjectKeyFromObject(object), object)
	if client.IgnoreNotFound(err) != nil {
		ns.t.Fatal(err)
	}
	return err == nil
}

func items(t testing.TB, list client.ObjectList) []client.Object {
	t.Helper()
	objects, err := meta.ExtractList(list)
	if err != nil {
		t.Fatal(err)
	}
	found := make([]client.Object, len(objects))
	for i := range objects {
		found[i] = objects[i].(client.Object)
	}
	return found
}

// apply applies an object as kubectl apply --server-side does, and returns what the API server answers.
func (ns *namespace) apply(object client.Object, options ...client.ApplyOption) *unstructured.Unstructured {
	ns.t.Helper()
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(object)
	if err != nil {
		ns.t.Fatal(err)
	}
	declared := &unstructured.Unstructured{Object: content}
	gvk, err := apiutil.GVKForObject(object, kube.Scheme())
	if err != nil {
		ns.t.Fatal(err)
	}
	declared.SetGroupVersionKind(gvk)
	declared.SetNamespace(ns.name)
	unstructured.RemoveNestedField(content, "metadata", "creationTimestamp")
	unstructured.RemoveNestedField(content, "status")
	options = append(options, client.FieldOwner("kubectl"), client.ForceOwnership)
	if err := kube.Apply(ns.t.Context(), client.ApplyConfigurationFromUnstructured(declared), options...); err != nil {
		ns.t.Fatal(err)
	}
	return declared
}
