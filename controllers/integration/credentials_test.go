package integration

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
)

// tenantBySecret returns a Tenant whose credentials are in Secrets of its namespace.
func tenantBySecret(name string) *v1alpha1.Tenant {
	tenant := newTenant(name)
	tenant.Spec.Slack.Credentials = named(name+"-slack", "bot_token")
	tenant.Spec.Fathom.Credentials = named(name+"-fathom", "api_key")
	return tenant
}

func TestSecretsByReferenceAreCheckedAsTheyCome(t *testing.T) {
	_, ns := world(t)
	tenant := tenantBySecret("acme")
	ns.create(tenant)
	message := ns.awaitReady(tenant, metav1.ConditionFalse, v1alpha1.ReasonSecretNotFound)
	mustContain(t, message, "spec.slack.credentials", "Secret acme-slack does not exist", `key "bot_token"`, "followup.dev/tenant=acme")

	slack := newSecret("acme-slack", "unrelated", "x", map[string]string{"token": botToken})
	ns.create(slack, newSecret("acme-fathom", v1alpha1.LabelTenant, "acme", map[string]string{"api_key": fathomKey}))
	change(ns, tenant, func(tenant *v1alpha1.Tenant) { tenant.Spec.Workspace.Name = "Acme Inc" }) // no watch sees an unlabelled Secret
	message = ns.awaitReady(tenant, metav1.ConditionFalse, v1alpha1.ReasonSecretNotLabelled)
	mustContain(t, message, "Secret acme-slack lacks the label followup.dev/tenant=acme", "add it")

	change(ns, slack, func(s *corev1.Secret) { s.Labels[v1alpha1.LabelTenant] = "globex" })
	ns.awaitReady(tenant, metav1.ConditionFalse, v1alpha1.ReasonSecretNotLabelled)
	change(ns, slack, func(s *corev1.Secret) { s.Labels[v1alpha1.LabelTenant] = "acme" })
	message = ns.awaitReady(tenant, metav1.ConditionFalse, v1alpha1.ReasonSecretKeyMissing)
	mustContain(t, message, `Secret acme-slack has no key "bot_token"`, "add it")

	change(ns, slack, func(s *corev1.Secret) { s.Data["bot_token"] = []byte(`{"token": "` + botToken + `"}`) })
	message = ns.awaitReady(tenant, metav1.ConditionFalse, v1alpha1.ReasonSecretInvalid)
	mustContain(t, message, `credential key "bot_token" is missing`)

	change(ns, slack, func(s *corev1.Secret) { s.Data["bot_token"] = []byte(botToken) })
	ns.awaitReady(tenant, metav1.ConditionTrue, v1alpha1.ReasonReady)

	change(ns, slack, func(s *corev1.Secret) { delete(s.Labels, v1alpha1.LabelTenant) })
	ns.awaitReady(tenant, metav1.ConditionFalse, v1alpha1.ReasonSecretNotLabelled)
	ns.remove(slack)
}

func TestRotatedSecretIsLookedAtAgain(t *testing.T) {
	_, ns := world(t)
	tenant := tenantBySecret("acme")
	fathom := newSecret("acme-fathom", v1alpha1.LabelTenant, "acme", map[string]string{"api_key": fathomKey})
	ns.create(tenant, fathom, newSecret("acme-slack", v1alpha1.LabelTenant, "acme", map[string]string{"bot_token": botToken}))
	ns.awaitReady(tenant, metav1.ConditionTrue, v1alpha1.ReasonReady)

	change(ns, fathom, func(s *corev1.Secret) { s.Data["api_key"] = []byte(planted + " with a blank") })
	message := ns.awaitReady(tenant, metav1.ConditionFalse, v1alpha1.ReasonSecretInvalid)
	mustContain(t, message, "spec.fathom.credentials", `key "api_key" of Secret acme-fathom`)
	change(ns, fathom, func(s *corev1.Secret) { s.Data["api_key"] = []byte(planted + "rotated") })
	ns.awaitReady(tenant, metav1.ConditionTrue, v1alpha1.ReasonReady)
	ns.remove(fathom)
	ns.awaitReady(tenant, metav1.ConditionFalse, v1alpha1.ReasonSecretNotFound)
}

