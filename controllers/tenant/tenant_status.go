package tenant

import (
	"errors"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/internal/reconciler"
)

// recordStatus writes what the phases found, and returns it as conditions. The failure, if there was one, is the Reporter's;
// only that a refused claimant has no rows is known here.
func (s *scope) recordStatus(err error, now time.Time) (found []metav1.Condition) {
	if failure, ok := errors.AsType[*reconciler.Failure](err); ok && failure.Reason == v1alpha1.ReasonWorkspaceAlreadyClaimed {
		s.tenant.Status.TenantID = ""
	}
	if s.rowSynced {
		s.tenant.Status.TenantID = s.row.ID.String()
		found = append(found, held(s.tenant.Spec, now),
			reconciler.Synced(s.tenant, "the tenant's row says what the spec says", s.row.Drifted()))
		if connected, known := s.slackConnected(); known {
			found = append(found, connected)
		}
	}
	if s.credentialsReady {
		found = append(found, reconciler.True(v1alpha1.ConditionCredentialsReady, v1alpha1.ReasonCredentials, "all credentials are there and in shape"))
	}
	if s.verified != nil {
		found = append(found, *s.verified)
	}
	return found
}
