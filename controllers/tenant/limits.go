package tenant

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/controllers/usage"
	"github.com/followup-dev/followup-operator/internal/store"
)

// defaultMinuteLimit is that of a plan that says nothing of it: each tenant has one, to protect the others.
const defaultMinuteLimit = 60

// builtIn are the plans that there are without a word of the SlackApp. docs/limits.md names them to users.
var builtIn = map[v1alpha1.Plan][]v1alpha1.Limit{
	v1alpha1.PlanFree:       plan(30, 10, 100, 20),
	v1alpha1.PlanStarter:    plan(60, 50, 1_000, 200),
	v1alpha1.PlanPro:        plan(120, 200, 4_000, 1_000),
	v1alpha1.PlanEnterprise: plan(600, 2_000, 40_000, 10_000),
}

func plan(callsAMinute, meetingsADay, meetingsAMonth, writesADay int32) []v1alpha1.Limit {
	return []v1alpha1.Limit{
		{Resource: v1alpha1.APICalls, Period: v1alpha1.PerMinute, Limit: callsAMinute},
		{Resource: v1alpha1.MeetingsProcessed, Period: v1alpha1.PerDay, Limit: meetingsADay},
		{Resource: v1alpha1.MeetingsProcessed, Period: v1alpha1.PerMonth, Limit: meetingsAMonth},
		{Resource: v1alpha1.CRMWrites, Period: v1alpha1.PerDay, Limit: writesADay},
	}
}

// EffectiveLimits are those that bind the tenant, by resource and period: its plan's, of the SlackApp or built-in, with its own in
// their place. There is always one of api_calls per Minute. An error says that there is no such plan, and which there are.
func EffectiveLimits(app *v1alpha1.SlackApp, t *v1alpha1.Tenant) ([]v1alpha1.Limit, error) {
	plans := maps.Clone(builtIn)
	for _, declared := range app.Spec.Plans {
		plans[declared.Name] = declared.Limits
	}
	of, known := plans[t.Spec.Plan]
	if !known {
		return nil, fmt.Errorf("there is no plan %q; SlackApp %s has %s", t.Spec.Plan, app.Name, names(plans))
	}
	type key struct {
		resource v1alpha1.LimitResource
		period   v1alpha1.LimitPeriod
	}
	effective := map[key]v1alpha1.Limit{}
	first := v1alpha1.Limit{Resource: v1alpha1.APICalls, Period: v1alpha1.PerMinute, Limit: defaultMinuteLimit}
	for _, limit := range slices.Concat([]v1alpha1.Limit{first}, of, t.Spec.Limits) {
		effective[key{limit.Resource, limit.Period}] = limit
	}
	return slices.SortedFunc(maps.Values(effective), func(a, b v1alpha1.Limit) int {
		return cmp.Or(cmp.Compare(a.Resource, b.Resource), cmp.Compare(length[a.Period], length[b.Period]))
	}), nil
}

// length orders periods.
var length = map[v1alpha1.LimitPeriod]int{v1alpha1.PerMinute: 0, v1alpha1.PerHour: 1, v1alpha1.PerDay: 2, v1alpha1.PerMonth: 3}

func names(plans map[v1alpha1.Plan][]v1alpha1.Limit) string {
	var all []string
	for name := range maps.Keys(plans) {
		all = append(all, string(name))
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

// minuteLimit is how many requests a minute the limits allow.
func minuteLimit(limits []v1alpha1.Limit) int {
	for _, l := range limits {
		if l.Period == v1alpha1.PerMinute {
			return int(l.Limit)
		}
	}
	return defaultMinuteLimit
}

// quotas are the limits of longer periods than a minute, in the words of the row.
func quotas(limits []v1alpha1.Limit) store.Quotas {
	found := store.Quotas{}
	for _, l := range limits {
		if l.Period != v1alpha1.PerMinute {
			found[usage.Key(l)] = int(l.Limit)
		}
	}
	return found
}
