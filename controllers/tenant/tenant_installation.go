package tenant

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/internal/credentials"
	"github.com/followup-dev/followup-operator/internal/reconciler"
	"github.com/followup-dev/followup-operator/internal/store"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// digestBotToken tells a bot token from another one: it is the same for a plain token and for JSON.
func digestBotToken(raw []byte) string {
	bot, _ := credentials.ParseSlackBot(raw) // a right one
	digest := sha256.Sum256([]byte(bot.Token.Reveal()))
	return hex.EncodeToString(digest[:])
}

// installationDigest is what the row keeps of a token. The tenant's ID is its salt, so that rows of two tenants don't tell
// whether they have the same one.
func installationDigest(id tenancy.ID, tokenDigest string) string {
	digest := sha256.Sum256([]byte(id.String() + "/" + tokenDigest))
	return hex.EncodeToString(digest[:])
}

// recordInstallation has a bot token that was not known begin an installation: whoever installs the app again gets one.
func (r *Reconciler) recordInstallation(ctx context.Context, s *scope) error {
	digest := installationDigest(s.row.ID, r.secrets.Digest(s.slackToken))
	if s.row.Installation.TokenDigest == digest {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, reconciler.DatabaseTimeout)
	defer cancel()
	if err := r.rows.RecordInstallation(ctx, s.row.ID, digest); err != nil {
		return reconciler.DatabaseFailure(err)
	}
	s.row.Installation = store.Installation{TokenDigest: digest}
	ctrl.LoggerFrom(ctx).Info("recorded an installation: the bot token is a new one", "tenantID", s.row.ID)
	return nil
}

// slackConnected tells of the installation as the row has it. Before the first token there is none to tell of.
func (s *scope) slackConnected() (condition metav1.Condition, known bool) {
	installation := s.row.Installation
	if installation.DisconnectedAt == nil {
		return reconciler.True(v1alpha1.ConditionSlackConnected, v1alpha1.ReasonConnected,
			"Slack has not said that the app was removed since this bot token is known"), installation.TokenDigest != ""
	}
	reason, what := v1alpha1.ReasonAppUninstalled, "the app was removed from the workspace"
	if installation.DisconnectReason == store.TokensRevoked {
		reason, what = v1alpha1.ReasonTokenRevoked, "the bot token was revoked"
	}
	return reconciler.False(v1alpha1.ConditionSlackConnected, reason, fmt.Sprintf("Slack said at %s that %s: install the app again, and put the new bot token %s",
		installation.DisconnectedAt.UTC().Format(time.RFC3339), what, whereTokenBelongs(s.tenant.Spec.Slack.Credentials))), true
}

// whereTokenBelongs names the place that the spec declares.
func whereTokenBelongs(declared v1alpha1.Credentials) string {
	if from := declared.ExternalSecret; from != nil {
		return fmt.Sprintf("where spec.slack.credentials.externalSecret points to: %q of %s %s", from.Key, from.StoreRef.Kind, from.StoreRef.Name)
	}
	return fmt.Sprintf("where spec.slack.credentials.secretRef points to: key %q of Secret %s", declared.SecretRef.Key, declared.SecretRef.Name)
}
