package crmconnection

import (
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/controllers/health"
	"github.com/followup-dev/followup-operator/internal/credentials"
	"github.com/followup-dev/followup-operator/internal/reconciler"
	"github.com/followup-dev/followup-operator/internal/store"
)

// verified is of the credential with this digest, as its Secret has it.
func (s *scope) verified(digest string) metav1.Condition {
	return health.Verified(health.Credential{
		Field:    s.credential.Field,
		Provider: string(s.connection.Spec.Provider),
		Digest:   credentials.CheckDigest(s.tenantID, store.SubjectOf(s.row.ID), digest),
		Check:    s.row.Check,
	})
}

// recordHealth writes what the calls of the webhooks came to last. Before the first there is no condition.
func (s *scope) recordHealth() (found []metav1.Condition) {
	known, status := s.row.Health, &s.connection.Status
	status.LastSuccessTime, status.LastError = timeOf(known.LastSuccessAt), nil
	if known.ErrorCode != "" && known.LastErrorAt != nil {
		status.LastError = &v1alpha1.ConnectionError{Code: known.ErrorCode, Time: *timeOf(known.LastErrorAt)}
	}
	provider := s.connection.Spec.Provider
	switch {
	case known.NeedsReauthDigest != "":
		return append(found, reconciler.False(v1alpha1.ConditionHealthy, v1alpha1.ReasonNeedsReauth,
			fmt.Sprintf("%s refused the credential when it was used (%s); put a new one where %s points to", provider, known.ErrorCode, s.credential.Field)))
	case known.ErrorCode != "":
		return append(found, reconciler.False(v1alpha1.ConditionHealthy, v1alpha1.ReasonCallFailed,
			fmt.Sprintf("the last call of %s failed (%s); the users' next ones are made all the same", provider, known.ErrorCode)))
	case known.LastSuccessAt != nil:
		return append(found, reconciler.True(v1alpha1.ConditionHealthy, v1alpha1.ReasonWorking, fmt.Sprintf("%s does what it is asked", provider)))
	default:
		meta.RemoveStatusCondition(&status.Conditions, v1alpha1.ConditionHealthy)
		return nil
	}
}

// timeOf has the seconds that Kubernetes keeps of a time.
func timeOf(at *time.Time) *metav1.Time {
	if at == nil {
		return nil
	}
	return new(metav1.NewTime(at.UTC().Truncate(time.Second)))
}
