package integration

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
)

// events returns type, reason and count of the events about an object, in the order of their first occurrence.
func (ns *namespace) events(ctx context.Context, name string) ([]string, error) {
	var list eventsv1.EventList
	if err := kube.List(ctx, &list, client.InNamespace(ns.name)); err != nil {
		return nil, err
	}
	slices.SortFunc(list.Items, func(a, b eventsv1.Event) int { return a.EventTime.Compare(b.EventTime.Time) })
	var about []string
	for _, event := range list.Items {
		if event.Regarding.Name != name {
			continue
		}
		count := int32(1)
		if event.Series != nil {
			count = event.Series.Count
		}
		about = append(about, fmt.Sprintf("%s %s %d", event.Type, event.Reason, count))
	}
	return about, nil
}

// eventuallyTold waits for an event of a type and reason about an object.
func (ns *namespace) eventuallyTold(name, event string) {
	ns.t.Helper()
	ns.eventually("record an event", func(ctx context.Context) error {
		events, err := ns.events(ctx, name)
		if err == nil && !slices.ContainsFunc(events, func(told string) bool { return strings.HasPrefix(told, event+" ") }) {
			return fmt.Errorf("events %q, want %s", events, event)
		}
		return err
	})
}

func TestEventsTellTransitionsOnly(t *testing.T) {
	_, ns := world(t)
	tenant := ns.readyTenant(newTenant("acme"))
	for _, plan := range []v1alpha1.Plan{v1alpha1.PlanFree, v1alpha1.PlanStarter, v1alpha1.PlanPro} { // each reconciled, none a transition
		change(ns, tenant, func(tenant *v1alpha1.Tenant) { tenant.Spec.Plan = plan })
		ns.awaitReady(tenant, metav1.ConditionTrue, v1alpha1.ReasonReady)
	}
	ns.reportFetch("tenant-acme-slack", corev1.ConditionFalse)
	ns.awaitReady(tenant, metav1.ConditionFalse, v1alpha1.ReasonExternalSecretFailed)
	change(ns, tenant, func(tenant *v1alpha1.Tenant) { tenant.Spec.TimeZone = "Mars" })
	ns.awaitReady(tenant, metav1.ConditionFalse, v1alpha1.ReasonInvalidTimeZone)

	want := []string{"Normal ExternalSecretPending 1", "Normal Ready 1", "Normal ExternalSecretFailed 1", "Warning InvalidTimeZone 1"}
	ns.eventually("await the events", func(ctx context.Context) error {
		got, err := ns.events(ctx, "acme")
		if diff := cmp.Diff(want, got); err == nil && diff != "" {
			return fmt.Errorf("events (-want +got):\n%s", diff)
		}
		return err
	})
}
