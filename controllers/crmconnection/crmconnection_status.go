package crmconnection

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/internal/reconciler"
)

// recordStatus writes what the phases found, and returns it as conditions. The failure, if there was one, is the Reporter's.
func (s *scope) recordStatus(digest string) (found []metav1.Condition) {
	if s.rowSynced {
		s.connection.Status.ConnectionID = s.row.ID.String()
		found = append(found, s.recordHealth()...)
	}
	if s.mappingsSynced {
		found = append(found, reconciler.Synced(s.connection, "the connection's rows say what the spec says", s.drifted()))
	}
	if s.credentialsReady {
		found = append(found, reconciler.True(v1alpha1.ConditionCredentialsReady, v1alpha1.ReasonCredentials, "the credentials are there and in shape"),
			s.verified(digestOf(digest)))
	}
	return found
}
