package tenant

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/internal/store"
)

func TestEffectiveLimits(t *testing.T) {
	team := v1alpha1.SlackAppPlan{Name: "team", Limits: []v1alpha1.Limit{{Resource: v1alpha1.CRMWrites, Period: v1alpha1.PerHour, Limit: 5}}}
	pro := v1alpha1.SlackAppPlan{Name: v1alpha1.PlanPro, Limits: []v1alpha1.Limit{{Resource: v1alpha1.APICalls, Period: v1alpha1.PerMinute, Limit: 9}}}
	own := []v1alpha1.Limit{
		{Resource: v1alpha1.APICalls, Period: v1alpha1.PerMinute, Limit: 7},
		{Resource: v1alpha1.MeetingsProcessed, Period: v1alpha1.PerDay, Limit: 3},
	}
	tests := map[string]struct {
		plans  []v1alpha1.SlackAppPlan
		plan   v1alpha1.Plan
		own    []v1alpha1.Limit
		minute int
		quotas store.Quotas
	}{
		"built-in": {nil, v1alpha1.PlanFree, nil, 30, store.Quotas{
			"meetings_processed/daily": 10, "meetings_processed/monthly": 100, "crm_writes/daily": 20,
		}},
		"built-in, with its own in their place": {nil, v1alpha1.PlanFree, own, 7, store.Quotas{
			"meetings_processed/daily": 3, "meetings_processed/monthly": 100, "crm_writes/daily": 20,
		}},
		"the app's":                            {[]v1alpha1.SlackAppPlan{team}, "team", nil, 60, store.Quotas{"crm_writes/hourly": 5}},
		"the app's in the place of a built-in": {[]v1alpha1.SlackAppPlan{pro}, v1alpha1.PlanPro, nil, 9, store.Quotas{}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			app := &v1alpha1.SlackApp{Spec: v1alpha1.SlackAppSpec{Plans: tc.plans}}
			limits, err := EffectiveLimits(app, &v1alpha1.Tenant{Spec: v1alpha1.TenantSpec{Plan: tc.plan, Limits: tc.own}})
			if err != nil {
				t.Fatal(err)
			}
			if got := minuteLimit(limits); got != tc.minute {
				t.Errorf("%d a minute, want %d", got, tc.minute)
			}
			if diff := cmp.Diff(tc.quotas, quotas(limits)); diff != "" {
				t.Errorf("quotas (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAPlanThatThereIsNotIsNamedWithThoseThatThereAre(t *testing.T) {
	app := &v1alpha1.SlackApp{ObjectMeta: metav1.ObjectMeta{Name: "followup"}, Spec: v1alpha1.SlackAppSpec{Plans: []v1alpha1.SlackAppPlan{{Name: "team"}}}}
	_, err := EffectiveLimits(app, &v1alpha1.Tenant{Spec: v1alpha1.TenantSpec{Plan: "gold"}})
	if err == nil || !strings.Contains(err.Error(), `"gold"`) || !strings.Contains(err.Error(), "enterprise, free, pro, starter, team") {
		t.Errorf("error = %v", err)
	}
}
