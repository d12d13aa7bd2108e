package crmconnection

import (
	"context"
	"strings"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/internal/credentials"
	"github.com/followup-dev/followup-operator/internal/reconciler"
)

// What is remembered of a credential at Google, before its digest.
const (
	googleServiceAccount = "service account"
	googleMailbox        = "mailbox"
)

func googleCredential(raw []byte) string {
	google, _ := credentials.ParseGoogle(raw) // a right one
	if google.Mailbox != nil {
		return googleMailbox + ":" + credentials.Digest(raw)
	}
	return googleServiceAccount + ":" + credentials.Digest(raw)
}

// digestOf leaves out what else is remembered.
func digestOf(remembered string) string {
	return remembered[strings.LastIndex(remembered, ":")+1:]
}

// checkSlackApp says what a connection to Google needs of the app and lacks. Whether that is in order, the SlackApp says.
func (r *Reconciler) checkSlackApp(ctx context.Context, s *scope) error {
	if s.connection.Spec.Provider != v1alpha1.GoogleProvider {
		return nil
	}
	app := &v1alpha1.SlackApp{}
	err := r.client.Get(ctx, client.ObjectKey{Namespace: s.connection.Namespace, Name: s.slackApp}, app)
	if client.IgnoreNotFound(err) != nil {
		return err
	}
	if !keepsTokens(app) {
		return reconciler.Waiting(again, "", v1alpha1.ReasonSlackAppIncomplete,
			"SlackApp %s has no spec.encryption, which access tokens of Google are kept with; declare it", s.slackApp)
	}
	if strings.HasPrefix(r.secrets.Digest(s.credential), googleMailbox) && !knownToGoogle(app) {
		return reconciler.Waiting(again, "", v1alpha1.ReasonSlackAppIncomplete,
			"SlackApp %s has no spec.oauthClients.google, which the refresh token belongs to; declare it, or use a service account", s.slackApp)
	}
	return nil
}

func keepsTokens(app *v1alpha1.SlackApp) bool {
	return app.Spec.Encryption.Credentials != (v1alpha1.Credentials{})
}

func knownToGoogle(app *v1alpha1.SlackApp) bool {
	return app.Spec.OAuthClients.Google.Credentials != (v1alpha1.Credentials{})
}

// sameOffer compares what connections need of a SlackApp.
func sameOffer(before, after *v1alpha1.SlackApp) bool {
	return keepsTokens(before) == keepsTokens(after) && knownToGoogle(before) == knownToGoogle(after)
}

// ofSlackApp finds the connections of a SlackApp's Tenants: all of its namespace.
func (r *Reconciler) ofSlackApp(ctx context.Context, app client.Object) []reconcile.Request {
	var connections v1alpha1.CRMConnectionList
	if err := r.client.List(ctx, &connections, client.InNamespace(app.GetNamespace())); err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "can't wake the CRMConnections of a SlackApp", "slackApp", app.GetName())
		return nil
	}
	return requests(connections)
}
