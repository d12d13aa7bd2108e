package integration

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"testing"

	esv1 "github.com/external-secrets/external-secrets/apis/externalsecrets/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/internal/store"
)

// everything makes ready, in a namespace of its own, a SlackApp with all that it may declare, two Tenants (by externalSecret
// and by secretRef) and a CRMConnection to each provider.
func everything(t *testing.T) (*operator, *namespace) {
	t.Helper()
	o, ns := world(t)
	app := &v1alpha1.SlackApp{ObjectMeta: ns.meta("followup")}
	ns.create(newSecret("app", v1alpha1.LabelSlackApp, "followup", map[string]string{"google": oauthClient, "encryption": encryptionKey}))
	change(ns, app, func(app *v1alpha1.SlackApp) { app.Spec = slackAppOfEverything().Spec })
	ns.fetch("slackapp-followup-ai", anthropicKey)
	ns.rollOut("followup-webhook")
	ns.awaitReady(app, metav1.ConditionTrue, v1alpha1.ReasonReady)
	ns.readyTenant(newTenant("acme"))
	globex := globexOfEverything()
	ns.create(
		newSecret("globex-slack", v1alpha1.LabelTenant, "globex", map[string]string{"bot_token": botToken}),
		newSecret("globex-fathom", v1alpha1.LabelTenant, "globex", map[string]string{"api_key": fathomKey}),
		newSecret("globex-ai", v1alpha1.LabelTenant, "globex", map[string]string{"api_key": anthropicKey}),
		globex,
	)
	ns.awaitReady(globex, metav1.ConditionTrue, v1alpha1.ReasonReady)
	connection := connectionOfEverything()
	ns.create(newMappings("acme-mappings", "acme", `{"domain_to_account": {"b.example": "B"}}`), connection)
	ns.fetch("crmconnection-acme-crono", `{"public_key": "`+planted+`", "private_key": "x"}`)
	ns.awaitReady(connection, metav1.ConditionTrue, v1alpha1.ReasonReady)
	google := newGoogleConnection("acme-google", "acme")
	ns.create(newSecret("acme-google", v1alpha1.LabelTenant, "acme", map[string]string{"google": googleMailbox}), google)
	ns.awaitReady(google, metav1.ConditionTrue, v1alpha1.ReasonReady)
	ns.awaitTenant("acme", connections, "2/2")
	return o, ns
}

func slackAppOfEverything() *v1alpha1.SlackApp {
	app := newSlackApp("followup")
	app.Spec.AI = v1alpha1.SlackAppAI{Model: "claude-opus-5-5", Credentials: external("anthropic")}
	app.Spec.OAuthClients.Google.Credentials = named("app", "google")
	app.Spec.Encryption.Credentials = named("app", "encryption")
	return app
}

func connectionOfEverything() *v1alpha1.CRMConnection {
	connection := newConnection("acme-crono", "acme")
	connection.Spec.AccountMappings = []v1alpha1.AccountMapping{{Domain: "a.example", AccountName: "A"}}
	connection.Spec.AccountMappingsFrom = mappingsFrom("acme-mappings")
	return connection
}

func newGlobex() *v1alpha1.Tenant {
	globex := tenantBySecret("globex")
	globex.Spec.Workspace.TeamID = "T9876543210"
	return globex
}

func globexOfEverything() *v1alpha1.Tenant {
	globex := newGlobex()
	globex.Spec.AI.Credentials = named("globex-ai", "api_key")
	return globex
}

// resourceVersions returns those of all that there is in the namespace.
func (ns *namespace) resourceVersions() map[string]string {
	ns.t.Helper()
	versions := map[string]string{}
	for _, list := range []client.ObjectList{
		&v1alpha1.SlackAppList{}, &v1alpha1.TenantList{}, &v1alpha1.CRMConnectionList{}, &esv1.ExternalSecretList{},
		&appsv1.DeploymentList{}, &corev1.ServiceList{}, &corev1.ServiceAccountList{}, &corev1.SecretList{}, &rbacv1.RoleBindingList{},
	} {
		if err := kube.List(ns.t.Context(), list, client.InNamespace(ns.name)); err != nil {
			ns.t.Fatal(err)
		}
		for _, object := range items(ns.t, list) {
			versions[fmt.Sprintf("%T %s", object, object.GetName())] = object.GetResourceVersion()
		}
	}
	return versions
}

// reconciledAll says whether everything was reconciled.
func (o *operator) reconciledAll(context.Context) error {
	for kind, atLeast := range map[string]int{"SlackApp": 1, "Tenant": 2, "CRMConnection": 2} {
		if n := o.observed.count(kind); n < atLeast {
			return fmt.Errorf("%d of %d %s were reconciled", n, atLeast, kind)
		}
	}
	return nil
}

// A new operator has everything in its caches to look at for the first time: each object is reconciled, and nothing is
// written, neither a row nor a request. (A no-op apply would leave the resourceVersion, but is a request.)
func TestResyncOfAllWritesNothing(t *testing.T) {
	o, ns := everything(t)
	removed := &v1alpha1.Tenant{ObjectMeta: ns.meta("globex")}
	ns.get(removed)
	o.disconnect(t, removed, store.AppUninstalled, 0)
	ns.await(removed, v1alpha1.ConditionSlackConnected, metav1.ConditionFalse, v1alpha1.ReasonAppUninstalled)
	o.stop()
	rows, versions := o.versions(t), ns.resourceVersions()

	o = startOperator(t, o.database)
	ns.eventually("reconcile all", o.reconciledAll)
	if writes := o.requests.sent("/namespaces/" + ns.name + "/"); len(writes) > 0 {
		t.Errorf("write requests: %v", writes)
	}
	if now := o.versions(t); now != rows {
		t.Errorf("rows:\n%s\nwere:\n%s", now, rows)
	}
	if now := ns.resourceVersions(); !maps.Equal(now, versions) {
		t.Errorf("resource versions %v, were %v", now, versions)
	}
}

// kubectl apply and Argo CD send the same YAML again and again.
func TestApplyingTheSameAgainWritesNothing(t *testing.T) {
	o, ns := everything(t)
	// Applied once, the objects have a second field manager; from then on nothing may change.
	apply := func() {
		for _, object := range []client.Object{
			slackAppOfEverything(), newTenant("acme"), globexOfEverything(), connectionOfEverything(), newGoogleConnection("acme-google", "acme"),
		} {
			ns.apply(object)
		}
	}
	apply()
	before := len(o.requests.sent("/namespaces/" + ns.name + "/"))
	rows, versions := o.versions(t), ns.resourceVersions()
	apply()
	// What the operator would do about them it would have done before this later change is through.
	marker := newConnection("marker", "nobody")
	ns.create(marker)
	ns.awaitReady(marker, metav1.ConditionFalse, v1alpha1.ReasonTenantNotFound)

	for _, write := range o.requests.sent("/namespaces/" + ns.name + "/")[before:] {
		if !strings.Contains(write, "marker") && !strings.HasSuffix(write, "/events") { // the marker's; an event goes with a status
			t.Errorf("write request %s", write)
		}
	}
	now := ns.resourceVersions()
	maps.DeleteFunc(now, func(name, _ string) bool { return strings.Contains(name, "marker") })
	if !maps.Equal(now, versions) {
		t.Errorf("resource versions %v, were %v", now, versions)
	}
	if now := o.versions(t); now != rows {
		t.Errorf("rows:\n%s\nwere:\n%s", now, rows)
	}
}
