package integration

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
)

// What follow-ups need is told to the pods when it is declared, and no more when it isn't.
func TestWhatFollowUpsNeedReachesThePods(t *testing.T) {
	_, ns := everything(t)
	app := &v1alpha1.SlackApp{ObjectMeta: ns.meta("followup")}
	want := []string{
		"--ai-model=claude-opus-5-5", "--signing-secret-ref=slackapp-followup-slack/credentials",
		"--ai-key-ref=slackapp-followup-ai/credentials", "--google-client-ref=app/google", "--encryption-ref=app/encryption",
		"--slack-api-url=http://slack.test/api/",
	}
	if diff := cmp.Diff(want, ns.webhookArgs()[5:]); diff != "" {
		t.Errorf("arguments (-want +got):\n%s", diff)
	}
	es := externalSecret(ns, "slackapp-followup-ai")
	if !ns.get(es) || es.Spec.Target.Template.Metadata.Labels[v1alpha1.LabelSlackApp] != "followup" {
		t.Errorf("ExternalSecret %+v", es.Spec)
	}

	change(ns, app, func(app *v1alpha1.SlackApp) { app.Spec = newSlackApp("followup").Spec })
	ns.awaitReady(app, metav1.ConditionFalse, v1alpha1.ReasonWebhookRollingOut)
	ns.rollOut("followup-webhook")
	ns.awaitReady(app, metav1.ConditionTrue, v1alpha1.ReasonReady)
	ns.awaitGone(es)
	want = []string{"--signing-secret-ref=slackapp-followup-slack/credentials", "--slack-api-url=http://slack.test/api/"}
	if diff := cmp.Diff(want, ns.webhookArgs()[5:]); diff != "" {
		t.Errorf("arguments afterwards (-want +got):\n%s", diff)
	}
}

func (ns *namespace) webhookArgs() []string {
	ns.t.Helper()
	d := &appsv1.Deployment{ObjectMeta: ns.meta("followup-webhook")}
	ns.get(d)
	return d.Spec.Template.Spec.Containers[0].Args
}

func TestSlackAppsOtherCredentialsAreChecked(t *testing.T) {
	_, ns := everything(t)
	app := &v1alpha1.SlackApp{ObjectMeta: ns.meta("followup")}
	secret := &corev1.Secret{ObjectMeta: ns.meta("app")}

	change(ns, secret, func(s *corev1.Secret) { s.Data["encryption"] = []byte(planted) })
	message := ns.awaitReady(app, metav1.ConditionFalse, v1alpha1.ReasonSecretInvalid)
	mustContain(t, message, `spec.encryption.credentials: key "encryption" of Secret app`, "must be 32 bytes in base64", "openssl rand -base64 32")
	change(ns, secret, func(s *corev1.Secret) {
		s.Data["encryption"], s.Data["google"] = []byte(encryptionKey), []byte(`{"client_id": "`+planted+`"}`)
	})
	ns.eventuallyReadySays(app, v1alpha1.ReasonSecretInvalid, `spec.oauthClients.google.credentials: key "google" of Secret app: credential key "client_secret" is missing`)
	change(ns, secret, func(s *corev1.Secret) { s.Data["google"] = []byte(oauthClient) })
	ns.awaitReady(app, metav1.ConditionTrue, v1alpha1.ReasonReady)

	ns.reportFetch("slackapp-followup-ai", corev1.ConditionFalse)
	message = ns.awaitReady(app, metav1.ConditionFalse, v1alpha1.ReasonExternalSecretFailed)
	mustContain(t, message, `spec.ai.credentials: External Secrets can't fetch "anthropic"`)
	ns.await(app, v1alpha1.ConditionWebhookAvailable, metav1.ConditionTrue, v1alpha1.ReasonAvailable) // lists are served all the same
}

