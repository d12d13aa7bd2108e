package tenant

import (
	"k8s.io/apimachinery/pkg/api/equality"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/controllers/claims"
)

// sameOffer compares what Tenants depend on of their SlackApp: whether it is served, and the limits of its plans.
func sameOffer(before, after *v1alpha1.SlackApp) bool {
	return claims.SameRefusal(before, after) && equality.Semantic.DeepEqual(before.Spec.Plans, after.Spec.Plans)
}

// recordUsage writes the connections into the status, the limits that the row has, and what is used of them.
func (r *Reconciler) recordUsage(s *scope) {
	if s.connections != nil {
		s.tenant.Status.Connections = *s.connections
	}
	if !s.rowSynced {
		return
	}
	if s.row.Created {
		r.usage.Began(s.row.ID)
	}
	r.usage.Tell(&s.tenant.Status, s.row.ID, s.limits)
}
