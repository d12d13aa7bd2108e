package usage

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// Key is what rows call a limit, in store.Quotas and store.TenantUsage.
func Key(of v1alpha1.Limit) string { return string(of.Resource) + "/" + periods[of.Period] }

// periods are called so in rows. That of a minute is in none.
var periods = map[v1alpha1.LimitPeriod]string{v1alpha1.PerHour: "hourly", v1alpha1.PerDay: "daily", v1alpha1.PerMonth: "monthly"}

// Tell writes the limits that bind a tenant into its status, with what is used of each. Of a tenant that was not counted yet it
// keeps what the status told: so an operator that starts writes nothing.
func (c *Counts) Tell(status *v1alpha1.TenantStatus, id tenancy.ID, limits []v1alpha1.Limit) {
	counted, known := c.find(id)
	earlier := map[string]*int64{}
	for _, limit := range status.Limits {
		earlier[Key(limit.Limit)] = limit.Used
	}
	status.Limits = make([]v1alpha1.LimitUsage, len(limits))
	for i, limit := range limits {
		status.Limits[i] = v1alpha1.LimitUsage{Limit: limit}
		switch {
		case present[limit.Period] == "": // it would be over before it is told
		case known:
			status.Limits[i].Used = new(counted.Used[Key(limit)])
		default:
			status.Limits[i].Used = earlier[Key(limit)]
		}
	}
	status.Usage = words(status.Limits)
	if !known {
		return
	}
	status.Users, status.LastActivityTime = &counted.Users, nil
	if counted.LastActiveAt != nil { // as precise as it is written
		status.LastActivityTime = new(metav1.NewTime(*counted.LastActiveAt).Rfc3339Copy())
	}
}

// words tell of the limit of which the greatest share is used: "41/200 meetings today"; "" where there is none to tell of.
func words(limits []v1alpha1.LimitUsage) (found string) {
	tightest := -1.0
	for _, limit := range limits {
		if limit.Used == nil {
			continue
		}
		if share := float64(*limit.Used) / float64(limit.Limit.Limit); share > tightest {
			tightest = share
			found = fmt.Sprintf("%d/%d %s %s", *limit.Used, limit.Limit.Limit, resources[limit.Resource], present[limit.Period])
		}
	}
	return found
}

var (
	resources = map[v1alpha1.LimitResource]string{
		v1alpha1.APICalls: "requests", v1alpha1.MeetingsProcessed: "meetings", v1alpha1.CRMWrites: "CRM writes",
	}
	// present are the periods whose use is told.
	present = map[v1alpha1.LimitPeriod]string{v1alpha1.PerDay: "today", v1alpha1.PerMonth: "this month"}
)
