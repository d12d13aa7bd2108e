package crmconnection

import (
	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/internal/reconciler"
)

// recordStatus writes what the phases found. The failure, if there was one, is the Reporter's.
func (s *scope) recordStatus() {
	if s.rowSynced {
		s.connection.Status.ConnectionID = s.row.ID.String()
		reconciler.SetTrue(s.connection, v1alpha1.ConditionDatabaseSynced, v1alpha1.ReasonSynced, "the connection's row says what the spec says")
	}
	if s.credentialsReady {
		reconciler.SetTrue(s.connection, v1alpha1.ConditionCredentialsReady, v1alpha1.ReasonCredentials, "the credentials are there and in shape")
	}
}
