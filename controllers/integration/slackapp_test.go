package integration

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	esv1 "github.com/external-secrets/external-secrets/apis/externalsecrets/v1"
	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/internal/reconciler"
)

func TestSlackAppRunsAWebhook(t *testing.T) {
	newOperator(t)
	ns := restrictedNamespace(t)
	app := newSlackApp("followup")
	ns.create(app)
	ns.fetch("slackapp-followup-slack", signingSecret)
	ns.awaitReady(app, metav1.ConditionFalse, v1alpha1.ReasonWebhookUnavailable)
	ns.await(app, v1alpha1.ConditionWebhookAvailable, metav1.ConditionFalse, v1alpha1.ReasonWebhookUnavailable)

	d := &appsv1.Deployment{ObjectMeta: ns.meta("followup-webhook")}
	ns.get(d)
	pod := d.Spec.Template.Spec
	wantArgs := []string{
		"--app-id=A0123456789", "--slack-app=followup",
		"--webhook-dsn-file=/etc/followup/dsn/webhook", "--worker-dsn-file=/etc/followup/dsn/worker",
		"--credentials-namespace=" + ns.name, "--signing-secret-ref=slackapp-followup-slack/credentials",
		"--slack-api-url=http://slack.test/api/",
	}
	if diff := cmp.Diff(wantArgs, pod.Containers[0].Args); diff != "" {
		t.Errorf("arguments (-want +got):\n%s", diff)
	}
	// The API server itself says whether the restricted Pod Security Standard admits such a pod.
	if err := kube.Create(t.Context(), &corev1.Pod{ObjectMeta: ns.meta("as-the-deployment-would"), Spec: pod}); err != nil {
		t.Errorf("a pod of the Deployment is refused: %v", err)
	}
	binding := &rbacv1.RoleBinding{ObjectMeta: ns.meta("followup-webhook")}
	ns.get(binding)
	if binding.RoleRef.Name != "followup-webhook" || binding.Subjects[0].Name != pod.ServiceAccountName {
		t.Errorf("binding %+v", binding)
	}

	ns.rollOut("followup-webhook")
	ns.awaitReady(app, metav1.ConditionTrue, v1alpha1.ReasonReady)
	if app.Status.ReadyReplicas == nil || *app.Status.ReadyReplicas != 2 {
		t.Errorf("readyReplicas = %v", app.Status.ReadyReplicas)
	}
	change(ns, app, func(app *v1alpha1.SlackApp) { app.Spec.Webhook.Replicas = new(int32(3)) })
	ns.awaitReady(app, metav1.ConditionFalse, v1alpha1.ReasonWebhookRollingOut)
	ns.await(app, v1alpha1.ConditionWebhookAvailable, metav1.ConditionTrue, v1alpha1.ReasonAvailable)
	ns.rollOut("followup-webhook")
	ns.awaitReady(app, metav1.ConditionTrue, v1alpha1.ReasonReady)
}

// restrictedNamespace is one where a pod that the restricted standard refuses can't be made.
func restrictedNamespace(t *testing.T) *namespace {
	t.Helper()
	ns := newNamespace(t)
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "default"}}
	ns.create(account)
	object := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: ns.name}}
	change(ns, object, func(n *corev1.Namespace) { n.Labels["pod-security.kubernetes.io/enforce"] = "restricted" })
	return ns
}

func TestNewLoginsRollThePods(t *testing.T) {
	o, ns := world(t)
	d := &appsv1.Deployment{ObjectMeta: ns.meta("followup-webhook")}
	ns.get(d)
	generation := d.Generation
	o.stop()
	startOperatorWith(t, o.database, "postgres://webhook:"+planted+"2@db/followup")
	ns.eventually("roll the pods", func(ctx context.Context) error {
		err := kube.Get(ctx, client.ObjectKeyFromObject(d), d)
		if err == nil && d.Generation == generation {
			return fmt.Errorf("generation %d still", d.Generation)
		}
		return err
	})
	logins := &corev1.Secret{ObjectMeta: ns.meta("followup-webhook-dsn")}
	ns.get(logins)
	if got := string(logins.Data["webhook"]); got != "postgres://webhook:"+planted+"2@db/followup" {
		t.Errorf("login = %q", got)
	}
}

func TestSomebodyElsesObjectIsLeftAlone(t *testing.T) {
	newOperator(t)
	ns := newNamespace(t)
	theirs := &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: "followup-webhook"},
		Spec:       corev1.ServiceSpec{Ports: []corev1.ServicePort{{Port: 1234}}},
	}
	ns.create(theirs)
	version := theirs.ResourceVersion
	app := newSlackApp("followup")
	ns.create(app)
	message := ns.awaitReady(app, metav1.ConditionFalse, v1alpha1.ReasonNameTaken)
	mustContain(t, message, "Service followup-webhook exists", "delete or rename it")
	ns.get(theirs)
	if theirs.ResourceVersion != version {
		t.Errorf("it was changed: %+v", theirs)
	}
}

