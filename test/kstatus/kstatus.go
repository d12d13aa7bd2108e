package kstatus

import (
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/internal/reconciler"
)

// Check holds a status against the rules of kstatus, and our own.
func Check(object reconciler.Object) error {
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(object)
	if err != nil {
		return err
	}
	computed, err := status.Compute(&unstructured.Unstructured{Object: content})
	if err != nil {
		return err
	}
	conditions := *object.StatusConditions()
	observed, generation := *object.StatusObservedGeneration(), object.GetGeneration()
	is := func(condition string) bool { return meta.IsStatusConditionTrue(conditions, condition) }

	var wrong []error
	must := func(holds bool, format string, args ...any) {
		if !holds {
			wrong = append(wrong, fmt.Errorf(format, args...))
		}
	}
	must(observed <= generation, "observedGeneration %d is of the future", observed)
	must(!is(v1alpha1.ConditionReconciling) || !is(v1alpha1.ConditionStalled), "reconciling and stalled at once")
	must(!is(v1alpha1.ConditionStalled) || !is(v1alpha1.ConditionReady), "ready and stalled at once")
	must(!is(v1alpha1.ConditionReconciling) || !is(v1alpha1.ConditionReady), "ready and reconciling at once")
	for _, abnormal := range []string{v1alpha1.ConditionReconciling, v1alpha1.ConditionStalled} {
		found := meta.FindStatusCondition(conditions, abnormal)
		must(found == nil || found.Status == metav1.ConditionTrue, "%s is there and not True", abnormal)
	}
	for _, c := range conditions {
		must(c.Message != "" && c.ObservedGeneration > 0 && c.ObservedGeneration <= generation, "condition %+v is incomplete", c)
	}
	if object.GetDeletionTimestamp() == nil {
		want := wantKstatus(object, conditions, observed)
		must(computed.Status == want, "kstatus says %s, want %s", computed.Status, want)
	}
	return errors.Join(wrong...)
}

func wantKstatus(object reconciler.Object, conditions []metav1.Condition, observed int64) status.Status {
	switch {
	case observed != object.GetGeneration(), meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionReconciling):
		return status.InProgressStatus
	case meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionStalled):
		return status.FailedStatus
	case meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionReady):
		return status.CurrentStatus
	default:
		return status.UnknownStatus // never: it is one of the above
	}
}
