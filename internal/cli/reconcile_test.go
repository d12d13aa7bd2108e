package cli

import (
	"context"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
)

// acknowledging plays the operator: it handles each request to reconcile.
func acknowledging(conditions ...metav1.Condition) interceptor.Funcs {
	return interceptor.Funcs{
		Patch: func(ctx context.Context, c client.WithWatch, o client.Object, patch client.Patch, options ...client.PatchOption) error {
			if err := c.Patch(ctx, o, patch, options...); err != nil {
				return err
			}
			seen, _ := o.DeepCopyObject().(client.Object)
			at := o.GetAnnotations()[v1alpha1.AnnotationReconcileRequestedAt]
			switch seen := seen.(type) {
			case *v1alpha1.Tenant:
				seen.Status.LastHandledReconcileAt, seen.Status.Conditions = at, conditions
			case *v1alpha1.SlackApp:
				seen.Status.LastHandledReconcileAt, seen.Status.Conditions = at, conditions
			case *v1alpha1.CRMConnection:
				seen.Status.LastHandledReconcileAt, seen.Status.Conditions = at, conditions
			}
			return c.Status().Update(ctx, seen)
		},
	}
}

func TestReconcileSaysWhatCameOfIt(t *testing.T) {
	app := &v1alpha1.SlackApp{ObjectMeta: metav1.ObjectMeta{Namespace: "followup", Name: "followup"}}
	b := newBench(t, acknowledging(
		condition("Ready", "True", "Ready", "all is well"), condition("DatabaseSynced", "True", "Repaired", "tenants.timezone was Asia/Tokyo"),
	), acme(), app, connection("acme-crono", v1alpha1.CronoProvider))
	got, problem, code := b.run("reconcile", "acme", "sapp/followup", "CRMConnection/acme-crono")
	mustContain(t, got, "Tenant acme: done, Ready=True (Ready), all is well", "SlackApp followup: done", "CRMConnection acme-crono: done",
		"! DatabaseSynced=True (Repaired), tenants.timezone was Asia/Tokyo")
	mustContain(t, b.err.String(), "Tenant acme: asked the operator, waiting up to 1m0s")
	if problem != "" || code != 0 {
		t.Errorf("%s, exit code %d", problem, code)
	}
	text, _, _ := b.run("reconcile", "acme", "-o", "json")
	mustContain(t, text, `"handled": true`, `"requestedAt": "2026-11-24T12:00:00Z"`)
}

func TestReconcileThatIsNotAcknowledgedFails(t *testing.T) {
	for want, objects := range map[string][]client.Object{
		"1 of 1 pods of the operator are ready": {acme(), operatorPod()},
		"there is no pod of the operator":       {acme()},
	} {
		_, problem, code := newBench(t, interceptor.Funcs{}, objects...).run("reconcile", "acme", "--timeout", "10ms")
		mustContain(t, problem, "has not acted on Tenant acme within 10ms (--timeout)", want)
		if code != 1 {
			t.Errorf("exit code %d", code)
		}
	}
	got, problem, _ := newBench(t, interceptor.Funcs{}, acme()).run("reconcile", "acme", "--wait=false")
	mustContain(t, got, "Tenant acme: asked at 2026-11-24T12:00:00Z")
	if problem != "" {
		t.Error(problem)
	}
}

func TestALaterRequestIsAnAnswerToo(t *testing.T) {
	at := noon.Format(time.RFC3339Nano)
	for last, want := range map[string]bool{
		at: true, noon.Add(1).Format(time.RFC3339Nano): true, noon.Add(-1).Format(time.RFC3339Nano): false, "": false, "now": false,
	} {
		if got := handled(last, at); got != want {
			t.Errorf("%q: %t", last, got)
		}
	}
}

func TestCtrlCIsNoTimeout(t *testing.T) {
	env := newBench(t, interceptor.Funcs{}).environment()
	ctx, cancel := context.WithCancel(t.Context())
	_, err := env.until(ctx, time.Hour, func(context.Context) (bool, error) { cancel(); return false, nil })
	mustContain(t, explain(err).Error(), "interrupted")
}
