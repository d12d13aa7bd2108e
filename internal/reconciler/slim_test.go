package reconciler

import (
	"strings"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
)

func TestSlimChangesNothingThatIsRead(t *testing.T) {
	t.Parallel()
	tenant := func() *v1alpha1.Tenant {
		declared := &v1alpha1.Tenant{ObjectMeta: metav1.ObjectMeta{Name: "acme", Annotations: map[string]string{"a": "b"}}}
		message := strings.Repeat("words", 2) // made anew each time, as by a decoder
		declared.Status.Conditions = []metav1.Condition{True(v1alpha1.ConditionReady, v1alpha1.ReasonReady, message)}
		return declared
	}
	slim := func() *v1alpha1.Tenant {
		full := tenant()
		full.ManagedFields = []metav1.ManagedFieldsEntry{{Manager: "kubectl"}}
		slimmed, err := Slim()(full)
		if err != nil {
			t.Fatal(err)
		}
		return slimmed.(*v1alpha1.Tenant)
	}
	one, other := slim(), slim()
	if diff := cmp.Diff(tenant(), one); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if unsafe.StringData(one.Status.Conditions[0].Message) != unsafe.StringData(other.Status.Conditions[0].Message) {
		t.Error("two objects have the same words twice")
	}
}

func TestIdentifyKeepsWhatIsAskedFor(t *testing.T) {
	t.Parallel()
	secret := SecretMeta()
	secret.Namespace, secret.Name, secret.UID, secret.ResourceVersion = "ns", "s", "u", "1"
	secret.Labels = map[string]string{v1alpha1.LabelTenant: "acme"}
	secret.OwnerReferences = []metav1.OwnerReference{{Name: "es"}}
	want := secret.DeepCopy()
	secret.Annotations = map[string]string{"kubectl.kubernetes.io/last-applied-configuration": `{"data":{"token":"..."}}`}
	got, err := identify(secret)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
