package tenant

import (
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
)

func TestHeldSaysWhy(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	for name, tc := range map[string]struct {
		policy v1alpha1.StopPolicy
		ends   time.Duration // from now; 0: it is no trial
		status metav1.ConditionStatus
		reason string
		says   string
	}{
		"served":                      {"", 0, metav1.ConditionFalse, v1alpha1.ReasonServed, "users are served"},
		"a trial":                     {v1alpha1.StopNone, time.Second, metav1.ConditionFalse, v1alpha1.ReasonServed, "spec.trialEndsAt is 2026-11-24T12:00:01Z"},
		"a trial that ends now":       {"", -time.Nanosecond, metav1.ConditionTrue, v1alpha1.ReasonTrialEnded, "move spec.trialEndsAt or remove it"},
		"held":                        {v1alpha1.StopHold, 0, metav1.ConditionTrue, v1alpha1.ReasonHeld, "what is queued is finished"},
		"draining":                    {v1alpha1.StopHoldAndDrain, 0, metav1.ConditionTrue, v1alpha1.ReasonDraining, "what is queued is cancelled"},
		"held, after its trial ended": {v1alpha1.StopHold, -time.Hour, metav1.ConditionTrue, v1alpha1.ReasonHeld, "spec.stopPolicy"},
	} {
		t.Run(name, func(t *testing.T) {
			spec := v1alpha1.TenantSpec{StopPolicy: tc.policy}
			if tc.ends != 0 {
				spec.TrialEndsAt = new(metav1.NewTime(now.Add(tc.ends)))
			}
			got := held(spec, now)
			if got.Status != tc.status || got.Reason != tc.reason || !strings.Contains(got.Message, tc.says) {
				t.Errorf("condition %+v", got)
			}
		})
	}
}

func TestATrialsEndIsNotLookedAtBeforeIt(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	for name, tc := range map[string]struct {
		ends        time.Time
		after, want time.Duration
	}{
		"no trial":                      {time.Time{}, 0, 0},
		"ended":                         {now, 0, 0},
		"ends":                          {now.Add(time.Hour), 0, time.Hour + time.Second},
		"something else comes earlier":  {now.Add(time.Hour), time.Minute, time.Minute},
		"something else comes later":    {now.Add(time.Second), time.Minute, 2 * time.Second},
		"ends later than a timer lasts": {time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), 0, farAway + time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			var spec v1alpha1.TenantSpec
			if !tc.ends.IsZero() {
				spec.TrialEndsAt = new(metav1.NewTime(tc.ends))
			}
			if got := untilTrialEnds(ctrl.Result{RequeueAfter: tc.after}, spec, now); got.RequeueAfter != tc.want {
				t.Errorf("looked at after %v, want %v", got.RequeueAfter, tc.want)
			}
		})
	}
}
