package slackapp

import (
	"context"
	"errors"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/controllers/secrets"
	"github.com/followup-dev/followup-operator/internal/credentials"
	"github.com/followup-dev/followup-operator/internal/reconciler"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// scope is what one reconcile knows.
type scope struct {
	app           *v1alpha1.SlackApp
	signingSecret secrets.Credential
	aiKey         secrets.Credential
	googleClient  secrets.Credential
	encryption    secrets.Credential

	credentialsReady bool
	deployment       *appsv1.Deployment // as it is live, once it was applied
}

func newScope(app *v1alpha1.SlackApp) *scope {
	credential := func(purpose, field string, declared v1alpha1.Credentials, check func([]byte) error) secrets.Credential {
		return secrets.Credential{
			Owner:      app,
			Field:      "spec." + field + ".credentials",
			Declared:   declared,
			Name:       secrets.Name(Kind, app.Name, purpose),
			Label:      v1alpha1.LabelSlackApp,
			LabelValue: app.Name,
			Check:      check,
		}
	}
	spec := app.Spec
	return &scope{
		app:           app,
		signingSecret: credential("slack", "slack", spec.Slack.Credentials, secrets.ReadableBy(credentials.ParseSlackApp)),
		aiKey:         credential("ai", "ai", spec.AI.Credentials, secrets.ReadableBy(credentials.ParseAnthropic)),
		googleClient:  credential("google", "oauthClients.google", spec.OAuthClients.Google.Credentials, secrets.ReadableBy(credentials.ParseOAuthClient)),
		encryption:    credential("encryption", "encryption", spec.Encryption.Credentials, secrets.ReadableBy(credentials.ParseEncryption)),
	}
}

// Credentials are those that a SlackApp declares.
func Credentials(app *v1alpha1.SlackApp) []secrets.Credential {
	return secrets.Declared(newScope(app).credentials()...)
}

// credentials are all that the spec may declare.
func (s *scope) credentials() []*secrets.Credential {
	return []*secrets.Credential{&s.signingSecret, &s.aiKey, &s.googleClient, &s.encryption}
}

// credentialFlags tell the webhook where it finds what is declared.
func (s *scope) credentialFlags() (flags []string) {
	for _, of := range []struct {
		flag       string
		credential secrets.Credential
	}{
		{"--signing-secret-ref", s.signingSecret},
		{"--ai-key-ref", s.aiKey},
		{"--google-client-ref", s.googleClient},
		{"--encryption-ref", s.encryption},
	} {
		if ref := of.credential.Ref(); ref != (tenancy.SecretRef{}) {
			flags = append(flags, of.flag+"="+ref.String())
		}
	}
	return flags
}

// claim makes sure that the namespace and the app are this SlackApp's to serve. If they are not, and were, it stops serving.
func (r *Reconciler) claim(ctx context.Context, s *scope) error {
	err := r.claims.Check(ctx, s.app)
	refused, ok := errors.AsType[*reconciler.Failure](err)
	if !ok {
		return err
	}
	if err := r.stopServing(ctx, s); err != nil {
		return reconciler.Transient(err, "", refused.Reason, "%s", refused.Message)
	}
	return refused
}

// stopServing leaves no pod to a SlackApp that was served before it was refused.
func (r *Reconciler) stopServing(ctx context.Context, s *scope) error {
	stopped := r.workload(s).deployment()
	owned, err := r.applier.Owned(ctx, s.app, &appsv1.Deployment{ObjectMeta: stopped.ObjectMeta})
	if err != nil || !owned {
		return err
	}
	stopped.Spec.Replicas = new(int32(0))
	if err := r.applier.Apply(ctx, s.app, stopped); err != nil {
		return err
	}
	s.deployment = stopped
	return nil
}

func (r *Reconciler) workload(s *scope) workload {
	return workload{app: s.app, config: r.config, credentials: s.credentialFlags()}
}

// applyWorkload comes before the credentials: a webhook reads them when it needs them, so both can come up at once.
func (r *Reconciler) applyWorkload(ctx context.Context, s *scope) error {
	w := r.workload(s)
	if err := r.applier.ApplyUncached(ctx, s.app, w.logins()); err != nil {
		return err
	}
	deployment := w.deployment()
	for _, desired := range []client.Object{w.serviceAccount(), w.roleBinding(), w.service(), deployment} {
		if err := r.applier.Apply(ctx, s.app, desired); err != nil {
			return err
		}
	}
	s.deployment = deployment
	return nil
}

func (r *Reconciler) fetchCredentials(ctx context.Context, s *scope) error {
	for _, credential := range s.credentials() {
		if err := r.secrets.Fetch(ctx, credential); err != nil {
			return err
		}
	}
	return nil
}

func (r *Reconciler) checkCredentials(ctx context.Context, s *scope) error {
	for _, credential := range s.credentials() {
		if err := r.secrets.Check(ctx, *credential); err != nil {
			return err
		}
	}
	s.credentialsReady = true
	return nil
}

// checkAvailable waits until all pods are of the present template and answer. While pods are replaced, others answer, so the
// webhook is available before it is ready.
func (r *Reconciler) checkAvailable(_ context.Context, s *scope) error {
	const again = time.Minute // the Deployment's own changes come by its watch
	d := s.deployment
	status, want := d.Status, *d.Spec.Replicas
	current := status.ObservedGeneration >= d.Generation
	if current && status.UpdatedReplicas >= want && status.AvailableReplicas >= want && status.Replicas <= want {
		return nil
	}
	if why := givenUp(d); current && why != "" {
		return reconciler.Stalled("", v1alpha1.ReasonWebhookStuck,
			"Deployment %s: %s; kubectl describe deployment %s and its pods tell why", d.Name, why, d.Name)
	}
	if status.AvailableReplicas == 0 {
		return reconciler.Waiting(again, "", v1alpha1.ReasonWebhookUnavailable,
			"Deployment %s: none of %d pods is available; kubectl describe deployment %s tells why", d.Name, want, d.Name)
	}
	return reconciler.Waiting(again, "", v1alpha1.ReasonWebhookRollingOut,
		"Deployment %s: waiting for all of %d pods to be available and up to date", d.Name, want)
}

// givenUp is why the rollout is not expected to end any more, or "".
//
// Source: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#failed-deployment
func givenUp(d *appsv1.Deployment) string {
	for _, c := range d.Status.Conditions {
		if c.Type == appsv1.DeploymentProgressing && c.Status == corev1.ConditionFalse && c.Reason == "ProgressDeadlineExceeded" {
			return strings.TrimSuffix(c.Message, ".")
		}
	}
	return ""
}

func (r *Reconciler) stopFetching(ctx context.Context, s *scope) error {
	for _, credential := range s.credentials() {
		if err := r.secrets.StopFetching(ctx, *credential); err != nil {
			return err
		}
	}
	return nil
}
