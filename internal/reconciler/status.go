package reconciler

import (
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
)

// Object is an object with the parts of status that all kinds have.
type Object interface {
	client.Object
	StatusConditions() *[]metav1.Condition
	StatusObservedGeneration() *int64
	StatusLastHandledReconcileAt() *string
}

const (
	// maxMessage bounds a condition's message, in bytes; the API allows more.
	maxMessage = 4096
	// maxRequest bounds what is repeated of a request to reconcile, as the schema does.
	maxRequest = 64
)

// True is the finding that a condition holds.
func True(condition, reason, message string) metav1.Condition {
	return metav1.Condition{Type: condition, Status: metav1.ConditionTrue, Reason: reason, Message: message}
}

// False is the finding that a condition does not hold.
func False(condition, reason, message string) metav1.Condition {
	return metav1.Condition{Type: condition, Status: metav1.ConditionFalse, Reason: reason, Message: message}
}

func set(obj Object, condition metav1.Condition) {
	condition.Message = cut(condition.Message, maxMessage)
	condition.ObservedGeneration = obj.GetGeneration()
	meta.SetStatusCondition(obj.StatusConditions(), condition)
}

// cut shortens text to at most limit bytes, between two characters.
func cut(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	for limit > 0 && !utf8.RuneStart(text[limit]) {
		limit--
	}
	return text[:limit]
}

// acknowledge says in the status which request to reconcile was acted on.
func acknowledge(obj Object) {
	if asked := obj.GetAnnotations()[v1alpha1.AnnotationReconcileRequestedAt]; asked != "" {
		*obj.StatusLastHandledReconcileAt() = cut(asked, maxRequest)
	}
}

// Ready returns the Ready condition, or nil.
func Ready(obj Object) *metav1.Condition {
	return meta.FindStatusCondition(*obj.StatusConditions(), v1alpha1.ConditionReady)
}

// summarise records what was found, and maps an outcome to Ready, Reconciling, Stalled and the observed generation, as
// kstatus reads them:
//
//	outcome    Ready    Reconciling  Stalled  observedGeneration
//	success    True     -            -        moves
//	stalled    False    -            True     moves
//	waiting    False    True         -        stays
//	transient  Unknown  True         -        stays: what was true before may still be
//
// Source: https://github.com/kubernetes-sigs/cli-utils/blob/master/pkg/kstatus/README.md
func summarise(obj Object, found []metav1.Condition, failure *Failure) {
	if failure == nil {
		found = append(found, True(v1alpha1.ConditionReady, v1alpha1.ReasonReady, "everything declared is in place"))
	} else {
		found = append(found, failure.conditions()...)
	}
	conditions := obj.StatusConditions()
	for _, abnormal := range []string{v1alpha1.ConditionReconciling, v1alpha1.ConditionStalled} {
		if meta.FindStatusCondition(found, abnormal) == nil {
			meta.RemoveStatusCondition(conditions, abnormal)
		}
	}
	if failure != nil {
		found = append(found, unreached(*conditions, found, failure.Reason)...)
	}
	for _, condition := range found {
		set(obj, condition)
	}
	if failure == nil || failure.kind == stalled {
		*obj.StatusObservedGeneration() = obj.GetGeneration()
	}
}

// conditions are those that a failure shows in.
func (f *Failure) conditions() []metav1.Condition {
	status, abnormal := metav1.ConditionFalse, v1alpha1.ConditionReconciling
	switch f.kind {
	case transient:
		status = metav1.ConditionUnknown
	case stalled:
		abnormal = v1alpha1.ConditionStalled
	case waiting:
	}
	shown := []metav1.Condition{
		{Type: v1alpha1.ConditionReady, Status: status, Reason: f.Reason, Message: f.Message},
		True(abnormal, f.Reason, f.Message),
	}
	if f.Condition != "" {
		shown = append(shown, metav1.Condition{Type: f.Condition, Status: status, Reason: f.Reason, Message: f.Message})
	}
	return shown
}

// unreached has the conditions that earlier reconciles found and this one did not get to: they may be true no more.
func unreached(earlier, found []metav1.Condition, reason string) (unknown []metav1.Condition) {
	for _, condition := range earlier {
		if meta.FindStatusCondition(found, condition.Type) == nil {
			unknown = append(unknown, metav1.Condition{
				Type: condition.Type, Status: metav1.ConditionUnknown, Reason: reason, Message: "not looked at; Ready tells why",
			})
		}
	}
	return unknown
}
