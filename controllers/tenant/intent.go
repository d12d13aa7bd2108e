package tenant

import (
	"time"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/internal/store"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// planMinuteLimits are the api_calls per minute of each plan. The doc of TenantSpec.Plan names them to users.
var planMinuteLimits = map[v1alpha1.Plan]int{
	v1alpha1.PlanFree:       30,
	v1alpha1.PlanStarter:    60,
	v1alpha1.PlanPro:        120,
	v1alpha1.PlanEnterprise: 600,
}

// minuteLimit is the plan's, unless the tenant has its own.
func minuteLimit(spec v1alpha1.TenantSpec) int {
	for _, l := range spec.Limits {
		if l.Resource == v1alpha1.APICalls && l.Period == v1alpha1.PerMinute {
			return int(l.Limit)
		}
	}
	return planMinuteLimits[spec.Plan]
}

// quotas are the limits of longer periods than a minute, in the words of the row.
func quotas(spec v1alpha1.TenantSpec) store.Quotas {
	found := store.Quotas{}
	for _, l := range spec.Limits {
		if l.Period != v1alpha1.PerMinute {
			found[string(l.Resource)+"/"+periods[l.Period]] = int(l.Limit)
		}
	}
	return found
}

// periods are called so in rows.
var periods = map[v1alpha1.LimitPeriod]string{v1alpha1.PerHour: "hourly", v1alpha1.PerDay: "daily", v1alpha1.PerMonth: "monthly"}

func stop(spec v1alpha1.TenantSpec) tenancy.Stop {
	switch spec.StopPolicy {
	case v1alpha1.StopHold:
		return tenancy.Hold
	case v1alpha1.StopHoldAndDrain:
		return tenancy.Drain
	default:
		return tenancy.Served
	}
}

func trialEndsAt(spec v1alpha1.TenantSpec) time.Time {
	if spec.TrialEndsAt == nil {
		return time.Time{}
	}
	return spec.TrialEndsAt.Time
}

func timeZone(spec v1alpha1.TenantSpec) string {
	if spec.TimeZone == "" {
		return "UTC"
	}
	return spec.TimeZone
}

func locale(spec v1alpha1.TenantSpec) string {
	if spec.Locale == "" {
		return string(v1alpha1.English)
	}
	return string(spec.Locale)
}

func visibility(spec v1alpha1.TenantSpec) tenancy.Visibility {
	if spec.Meetings.Visibility == v1alpha1.VisibleToEveryone {
		return tenancy.Everyone
	}
	return tenancy.Participants
}