func TestFailedFetchShows(t *testing.T) {
	_, ns := world(t)
	tenant := ns.readyTenant(newTenant("acme"))
	ns.reportFetch("tenant-acme-fathom", corev1.ConditionFalse)
	message := ns.awaitReady(tenant, metav1.ConditionFalse, v1alpha1.ReasonExternalSecretFailed)
	mustContain(t, message, `can't fetch "fathom-acme" from SecretStore aws`, "kubectl describe externalsecret tenant-acme-fathom")
	ns.reportFetch("tenant-acme-fathom", corev1.ConditionTrue)
	ns.awaitReady(tenant, metav1.ConditionTrue, v1alpha1.ReasonReady)

	ns.remove(&corev1.Secret{ObjectMeta: ns.meta("tenant-acme-slack")})
	message = ns.awaitReady(tenant, metav1.ConditionFalse, v1alpha1.ReasonSecretNotFound)
	mustContain(t, message, "Secret tenant-acme-slack, which External Secrets reports as made, does not exist", "kubectl describe externalsecret tenant-acme-slack")
}

// A Ready that External Secrets reported for an earlier spec says nothing of the present one.
func TestChangedKeyIsAwaited(t *testing.T) {
	_, ns := world(t)
	tenant := ns.readyTenant(newTenant("acme"))
	change(ns, tenant, func(tenant *v1alpha1.Tenant) { tenant.Spec.Fathom.Credentials.ExternalSecret.Key = "another" })
	message := ns.awaitReady(tenant, metav1.ConditionFalse, v1alpha1.ReasonExternalSecretPending)
	mustContain(t, message, `to fetch "another"`)
	ns.reportFetch("tenant-acme-fathom", corev1.ConditionTrue)
	ns.awaitReady(tenant, metav1.ConditionTrue, v1alpha1.ReasonReady)
}

func TestConnectionNeedsWellFormedKeys(t *testing.T) {
	_, ns := world(t)
	ns.readyTenant(newTenant("acme"))
	connection := newConnection("acme-crono", "acme")
	connection.Spec.Credentials = named("acme-crono", "keys")
	secret := newSecret("acme-crono", v1alpha1.LabelTenant, "acme", map[string]string{"keys": `{"public_key": "` + planted + `"}`})
	ns.create(secret, connection)
	message := ns.awaitReady(connection, metav1.ConditionFalse, v1alpha1.ReasonSecretInvalid)
	mustContain(t, message, `credential key "private_key" is missing`)

	change(ns, secret, func(s *corev1.Secret) {
		s.Data["keys"] = []byte(strings.ReplaceAll(`{"public_key": "P", "private_key": "P", "base_url": "https://P.example"}`, "P", planted))
	})
	ns.eventuallyReadySays(connection, v1alpha1.ReasonSecretInvalid, `credential key "base_url" must be an https URL on ext.crono.one`)
	change(ns, secret, func(s *corev1.Secret) {
		s.Data["keys"] = []byte(`{"public_key": "` + planted + `", "private_key": "x"}`)
	})
	ns.awaitReady(connection, metav1.ConditionTrue, v1alpha1.ReasonReady)
}

func TestInvalidTimeZoneNamesTheFix(t *testing.T) {
	_, ns := world(t)
	served := ns.readyTenant(newTenant("served"))
	change(ns, served, func(served *v1alpha1.Tenant) { served.Spec.TimeZone = "Mars" })
	for _, condition := range []string{v1alpha1.ConditionDatabaseSynced, v1alpha1.ConditionCredentialsReady, v1alpha1.ConditionHeld} {
		ns.await(served, condition, metav1.ConditionUnknown, v1alpha1.ReasonInvalidTimeZone) // True was said of another spec
	}
	for name, zone := range map[string]string{"unknown": "Europe/Rom", "path": "../../etc/passwd", "local": "Local"} {
		tenant := newTenant(name)
		tenant.Spec.TimeZone = zone
		ns.create(tenant)
		message := ns.awaitReady(tenant, metav1.ConditionFalse, v1alpha1.ReasonInvalidTimeZone)
		mustContain(t, message, "spec.timeZone", zone, "such as Europe/Rome")
	}
}

func TestTenantWaitsForItsSlackApp(t *testing.T) {
	newOperator(t)
	ns := newNamespace(t)
	tenant := newTenant("acme")
	ns.create(tenant)
	message := ns.awaitReady(tenant, metav1.ConditionFalse, v1alpha1.ReasonSlackAppNotFound)
	mustContain(t, message, "spec.slackAppRef: SlackApp followup does not exist in this namespace; create it")
	ns.create(newSlackApp("followup"))
	ns.awaitReady(tenant, metav1.ConditionFalse, v1alpha1.ReasonExternalSecretPending)
}
