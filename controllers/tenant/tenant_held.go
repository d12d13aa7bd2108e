package tenant

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/internal/reconciler"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// held says what the webhooks go by, which is the row.
func held(spec v1alpha1.TenantSpec, now time.Time) metav1.Condition {
	isHeld := func(reason, message string) metav1.Condition {
		return reconciler.True(v1alpha1.ConditionHeld, reason, message)
	}
	served := func(message string) metav1.Condition {
		return reconciler.False(v1alpha1.ConditionHeld, v1alpha1.ReasonServed, message)
	}
	ends := trialEndsAt(spec)
	switch policy := stop(spec); {
	case policy == tenancy.Hold:
		return isHeld(v1alpha1.ReasonHeld, "users are told that the tenant is paused, and what is queued is finished, as spec.stopPolicy says")
	case policy == tenancy.Drain:
		return isHeld(v1alpha1.ReasonDraining, "users are told that the tenant is paused, and what is queued is cancelled, as spec.stopPolicy says")
	case ends.IsZero():
		return served("users are served")
	case now.Before(ends):
		return served("users are served until the trial ends: spec.trialEndsAt is " + ends.UTC().Format(time.RFC3339))
	default:
		return isHeld(v1alpha1.ReasonTrialEnded, "users are told that the trial has ended; to have them served, move spec.trialEndsAt or remove it")
	}
}

// farAway is how far ahead a trial's end is waited for in one go: a date may be further away than a duration is long.
const farAway = 30 * 24 * time.Hour

// untilTrialEnds has the Tenant looked at when its trial ends, or earlier, if something else has it so: a second late, and so never
// before.
func untilTrialEnds(result ctrl.Result, spec v1alpha1.TenantSpec, now time.Time) ctrl.Result {
	left := min(trialEndsAt(spec).Sub(now), farAway)
	if left <= 0 {
		return result
	}
	if after := left + time.Second; result.RequeueAfter == 0 || after < result.RequeueAfter {
		result.RequeueAfter = after
	}
	return result
}