func TestTenantsOwnAIKeyIsInItsRow(t *testing.T) {
	o, ns := world(t)
	tenant := ns.readyTenant(newTenant("acme"))
	withoutKey := o.tenant(t, ns, "acme")
	change(ns, tenant, func(tenant *v1alpha1.Tenant) { tenant.Spec.AI.Credentials = external("anthropic-acme") })
	message := ns.awaitReady(tenant, metav1.ConditionFalse, v1alpha1.ReasonExternalSecretPending)
	mustContain(t, message, `spec.ai.credentials: waiting for External Secrets to fetch "anthropic-acme"`)
	ns.fetch("tenant-acme-ai", anthropicKey)
	ns.awaitReady(tenant, metav1.ConditionTrue, v1alpha1.ReasonReady)
	if got, want := o.tenant(t, ns, "acme"), withoutKey+" tenant-acme-ai/credentials"; got != want {
		t.Errorf("row:\n got %s\nwant %s", got, want)
	}

	change(ns, tenant, func(tenant *v1alpha1.Tenant) { tenant.Spec.AI = v1alpha1.TenantAI{} })
	ns.awaitGone(externalSecret(ns, "tenant-acme-ai"))
	ns.awaitReady(tenant, metav1.ConditionTrue, v1alpha1.ReasonReady)
	if got := o.tenant(t, ns, "acme"); got != withoutKey {
		t.Errorf("row:\n got %s\nwant %s", got, withoutKey)
	}
}

func TestWebhookSecretOfFathomIsChecked(t *testing.T) {
	_, ns := world(t)
	tenant := ns.readyTenant(newTenant("acme"))
	secret := &corev1.Secret{ObjectMeta: ns.meta("tenant-acme-fathom")}
	set := func(webhookSecret string) {
		t.Helper()
		change(ns, secret, func(s *corev1.Secret) {
			s.Data["credentials"] = []byte(`{"api_key": "` + fathomKey + `", "webhook_secret": "` + webhookSecret + `"}`)
		})
	}
	set(planted)
	message := ns.awaitReady(tenant, metav1.ConditionFalse, v1alpha1.ReasonSecretInvalid)
	mustContain(t, message, "spec.fathom.credentials", `credential key "webhook_secret" must be the secret that Fathom showed`)
	set("whsec_c2VjcmV0")
	ns.awaitReady(tenant, metav1.ConditionTrue, v1alpha1.ReasonReady)
}

func TestGoogleConnectionTakesEitherCredential(t *testing.T) {
	o, ns := world(t)
	ns.readyTenant(newTenant("acme"))
	app := &v1alpha1.SlackApp{ObjectMeta: ns.meta("followup")}
	connection := newGoogleConnection("acme-google", "acme")
	secret := newSecret("acme-google", v1alpha1.LabelTenant, "acme", map[string]string{"google": `{"email": "ada@acme.example"}`})
	ns.create(secret, connection)
	message := ns.awaitReady(connection, metav1.ConditionFalse, v1alpha1.ReasonSecretInvalid)
	mustContain(t, message, "spec.credentials", `credential key "refresh_token" is missing`)

	set := func(value string) {
		t.Helper()
		change(ns, secret, func(s *corev1.Secret) { s.Data["google"] = []byte(value) })
	}
	set(strings.ReplaceAll(keyFile(t), `-----BEGIN PRIVATE KEY-----`, `-----BEGIN PRIVATE KEY-----`+planted))
	ns.eventuallyReadySays(connection, v1alpha1.ReasonSecretInvalid, `credential key "private_key" must be a PEM block`)
	set(keyFile(t))
	message = ns.awaitReady(connection, metav1.ConditionFalse, v1alpha1.ReasonSlackAppIncomplete)
	mustContain(t, message, "SlackApp followup has no spec.encryption", "declare it")
	change(ns, app, func(app *v1alpha1.SlackApp) { app.Spec.Encryption.Credentials = named("app", "encryption") })
	ns.awaitReady(connection, metav1.ConditionTrue, v1alpha1.ReasonReady)

	set(googleMailbox)
	message = ns.awaitReady(connection, metav1.ConditionFalse, v1alpha1.ReasonSlackAppIncomplete)
	mustContain(t, message, "SlackApp followup has no spec.oauthClients.google", "or use a service account")
	change(ns, app, func(app *v1alpha1.SlackApp) { app.Spec.OAuthClients.Google.Credentials = named("app", "google") })
	ns.awaitReady(connection, metav1.ConditionTrue, v1alpha1.ReasonReady)

	rows := o.query(t, `SELECT concat_ws(' ', provider_type, connection_name, credentials_secret_id, status) FROM followup.crm_connections`)
	if diff := cmp.Diff([]string{"google acme-google acme-google/google active"}, rows); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

// keyFile is what Google gives for a service account.
func keyFile(t *testing.T) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	file, err := json.Marshal(map[string]string{
		"type": "service_account", "client_email": "followup@acme.iam.gserviceaccount.com", "private_key_id": "0123abcd",
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(file)
}
