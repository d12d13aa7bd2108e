package slackapp

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/internal/reconciler"
)

// recordStatus writes what the phases found, and returns it as conditions. The failure, if there was one, is the Reporter's.
func (s *scope) recordStatus() (found []metav1.Condition) {
	if s.credentialsReady {
		found = append(found, reconciler.True(v1alpha1.ConditionCredentialsReady, v1alpha1.ReasonCredentials, "all credentials are there and in shape"))
	}
	if s.deployment != nil {
		s.app.Status.ReadyReplicas = new(s.deployment.Status.ReadyReplicas)
		found = append(found, s.available())
	}
	return found
}

func (s *scope) available() metav1.Condition {
	if s.deployment.Status.AvailableReplicas == 0 {
		return reconciler.False(v1alpha1.ConditionWebhookAvailable, v1alpha1.ReasonWebhookUnavailable, "no pod of the webhook is available")
	}
	return reconciler.True(v1alpha1.ConditionWebhookAvailable, v1alpha1.ReasonAvailable, "the webhook answers")
}
