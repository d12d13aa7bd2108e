package slackapp

import (
	"context"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/controllers/secrets"
	"github.com/followup-dev/followup-operator/internal/credentials"
	"github.com/followup-dev/followup-operator/internal/reconciler"
)

// scope is what one reconcile knows.
type scope struct {
	app           *v1alpha1.SlackApp
	signingSecret secrets.Credential

	credentialsReady bool
	deployment       *appsv1.Deployment // as the cache has it
	available        bool
}

func newScope(app *v1alpha1.SlackApp) *scope {
	return &scope{app: app, signingSecret: secrets.Credential{
		Owner:      app,
		Field:      "spec.slack.credentials",
		Declared:   app.Spec.Slack.Credentials,
		Name:       secrets.Name(Kind, app.Name, "slack"),
		Label:      v1alpha1.LabelSlackApp,
		LabelValue: app.Name,
		Check: func(raw []byte) error {
			_, err := credentials.ParseSlackApp(raw)
			return err
		},
	}}
}

// claim makes sure that the namespace and the app are this SlackApp's to serve.
func (r *Reconciler) claim(ctx context.Context, s *scope) error {
	return r.claims.Check(ctx, s.app)
}

func (r *Reconciler) fetchCredentials(ctx context.Context, s *scope) error {
	return r.secrets.Apply(ctx, s.signingSecret)
}

// applyWorkload runs before the credentials are checked: a webhook reads them when it needs them, so both can come up at
// once, and one whose Secret was lost goes on with what it has.
func (r *Reconciler) applyWorkload(ctx context.Context, s *scope) error {
	w := workload{app: s.app, config: r.config, signingSecret: s.signingSecret.Ref()}
	if err := r.applier.ApplyUncached(ctx, s.app, w.logins()); err != nil {
		return err
	}
	for _, desired := range []client.Object{w.serviceAccount(), w.roleBinding(), w.service(), w.deployment()} {
		if err := r.applier.Apply(ctx, s.app, desired); err != nil {
			return err
		}
	}
	return nil
}

func (r *Reconciler) checkCredentials(ctx context.Context, s *scope) error {
	if err := r.secrets.Check(ctx, s.signingSecret); err != nil {
		return err
	}
	s.credentialsReady = true
	return nil
}

// checkAvailable waits until all pods are of the present template and answer. While pods are replaced, others answer, so the
// webhook is available before it is ready.
func (r *Reconciler) checkAvailable(ctx context.Context, s *scope) error {
	const again = time.Minute // the Deployment's own changes come by its watch
	s.deployment = &appsv1.Deployment{}
	key := client.ObjectKey{Namespace: s.app.Namespace, Name: webhookName(s.app)}
	if err := r.client.Get(ctx, key, s.deployment); err != nil {
		return err
	}
	status, want := s.deployment.Status, *s.deployment.Spec.Replicas
	if status.AvailableReplicas == 0 {
		return reconciler.Waiting(again, v1alpha1.ConditionWebhookAvailable, v1alpha1.ReasonWebhookUnavailable,
			"Deployment %s: none of %d pods is available; kubectl describe deployment %s tells why", key.Name, want, key.Name)
	}
	s.available = true
	if status.ObservedGeneration < s.deployment.Generation || status.UpdatedReplicas < want ||
		status.AvailableReplicas < want || status.Replicas > want {
		return reconciler.Waiting(again, "", v1alpha1.ReasonWebhookRollingOut,
			"Deployment %s: waiting for all of %d pods to be available and up to date", key.Name, want)
	}
	return nil
}
