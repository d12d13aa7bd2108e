package integration

import (
	"context"
	"fmt"
	"testing"

	esv1 "github.com/external-secrets/external-secrets/apis/externalsecrets/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
)

const (
	appID         = "A0123456789"
	teamID        = "T0123456789"
	signingSecret = planted + "signing"
	botToken      = "xoxb-" + planted
	fathomKey     = planted + "fathom"
	anthropicKey  = "sk-ant-" + planted
	oauthClient   = `{"client_id": "1.apps.googleusercontent.com", "client_secret": "` + planted + `"}`
	encryptionKey = planted + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
	googleMailbox = `{"email": "ada@acme.example", "refresh_token": "` + planted + `"}`
)

func external(key string) v1alpha1.Credentials {
	return v1alpha1.Credentials{ExternalSecret: &v1alpha1.ExternalSecretSource{
		StoreRef: v1alpha1.StoreReference{Kind: v1alpha1.SecretStoreKind, Name: "aws"}, Key: key,
	}}
}

func named(name, key string) v1alpha1.Credentials {
	return v1alpha1.Credentials{SecretRef: &v1alpha1.SecretKeyReference{Name: name, Key: key}}
}

func newSlackApp(name string) *v1alpha1.SlackApp {
	return &v1alpha1.SlackApp{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       v1alpha1.SlackAppSpec{AppID: appID, Slack: v1alpha1.SlackAppSlack{Credentials: external("slack-app")}},
	}
}

// newTenant returns a Tenant of the SlackApp "followup".
func newTenant(name string) *v1alpha1.Tenant {
	return &v1alpha1.Tenant{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: v1alpha1.TenantSpec{
			SlackAppRef: v1alpha1.LocalReference{Name: "followup"},
			Workspace:   v1alpha1.Workspace{TeamID: teamID, Name: "Acme"},
			Plan:        v1alpha1.PlanPro,
			TimeZone:    "Europe/Rome",
			Slack:       v1alpha1.TenantSlack{Credentials: external("slack-bot-token-" + name)},
			Fathom:      v1alpha1.TenantFathom{Credentials: external("fathom-" + name)},
		},
	}
}

func newConnection(name, tenant string) *v1alpha1.CRMConnection {
	return &v1alpha1.CRMConnection{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: v1alpha1.CRMConnectionSpec{
			TenantRef:   v1alpha1.LocalReference{Name: tenant},
			Provider:    v1alpha1.CronoProvider,
			Credentials: external("crono-" + name),
		},
	}
}

// newGoogleConnection returns one whose credential is a Secret of the same name.
func newGoogleConnection(name, tenant string) *v1alpha1.CRMConnection {
	connection := newConnection(name, tenant)
	connection.Spec.Provider = v1alpha1.GoogleProvider
	connection.Spec.Credentials = named(name, "google")
	return connection
}

func newSecret(name, label, owner string, data map[string]string) *corev1.Secret {
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{label: owner}},
		StringData: data,
	}
}

func newStore(name string) *esv1.SecretStore {
	return &esv1.SecretStore{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: esv1.SecretStoreSpec{
		Provider: &esv1.SecretStoreProvider{AWS: &esv1.AWSProvider{Service: esv1.AWSServiceSecretsManager, Region: "eu-south-1"}},
	}}
}

// reportStore writes the status that External Secrets would write of a store.
func (ns *namespace) reportStore(name string, ready corev1.ConditionStatus, message string) {
	ns.t.Helper()
	changeStatus(ns, &esv1.SecretStore{ObjectMeta: ns.meta(name)}, func(store *esv1.SecretStore) {
		store.Status.Conditions = []esv1.SecretStoreStatusCondition{{Type: esv1.SecretStoreReady, Status: ready, Message: message}}
	})
}

