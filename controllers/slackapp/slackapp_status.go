package slackapp

import (
	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/internal/reconciler"
)

// recordStatus writes what the phases found. The failure, if there was one, is the Reporter's.
func (s *scope) recordStatus() {
	if s.credentialsReady {
		reconciler.SetTrue(s.app, v1alpha1.ConditionCredentialsReady, v1alpha1.ReasonCredentials, "the signing secret is there and in shape")
	}
	if s.deployment != nil {
		s.app.Status.ReadyReplicas = new(s.deployment.Status.ReadyReplicas)
	}
	if s.available {
		reconciler.SetTrue(s.app, v1alpha1.ConditionWebhookAvailable, v1alpha1.ReasonAvailable, "the webhook answers")
	}
}
