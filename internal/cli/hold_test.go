package cli

import (
	"context"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
)

// holding plays the operator: it answers each patch of a Tenant with the condition Held.
func holding(trialEnded bool) interceptor.Funcs {
	return interceptor.Funcs{
		Patch: func(ctx context.Context, c client.WithWatch, o client.Object, patch client.Patch, options ...client.PatchOption) error {
			if err := c.Patch(ctx, o, patch, options...); err != nil {
				return err
			}
			tenant, ok := o.DeepCopyObject().(*v1alpha1.Tenant)
			if !ok {
				return nil
			}
			held := condition("Held", "False", "Served", "users are served")
			switch {
			case tenant.Spec.StopPolicy == v1alpha1.StopHold:
				held = condition("Held", "True", "Held", "spec.stopPolicy is Hold")
			case tenant.Spec.StopPolicy == v1alpha1.StopHoldAndDrain:
				held = condition("Held", "True", "Draining", "spec.stopPolicy is HoldAndDrain")
			case trialEnded:
				held = condition("Held", "True", "TrialEnded", "the trial ended")
			}
			tenant.Status.Conditions = []metav1.Condition{held}
			return c.Status().Update(ctx, tenant)
		},
	}
}

func (b *bench) policy(name string) v1alpha1.StopPolicy {
	b.t.Helper()
	tenant := &v1alpha1.Tenant{}
	if err := b.kube.Get(b.t.Context(), client.ObjectKey{Namespace: "followup", Name: name}, tenant); err != nil {
		b.t.Fatal(err)
	}
	return tenant.Spec.StopPolicy
}

func TestHoldAndResume(t *testing.T) {
	italian := acme()
	italian.Name, italian.Spec.Locale = "globex", v1alpha1.Italian
	b := newBench(t, holding(false), acme(), italian)
	for _, tc := range []struct {
		args   []string
		says   []string
		policy v1alpha1.StopPolicy
	}{
		{[]string{"hold", "acme", "globex"}, []string{"Tenant acme is held: Held", "now read: Followup is paused", "Followup è in pausa"}, v1alpha1.StopHold},
		{[]string{"hold", "acme", "--drain"}, []string{"held: Draining"}, v1alpha1.StopHoldAndDrain},
		{[]string{"resume", "acme"}, []string{"Tenant acme is served"}, ""},
		{[]string{"hold", "acme", "--wait=false"}, []string{"Tenant acme: stopPolicy Hold"}, v1alpha1.StopHold},
		{[]string{"resume", "acme", "-o", "json"}, []string{`"stopPolicy": "None"`, `"reason": "Served"`}, ""},
	} {
		got, problem, code := b.run(tc.args...)
		mustContain(t, got, tc.says...)
		if problem != "" || code != 0 || b.policy("acme") != tc.policy {
			t.Errorf("%v: %s, exit code %d, policy %q", tc.args, problem, code, b.policy("acme"))
		}
	}
}

func TestResumeSaysWhenTheTrialIsOver(t *testing.T) {
	got, _, _ := newBench(t, holding(true), acme()).run("resume", "acme")
	mustContain(t, got, "held: TrialEnded", "The trial of Followup in this workspace is over")
}

func TestHoldSaysWhenTheOperatorDoesNotAct(t *testing.T) {
	b := newBench(t, interceptor.Funcs{}, acme(), operatorPod())
	tenant := acme()
	if err := b.kube.Get(t.Context(), client.ObjectKeyFromObject(tenant), tenant); err != nil {
		t.Fatal(err)
	}
	tenant.Status.Conditions = []metav1.Condition{condition("Ready", "Unknown", "DatabaseUnavailable", "the database does not answer")}
	if err := b.kube.Status().Update(t.Context(), tenant); err != nil {
		t.Fatal(err)
	}
	got, problem, code := b.run("hold", "acme", "--timeout", "10ms")
	mustContain(t, problem, "spec.stopPolicy of Tenant acme is set", "--timeout", "DatabaseUnavailable", "1 of 1 pods of the operator are ready")
	mustContain(t, got, "Tenant acme: stopPolicy Hold\n")
	if code != 1 {
		t.Errorf("exit code %d", code)
	}
}

func TestHoldWarnsOfWhatMayUndoIt(t *testing.T) {
	for want, mark := range map[string]func(*v1alpha1.Tenant){
		"Argo CD (argocd.argoproj.io/tracking-id: x)": func(t *v1alpha1.Tenant) {
			t.Annotations = map[string]string{"argocd.argoproj.io/tracking-id": "x"}
		},
		"Flux (kustomize.toolkit.fluxcd.io/name: x)": func(t *v1alpha1.Tenant) {
			t.Labels = map[string]string{"kustomize.toolkit.fluxcd.io/name": "x"}
		},
		"Helm (meta.helm.sh/release-name: x)": func(t *v1alpha1.Tenant) {
			t.Annotations = map[string]string{"meta.helm.sh/release-name": "x"}
		},
		"Argo CD (field manager argocd-controller)": func(t *v1alpha1.Tenant) {
			t.ManagedFields = []metav1.ManagedFieldsEntry{{Manager: "argocd-controller", Operation: "Apply"}}
		},
	} {
		tenant := acme()
		mark(tenant)
		if got := managedBy(tenant); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		tenant.ManagedFields = nil
		if managedBy(tenant) == "" {
			continue
		}
		b := newBench(t, holding(false), tenant)
		if _, problem, _ := b.run("hold", "acme"); problem != "" {
			t.Error(problem)
		}
		mustContain(t, b.err.String(), "warning: acme is kept by "+want)
	}
	if got := managedBy(acme()); got != "" {
		t.Errorf("nobody keeps it, but %q", got)
	}
}