// fetch does what External Secrets does for an ExternalSecret once its provider has answered.
func (ns *namespace) fetch(name, value string) {
	ns.t.Helper()
	declared := &esv1.ExternalSecret{}
	ns.eventually("await ExternalSecret "+name, func(ctx context.Context) error {
		return kube.Get(ctx, client.ObjectKey{Namespace: ns.name, Name: name}, declared)
	})
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{
		Namespace: ns.name, Name: declared.Spec.Target.Name, Labels: declared.Spec.Target.Template.Metadata.Labels,
	}}
	secret.Data = map[string][]byte{declared.Spec.Data[0].SecretKey: []byte(value)}
	if err := client.IgnoreAlreadyExists(kube.Create(ns.t.Context(), secret)); err != nil {
		ns.t.Fatal(err)
	}
	ns.reportFetch(name, corev1.ConditionTrue)
}

// reportFetch writes the status that External Secrets would write.
func (ns *namespace) reportFetch(name string, ready corev1.ConditionStatus) {
	ns.t.Helper()
	changeStatus(ns, &esv1.ExternalSecret{ObjectMeta: ns.meta(name)}, func(es *esv1.ExternalSecret) {
		es.Status.RefreshTime = metav1.Now()
		es.Status.Conditions = []esv1.ExternalSecretStatusCondition{{Type: esv1.ExternalSecretReady, Status: ready, LastTransitionTime: metav1.Now()}}
		if ready == corev1.ConditionTrue {
			es.Status.SyncedResourceVersion = fmt.Sprintf("%d-abc", es.Generation)
		}
	})
}

// rollOut does what the Deployment controller does once all pods answer.
func (ns *namespace) rollOut(name string) {
	ns.t.Helper()
	d := &appsv1.Deployment{ObjectMeta: ns.meta(name)}
	ns.eventually("await Deployment "+name, func(ctx context.Context) error { return kube.Get(ctx, client.ObjectKeyFromObject(d), d) })
	changeStatus(ns, d, func(d *appsv1.Deployment) {
		n := *d.Spec.Replicas
		d.Status = appsv1.DeploymentStatus{
			ObservedGeneration: d.Generation, Replicas: n, UpdatedReplicas: n, ReadyReplicas: n, AvailableReplicas: n,
		}
	})
}

// readySlackApp creates the SlackApp "followup" and plays all that makes it ready.
func (ns *namespace) readySlackApp() *v1alpha1.SlackApp {
	ns.t.Helper()
	app := newSlackApp("followup")
	ns.create(app)
	ns.fetch("slackapp-followup-slack", signingSecret)
	ns.rollOut("followup-webhook")
	ns.awaitReady(app, metav1.ConditionTrue, v1alpha1.ReasonReady)
	return app
}

// readyTenant creates a Tenant and plays all that makes it ready.
func (ns *namespace) readyTenant(tenant *v1alpha1.Tenant) *v1alpha1.Tenant {
	ns.t.Helper()
	ns.create(tenant)
	ns.fetch("tenant-"+tenant.Name+"-slack", botToken)
	ns.fetch("tenant-"+tenant.Name+"-fathom", fathomKey)
	ns.awaitReady(tenant, metav1.ConditionTrue, v1alpha1.ReasonReady)
	return tenant
}

// world is the start of most tests: an operator, and a namespace whose SlackApp is ready.
func world(t *testing.T) (*operator, *namespace) {
	t.Helper()
	o := newOperator(t)
	ns := newNamespace(t)
	ns.readySlackApp()
	return o, ns
}

func externalSecret(ns *namespace, name string) *esv1.ExternalSecret {
	return &esv1.ExternalSecret{ObjectMeta: ns.meta(name)}
}

func externalSecretOfAStranger(name string) *esv1.ExternalSecret {
	return &esv1.ExternalSecret{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: esv1.ExternalSecretSpec{
		SecretStoreRef: esv1.SecretStoreRef{Name: "theirs"},
		Data:           []esv1.ExternalSecretData{{SecretKey: "x", RemoteRef: esv1.ExternalSecretDataRemoteRef{Key: "x"}}},
	}}
}
