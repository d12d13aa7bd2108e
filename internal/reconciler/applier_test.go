package reconciler

import (
	"context"
	"errors"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
)

// newApplier returns an Applier whose applies fail with refusal, if it is not nil.
func newApplier(t *testing.T, refusal error) *Applier {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := errors.Join(v1alpha1.AddToScheme(scheme), corev1.AddToScheme(scheme)); err != nil {
		t.Fatal(err)
	}
	c := fake.NewClientBuilder().WithScheme(scheme).WithInterceptorFuncs(interceptor.Funcs{Apply: func(
		ctx context.Context, c client.WithWatch, obj runtime.ApplyConfiguration, opts ...client.ApplyOption,
	) error {
		if refusal != nil {
			return refusal
		}
		return c.Apply(ctx, obj, opts...)
	}}).Build()
	return &Applier{Client: c, Live: c}
}

func newOwner() *v1alpha1.SlackApp {
	return &v1alpha1.SlackApp{ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: "followup", UID: "1"}}
}

func service(port int32) *corev1.Service {
	return &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: "x"},
		Spec:       corev1.ServiceSpec{Ports: []corev1.ServicePort{{Port: port}}},
	}
}

func TestRefusedApplyIsToldInThePolicysWords(t *testing.T) {
	const words = "images must come from our registry"
	long := strings.Repeat("é", maxRefusal)
	services, secrets := schema.GroupResource{Resource: "services"}, schema.GroupResource{Resource: "secrets"}
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: "x"}}
	tests := map[string]struct {
		desired      client.Object
		refusal      error
		kind         kind
		reason, says string
	}{
		"policy":       {service(1), apierrors.NewForbidden(services, "x", errors.New(words)), transient, v1alpha1.ReasonRejected, "apply Service x: services \"x\" is forbidden: " + words + "; it is retried"},
		"webhook":      {service(1), apierrors.NewBadRequest(words), transient, v1alpha1.ReasonRejected, "apply Service x: " + words + "; it is retried"},
		"long":         {service(1), apierrors.NewBadRequest(long), transient, v1alpha1.ReasonRejected, "apply Service x: " + long[:maxRefusal] + "; it is retried"},
		"for a Secret": {secret, apierrors.NewForbidden(secrets, "x", errors.New(words)), transient, v1alpha1.ReasonClusterUnavailable, "the Kubernetes API did not take a request (Forbidden); it is retried"},
		"away":         {service(1), apierrors.NewServiceUnavailable(words), transient, v1alpha1.ReasonClusterUnavailable, "the Kubernetes API did not take a request (ServiceUnavailable); it is retried"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got := failureOf(newApplier(t, tc.refusal).Apply(t.Context(), newOwner(), tc.desired))
			if got.kind != tc.kind || got.Reason != tc.reason || got.Message != tc.says {
				t.Errorf("%d %s: %s\nwant %d %s: %s", got.kind, got.Reason, got.Message, tc.kind, tc.reason, tc.says)
			}
		})
	}
}

func TestApplyReturnsWhatIsLive(t *testing.T) {
	a := newApplier(t, nil)
	var versions []string
	for range 2 { // the server's answer, then what the cache has
		desired := service(1)
		if err := a.Apply(t.Context(), newOwner(), desired); err != nil {
			t.Fatal(err)
		}
		versions = append(versions, desired.ResourceVersion)
		if desired.Labels[LabelManagedBy] != FieldManager || desired.Spec.Ports[0].Port != 1 {
			t.Errorf("%+v", desired)
		}
	}
	if versions[0] == "" || versions[0] != versions[1] {
		t.Errorf("resource versions %q", versions)
	}
}

// No watch tells when a stranger's object goes: so it is looked at again.
func TestNameIsTakenUntilTheStrangersObjectGoes(t *testing.T) {
	a := newApplier(t, nil)
	theirs := service(2)
	if err := a.Client.Create(t.Context(), theirs); err != nil {
		t.Fatal(err)
	}
	taken := failureOf(a.Apply(t.Context(), newOwner(), service(1)))
	if taken.Reason != v1alpha1.ReasonNameTaken || taken.kind != waiting || taken.after <= 0 {
		t.Errorf("%+v", taken)
	}
	if err := a.Client.Delete(t.Context(), theirs); err != nil {
		t.Fatal(err)
	}
	if err := a.Apply(t.Context(), newOwner(), service(1)); err != nil {
		t.Error(err)
	}
}
