package reconciler

import (
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
)

// Object is an object with the two parts of status that kstatus reads.
type Object interface {
	client.Object
	StatusConditions() *[]metav1.Condition
	StatusObservedGeneration() *int64
}

// maxMessage is the API's bound on a condition's message, less some room.
const maxMessage = 4096

// SetTrue records that a condition holds.
func SetTrue(obj Object, condition, reason, message string) {
	set(obj, condition, metav1.ConditionTrue, reason, message)
}

// SetFalse records that a condition does not hold.
func SetFalse(obj Object, condition, reason, message string) {
	set(obj, condition, metav1.ConditionFalse, reason, message)
}

func set(obj Object, condition string, status metav1.ConditionStatus, reason, message string) {
	if len(message) > maxMessage {
		message = message[:maxMessage]
	}
	meta.SetStatusCondition(obj.StatusConditions(), metav1.Condition{
		Type: condition, Status: status, Reason: reason, Message: message, ObservedGeneration: obj.GetGeneration(),
	})
}

// Ready returns the Ready condition, or nil.
func Ready(obj Object) *metav1.Condition {
	return meta.FindStatusCondition(*obj.StatusConditions(), v1alpha1.ConditionReady)
}

// summarise maps an outcome to Ready, Reconciling, Stalled and the observed generation, as kstatus reads them:
//
//	outcome    Ready    Reconciling  Stalled  observedGeneration
//	success    True     -            -        moves
//	stalled    False    -            True     moves
//	waiting    False    True         -        stays
//	transient  Unknown  True         -        stays: what was true before may still be
//
// Source: https://github.com/kubernetes-sigs/cli-utils/blob/master/pkg/kstatus/README.md
func summarise(obj Object, failure *Failure) {
	conditions := obj.StatusConditions()
	meta.RemoveStatusCondition(conditions, v1alpha1.ConditionReconciling)
	meta.RemoveStatusCondition(conditions, v1alpha1.ConditionStalled)
	if failure == nil {
		SetTrue(obj, v1alpha1.ConditionReady, v1alpha1.ReasonReady, "everything declared is in place")
		*obj.StatusObservedGeneration() = obj.GetGeneration()
		return
	}
	status, abnormal := metav1.ConditionFalse, v1alpha1.ConditionReconciling
	if failure.kind == transient {
		status = metav1.ConditionUnknown
	}
	if failure.kind == stalled {
		abnormal = v1alpha1.ConditionStalled
		*obj.StatusObservedGeneration() = obj.GetGeneration()
	}
	if failure.Condition != "" {
		set(obj, failure.Condition, status, failure.Reason, failure.Message)
	}
	set(obj, v1alpha1.ConditionReady, status, failure.Reason, failure.Message)
	SetTrue(obj, abnormal, failure.Reason, failure.Message)
}
