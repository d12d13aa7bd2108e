package tenant

import (
	"testing"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
)

func TestMinuteLimit(t *testing.T) {
	own := []v1alpha1.Limit{{Resource: v1alpha1.APICalls, Period: v1alpha1.PerMinute, Limit: 7}}
	tests := map[string]struct {
		spec v1alpha1.TenantSpec
		want int
	}{
		"free":       {v1alpha1.TenantSpec{Plan: v1alpha1.PlanFree}, 30},
		"starter":    {v1alpha1.TenantSpec{Plan: v1alpha1.PlanStarter}, 60},
		"pro":        {v1alpha1.TenantSpec{Plan: v1alpha1.PlanPro}, 120},
		"enterprise": {v1alpha1.TenantSpec{Plan: v1alpha1.PlanEnterprise}, 600},
		"its own":    {v1alpha1.TenantSpec{Plan: v1alpha1.PlanEnterprise, Limits: own}, 7},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if got := minuteLimit(tc.spec); got != tc.want {
				t.Errorf("got %d, want %d", got, tc.want)
			}
		})
	}
}
