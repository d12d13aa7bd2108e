package integration

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/internal/store"
)

// globexBySecret makes ready a Tenant whose credentials are in Secrets, and returns it with that of the bot token.
func globexBySecret(ns *namespace) (*v1alpha1.Tenant, *corev1.Secret) {
	globex := newGlobex()
	token := newSecret("globex-slack", v1alpha1.LabelTenant, "globex", map[string]string{"bot_token": botToken})
	ns.create(token, newSecret("globex-fathom", v1alpha1.LabelTenant, "globex", map[string]string{"api_key": fathomKey}), globex)
	ns.awaitReady(globex, metav1.ConditionTrue, v1alpha1.ReasonReady)
	ns.await(globex, v1alpha1.ConditionSlackConnected, metav1.ConditionTrue, v1alpha1.ReasonConnected)
	return globex, token
}

// disconnect is the webhook at an event of Slack's, of some time ago.
func (o *operator) disconnect(t testing.TB, tenant *v1alpha1.Tenant, reason string, ago time.Duration) store.EventVerdict {
	t.Helper()
	webhook, err := store.Open(t.Context(), o.database.Webhook, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer webhook.Close()
	id, err := uuid.Parse(tenant.Status.TenantID)
	if err != nil {
		t.Fatal(err)
	}
	verdict, err := webhook.Tenant(id).Disconnect(t.Context(), store.SlackEvent{Key: uuid.NewString(), Reason: reason, At: time.Now().Add(-ago)})
	if err != nil {
		t.Fatal(err)
	}
	return verdict
}

// setDisconnected writes what an event of Slack's comes to, and tells nobody.
func (o *operator) setDisconnected(t testing.TB, tenant *v1alpha1.Tenant, reason string) {
	t.Helper()
	o.query(t, `UPDATE followup.tenant_runtime SET slack_disconnected_at = '2099-11-20 10:00:00Z', slack_disconnect_reason = $2
		WHERE tenant_id = $1 RETURNING ''`, tenant.Status.TenantID, reason)
}

func (o *operator) installation(t testing.TB, tenant *v1alpha1.Tenant) string {
	t.Helper()
	return strings.Join(o.query(t, `SELECT concat_ws(' ', xmin, slack_token_digest, slack_installed_at, slack_disconnected_at, slack_disconnect_reason)
		FROM followup.tenant_runtime WHERE tenant_id = $1`, tenant.Status.TenantID), "\n")
}

// The webhook marks the tenant; the operator hears of it, and of the new token. Neither touches Ready: see watchStatuses.
func TestRemovedAppShowsUntilANewTokenComes(t *testing.T) {
	o, ns := world(t)
	globex, token := globexBySecret(ns)

	o.disconnect(t, globex, store.AppUninstalled, 0)
	message := ns.await(globex, v1alpha1.ConditionSlackConnected, metav1.ConditionFalse, v1alpha1.ReasonAppUninstalled)
	mustContain(t, message, "Slack said at 20", "the app was removed from the workspace", "install the app again, and put the new bot token",
		`spec.slack.credentials.secretRef`, `key "bot_token" of Secret globex-slack`)
	ns.awaitReady(globex, metav1.ConditionTrue, v1alpha1.ReasonReady)

	change(ns, token, func(s *corev1.Secret) { s.Data["bot_token"] = []byte(botToken + "2") })
	ns.await(globex, v1alpha1.ConditionSlackConnected, metav1.ConditionTrue, v1alpha1.ReasonConnected)
	ns.awaitReady(globex, metav1.ConditionTrue, v1alpha1.ReasonReady)
	if verdict := o.disconnect(t, globex, store.TokensRevoked, time.Hour); verdict != store.EventOutdated { // it came late
		t.Errorf("an event of the earlier installation is %s", verdict)
	}
	connected := o.installation(t, globex)
	if strings.Contains(connected, store.AppUninstalled) || strings.Contains(connected, store.TokensRevoked) {
		t.Errorf("the row still says %s", connected)
	}

	// The same token in another form is no new installation; that it was looked at shows in the later change of the same Secret.
	change(ns, token, func(s *corev1.Secret) { s.Data["bot_token"] = []byte(`{"bot_token": "` + botToken + `2"}`) })
	change(ns, token, func(s *corev1.Secret) { s.Data["bot_token"] = []byte("no token") })
	ns.awaitReady(globex, metav1.ConditionFalse, v1alpha1.ReasonSecretInvalid)
	ns.await(globex, v1alpha1.ConditionSlackConnected, metav1.ConditionTrue, v1alpha1.ReasonConnected) // the row knows, whatever the Secret says
	change(ns, token, func(s *corev1.Secret) { s.Data["bot_token"] = []byte(`{"bot_token": "` + botToken + `2"}`) })
	ns.awaitReady(globex, metav1.ConditionTrue, v1alpha1.ReasonReady)
	if now := o.installation(t, globex); now != connected {
		t.Errorf("installation is now\n%s, was\n%s", now, connected)
	}

	want := []string{"Normal Ready 1", "Warning AppUninstalled 1", "Normal Connected 1", "Warning SecretInvalid 1", "Normal Ready 1"}
	ns.eventually("await the events", func(ctx context.Context) error {
		got, err := ns.events(ctx, "globex")
		if diff := cmp.Diff(want, got); err == nil && diff != "" {
			return fmt.Errorf("events (-want +got):\n%s", diff)
		}
		return err
	})
}

func TestRevokedTokenShowsWhereTheNewOneBelongs(t *testing.T) {
	o, ns := world(t)
	acme := ns.readyTenant(newTenant("acme"))
	o.disconnect(t, acme, store.TokensRevoked, 0)
	message := ns.await(acme, v1alpha1.ConditionSlackConnected, metav1.ConditionFalse, v1alpha1.ReasonTokenRevoked)
	mustContain(t, message, "the bot token was revoked", `spec.slack.credentials.externalSecret`, `"slack-bot-token-acme" of SecretStore aws`)
	ns.remove(&corev1.Secret{ObjectMeta: ns.meta("tenant-acme-slack")})
	ns.fetch("tenant-acme-slack", botToken+"2")
	ns.await(acme, v1alpha1.ConditionSlackConnected, metav1.ConditionTrue, v1alpha1.ReasonConnected)
}

// Two tenants with one token: neither the row of one nor of the other tells, and nothing of the token is in them.
func TestRowsKeepNoToken(t *testing.T) {
	o, ns := world(t)
	acme := ns.readyTenant(newTenant("acme"))
	globex, _ := globexBySecret(ns)
	digests := map[string]bool{}
	for _, tenant := range []*v1alpha1.Tenant{acme, globex} {
		digest := o.query(t, `SELECT slack_token_digest FROM followup.tenant_runtime WHERE tenant_id = $1`, tenant.Status.TenantID)[0]
		digests[digest] = true
		if len(digest) != 64 || strings.Contains(digest, planted) {
			t.Errorf("%s: digest %q", tenant.Name, digest)
		}
	}
	if len(digests) != 2 {
		t.Errorf("digests %v, want two", digests)
	}
}

// What happened while the operator had no connection that listens is found when it has one again.
func TestMissedEndOfAnInstallationIsFound(t *testing.T) {
	o, ns := world(t)
	globex, _ := globexBySecret(ns)
	o.setDisconnected(t, globex, store.AppUninstalled) // nobody is told
	const listeners = `FROM pg_stat_activity
		WHERE datname = current_database() AND (query LIKE '%LISTEN followup_disconnections' OR query = '-- ping')`
	if ended := o.query(t, `SELECT pg_terminate_backend(pid)::text `+listeners); len(ended) == 0 {
		t.Fatal("no connection listened")
	}
	ns.await(globex, v1alpha1.ConditionSlackConnected, metav1.ConditionFalse, v1alpha1.ReasonAppUninstalled)
}
