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
)

// scope is what one reconcile knows.
type scope struct {
	app           *v1alpha1.SlackApp
	signingSecret secrets.Credential

	credentialsReady bool
	deployment       *appsv1.Deployment // as it is live, once it was applied
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
	return workload{app: s.app, config: r.config, signingSecret: s.signingSecret.Ref()}
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
	return r.secrets.Fetch(ctx, &s.signingSecret)
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
	return r.secrets.StopFetching(ctx, s.signingSecret)
}
