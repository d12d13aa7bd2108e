package cli

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/yaml"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
)

func world() []client.Object {
	other := connection("other", v1alpha1.CronoProvider)
	other.Spec.TenantRef.Name = "globex"
	return []client.Object{
		acme(), other,
		connection("acme-google", v1alpha1.GoogleProvider, condition("Ready", "True", "Ready", ""), condition("Verified", "True", "Accepted", ""),
			condition("Healthy", "False", "CallFailed", "the last call failed: quota_exceeded")),
		connection("acme-crono", v1alpha1.CronoProvider, condition("Ready", "True", "Ready", ""), condition("Verified", "True", "Accepted", ""),
			condition("Healthy", "True", "Working", "")),
		event("a", "Tenant", "acme", "Fathom refused the API key", 2*time.Hour),
		event("b", "CRMConnection", "acme-google", "the last call failed", time.Minute),
		event("c", "Deployment", "acme", "somebody else's", time.Minute),
		event("d", "Tenant", "globex", "somebody else's", time.Minute),
	}
}

func TestStatusOfATenant(t *testing.T) {
	root := here(t)
	erasing := acme()
	erasing.Finalizers = []string{v1alpha1.FinalizerErase}
	erasing.DeletionTimestamp = new(before(time.Minute))
	erasing.Status.Erasure = &v1alpha1.Erasure{Step: "audit_logs", RowsDeleted: new(int64(1200))}
	erasing.Status.Limits = nil
	broken := acme()
	broken.Generation, broken.Spec.TrialEndsAt, broken.Status.Limits = 3, new(before(24*time.Hour)), nil
	broken.Status.Conditions = []metav1.Condition{
		condition("Ready", "False", "SecretNotFound", "spec.slack.credentials: there is no Secret acme-slack"),
		condition("Reconciling", "True", "SecretNotFound", "spec.slack.credentials: there is no Secret acme-slack"),
		condition("Held", "True", "TrialEnded", "the trial ended on 2026-11-23"),
		condition("DatabaseSynced", "True", "Repaired", "tenants.timezone was Asia/Tokyo"),
	}
	fresh := &v1alpha1.Tenant{ObjectMeta: metav1.ObjectMeta{Namespace: "followup", Name: "acme", CreationTimestamp: before(time.Second)}}
	for name, objects := range map[string][]client.Object{
		"status.txt": world(), "status_erasing.txt": {erasing}, "status_broken.txt": {broken}, "status_fresh.txt": {fresh},
	} {
		got, problem, _ := newBench(t, interceptor.Funcs{}, objects...).run("status", "acme")
		if problem != "" {
			t.Errorf("%s: %s", name, problem)
		}
		golden(t, root, name, got)
	}
}

func TestStatusOfAllTenants(t *testing.T) {
	root := here(t)
	other := acme()
	other.Namespace, other.Name, other.Status = "elsewhere", "globex", v1alpha1.TenantStatus{}
	b := newBench(t, interceptor.Funcs{}, acme(), other)
	one, _, _ := b.run("status")
	all, _, _ := b.run("status", "-A")
	golden(t, root, "status_all.txt", one+"\n"+all)
}

func TestStatusForPrograms(t *testing.T) {
	b := newBench(t, interceptor.Funcs{}, world()...)
	text, _, _ := b.run("status", "acme", "-o", "json")
	var view tenantView
	if err := json.Unmarshal([]byte(text), &view); err != nil {
		t.Fatal(err)
	}
	if !view.UpToDate || len(view.Connections) != 2 || len(view.Events) != 2 || len(view.Limits) != 4 || view.Workspace.Name != "Acme" {
		t.Errorf("got %s", text)
	}
	text, _, _ = b.run("status", "-o", "yaml")
	var list struct{ Tenants []tenantView }
	if err := yaml.Unmarshal([]byte(text), &list); err != nil || len(list.Tenants) != 1 {
		t.Errorf("%v: %s", err, text)
	}
}

func TestStatusShowsWhatCanBeRead(t *testing.T) {
	b := newBench(t, interceptor.Funcs{
		List: func(ctx context.Context, c client.WithWatch, list client.ObjectList, options ...client.ListOption) error {
			if _, ok := list.(*corev1.EventList); ok {
				return errors.New("eve cannot list events")
			}
			return c.List(ctx, list, options...)
		},
	}, acme())
	got, problem, _ := b.run("status", "acme")
	mustContain(t, got, "Ready for 3h", "Not shown: events", "eve cannot list events")
	if problem != "" {
		t.Error(problem)
	}
}

func TestEventsOfBothAPIsHaveATime(t *testing.T) {
	for want, e := range map[time.Duration]corev1.Event{
		1: {Series: &corev1.EventSeries{LastObservedTime: metav1.NewMicroTime(noon.Add(-1))}, LastTimestamp: before(9)},
		2: {LastTimestamp: before(2), EventTime: metav1.NewMicroTime(noon.Add(-9))},
		3: {EventTime: metav1.NewMicroTime(noon.Add(-3))},
		4: {ObjectMeta: metav1.ObjectMeta{CreationTimestamp: before(4)}},
	} {
		if got := lastTime(e); !got.Equal(new(before(want))) {
			t.Errorf("got %s, want %s", got, before(want))
		}
	}
}
