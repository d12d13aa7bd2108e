package tenant

import (
	"time"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

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