func TestImpossibleResourcesAreRejectedInWords(t *testing.T) {
	newOperator(t)
	ns := newNamespace(t)
	app := newSlackApp("followup")
	app.Spec.Webhook.Resources = &corev1.ResourceRequirements{
		Requests: corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("2Gi")},
		Limits:   corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("1Gi")},
	}
	ns.create(app)
	message := ns.awaitReady(app, metav1.ConditionFalse, v1alpha1.ReasonRejected)
	mustContain(t, message, "resources.requests", "must be less than or equal to memory limit")
	change(ns, app, func(app *v1alpha1.SlackApp) {
		app.Spec.Webhook.Resources.Limits[corev1.ResourceMemory] = resource.MustParse("2048Mi")
	})
	ns.awaitReady(app, metav1.ConditionFalse, v1alpha1.ReasonExternalSecretPending)
}

func TestSlackAppSecretIsChecked(t *testing.T) {
	_, ns := world(t)
	app := &v1alpha1.SlackApp{ObjectMeta: ns.meta("followup")}
	change(ns, app, func(app *v1alpha1.SlackApp) { app.Spec.Slack.Credentials = named("slack-app", "signing") })
	ns.awaitReady(app, metav1.ConditionFalse, v1alpha1.ReasonSecretNotFound)
	ns.create(newSecret("slack-app", v1alpha1.LabelSlackApp, "followup", map[string]string{"signing": `{"client_id": "x"}`}))
	message := ns.awaitReady(app, metav1.ConditionFalse, v1alpha1.ReasonSecretInvalid)
	mustContain(t, message, `credential key "signing_secret" is missing`)

	// Whatever the credential is like, the pods are looked at.
	ns.await(app, v1alpha1.ConditionWebhookAvailable, metav1.ConditionTrue, v1alpha1.ReasonAvailable)
	changeStatus(ns, &appsv1.Deployment{ObjectMeta: ns.meta("followup-webhook")}, func(d *appsv1.Deployment) {
		d.Status.ReadyReplicas, d.Status.AvailableReplicas = 0, 0
	})
	ns.await(app, v1alpha1.ConditionWebhookAvailable, metav1.ConditionFalse, v1alpha1.ReasonWebhookUnavailable)
	if *app.Status.ReadyReplicas != 0 || reconciler.Ready(app).Reason != v1alpha1.ReasonSecretInvalid {
		t.Errorf("%d ready replicas, Ready %+v", *app.Status.ReadyReplicas, reconciler.Ready(app))
	}
}

func TestExternalSecretsNotInstalled(t *testing.T) {
	install := uninstallExternalSecrets(t)
	newOperator(t)
	ns := newNamespace(t)
	ns.create(newSlackApp("followup"))
	tenant := tenantBySecret("globex")
	ns.create(newSecret("globex-slack", v1alpha1.LabelTenant, "globex", map[string]string{"bot_token": botToken}))
	ns.create(newSecret("globex-fathom", v1alpha1.LabelTenant, "globex", map[string]string{"api_key": fathomKey}))
	ns.create(tenant)
	ns.awaitReady(tenant, metav1.ConditionTrue, v1alpha1.ReasonReady) // who does not need it is served

	other := newTenant("acme")
	other.Spec.Workspace.TeamID = "T0000000001"
	ns.create(other)
	message := ns.awaitReady(other, metav1.ConditionFalse, v1alpha1.ReasonExternalSecretsMissing)
	mustContain(t, message, "spec.slack.credentials", "External Secrets (external-secrets.io/v1) is not installed", "install it, or use secretRef")

	install()
	change(ns, other, func(other *v1alpha1.Tenant) { other.Spec.Plan = v1alpha1.PlanFree }) // it would be looked at within a minute
	ns.awaitReady(other, metav1.ConditionFalse, v1alpha1.ReasonExternalSecretPending)
	ns.fetch("tenant-acme-slack", botToken)
	ns.fetch("tenant-acme-fathom", fathomKey)
	ns.awaitReady(other, metav1.ConditionTrue, v1alpha1.ReasonReady)
}

// uninstallExternalSecrets takes its CRD away until install is called, or the test ends.
func uninstallExternalSecrets(t *testing.T) (install func()) {
	t.Helper()
	options := envtest.CRDInstallOptions{Paths: []string{externalSecretsCRD()}}
	if err := envtest.UninstallCRDs(admin, options); err != nil {
		t.Fatal(err)
	}
	(&namespace{t: t}).eventually("await the CRD's end", func(ctx context.Context) error {
		if err := kube.List(ctx, &esv1.ExternalSecretList{}); err == nil {
			return errors.New("it is still served")
		}
		return nil
	})
	install = sync.OnceFunc(func() {
		if _, err := envtest.InstallCRDs(admin, options); err != nil {
			t.Errorf("install the CRD again: %v", err)
		}
	})
	t.Cleanup(install)
	return install
}
