package integration

import (
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
)

// A cache may lag behind what the operator has just applied; Ready at a new generation must not speak of the old one.
func TestReadyIsNotOfAnEarlierSpec(t *testing.T) {
	o, ns := world(t)
	app, tenant := &v1alpha1.SlackApp{ObjectMeta: ns.meta("followup")}, ns.readyTenant(newTenant("acme"))
	release := o.requests.hold("deployments", "externalsecrets")
	t.Cleanup(release)

	change(ns, app, func(app *v1alpha1.SlackApp) { app.Spec.Webhook.Replicas = new(int32(3)) })
	ns.awaitReady(app, metav1.ConditionFalse, v1alpha1.ReasonWebhookRollingOut)
	change(ns, tenant, func(tenant *v1alpha1.Tenant) { tenant.Spec.Fathom.Credentials.ExternalSecret.Key = "another" })
	ns.awaitReady(tenant, metav1.ConditionFalse, v1alpha1.ReasonExternalSecretPending)

	release()
	ns.rollOut("followup-webhook")
	ns.awaitReady(app, metav1.ConditionTrue, v1alpha1.ReasonReady)
	ns.reportFetch("tenant-acme-fathom", corev1.ConditionTrue)
	ns.awaitReady(tenant, metav1.ConditionTrue, v1alpha1.ReasonReady)
}

// What is applied is not known to the cache at first.
func TestFirstApplyWaitsForNoCache(t *testing.T) {
	o := newOperator(t)
	ns := newNamespace(t)
	ns.create(newSlackApp("warmup")) // has the watches begin
	ns.awaitReady(&v1alpha1.SlackApp{ObjectMeta: ns.meta("warmup")}, metav1.ConditionFalse, v1alpha1.ReasonExternalSecretPending)
	t.Cleanup(o.requests.hold("deployments", "externalsecrets"))

	other := newNamespace(t)
	app := newSlackApp("followup")
	app.Spec.AppID = "A9876543210"
	app.Spec.Slack.Credentials = named("slack", "signing")
	other.create(newSecret("slack", v1alpha1.LabelSlackApp, "followup", map[string]string{"signing": signingSecret}), app)
	other.awaitReady(app, metav1.ConditionFalse, v1alpha1.ReasonWebhookUnavailable)
	got, err := other.events(t.Context(), "followup")
	if err != nil || strings.Contains(strings.Join(got, ", "), v1alpha1.ReasonClusterUnavailable) {
		t.Errorf("events %q, %v", got, err)
	}
}

// Of Secrets nothing but metadata is watched, and of the rest nothing twice.
func TestEachKindIsWatchedOnce(t *testing.T) {
	o, _ := everything(t)
	seen := map[string]int{}
	for _, watch := range o.requests.watched() {
		path, as, _ := strings.Cut(watch, " as ")
		if !strings.HasSuffix(path, "/secrets") { // of which each label has a watch
			seen[path]++
		}
		if (strings.HasSuffix(path, "/secrets") || strings.HasSuffix(path, "/configmaps")) && !strings.Contains(as, "as=PartialObjectMetadata") {
			t.Errorf("watched with their data: %s", watch)
		}
	}
	for path, count := range seen {
		if count > 1 {
			t.Errorf("%s is watched %d times", path, count)
		}
	}
}

// The pods that run read what was fetched until others, with the Secret that is declared now, have taken their place.
func TestFetchedSecretStaysUntilAnotherIsInUse(t *testing.T) {
	_, ns := world(t)
	app := &v1alpha1.SlackApp{ObjectMeta: ns.meta("followup")}
	mustBeFetched := func() {
		t.Helper()
		if es := externalSecret(ns, "slackapp-followup-slack"); !ns.get(es) || es.DeletionTimestamp != nil {
			t.Fatal("the ExternalSecret is gone")
		}
	}
	change(ns, app, func(app *v1alpha1.SlackApp) { app.Spec.Slack.Credentials = named("slack-app", "signing") })
	ns.awaitReady(app, metav1.ConditionFalse, v1alpha1.ReasonSecretNotFound)
	mustBeFetched()
	ns.create(newSecret("slack-app", v1alpha1.LabelSlackApp, "followup", map[string]string{"signing": signingSecret}))
	ns.awaitReady(app, metav1.ConditionFalse, v1alpha1.ReasonWebhookRollingOut)
	mustBeFetched()
	ns.rollOut("followup-webhook")
	ns.awaitReady(app, metav1.ConditionTrue, v1alpha1.ReasonReady)
	ns.awaitGone(externalSecret(ns, "slackapp-followup-slack"))
}

func TestFailedRolloutIsFinalUntilTheDeploymentMoves(t *testing.T) {
	_, ns := world(t)
	app := &v1alpha1.SlackApp{ObjectMeta: ns.meta("followup")}
	change(ns, app, func(app *v1alpha1.SlackApp) { app.Spec.Webhook.Replicas = new(int32(3)) })
	ns.awaitReady(app, metav1.ConditionFalse, v1alpha1.ReasonWebhookRollingOut)
	changeStatus(ns, &appsv1.Deployment{ObjectMeta: ns.meta("followup-webhook")}, func(d *appsv1.Deployment) {
		d.Status.ObservedGeneration = d.Generation
		d.Status.Conditions = []appsv1.DeploymentCondition{{
			Type: appsv1.DeploymentProgressing, Status: corev1.ConditionFalse, Reason: "ProgressDeadlineExceeded",
			Message: `ReplicaSet "followup-webhook-1" has timed out progressing.`,
		}}
	})
	message := ns.awaitReady(app, metav1.ConditionFalse, v1alpha1.ReasonWebhookStuck)
	mustContain(t, message, `ReplicaSet "followup-webhook-1" has timed out progressing`, "kubectl describe deployment followup-webhook")
	ns.await(app, v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonWebhookStuck)
	ns.await(app, v1alpha1.ConditionWebhookAvailable, metav1.ConditionTrue, v1alpha1.ReasonAvailable) // the two earlier pods
	ns.rollOut("followup-webhook")
	ns.awaitReady(app, metav1.ConditionTrue, v1alpha1.ReasonReady)
}

// An error of the API is retried at once, whatever else is wrong.
func TestErrorOfTheAPIIsNotHiddenByAnother(t *testing.T) {
	o, ns := world(t)
	ns.create(externalSecretOfAStranger("tenant-acme-fathom"))
	o.requests.fail("/externalsecrets/tenant-acme-slack")
	tenant := newTenant("acme")
	ns.create(tenant)
	ns.awaitReady(tenant, metav1.ConditionUnknown, v1alpha1.ReasonClusterUnavailable)
	o.requests.fail("")
	ns.awaitReady(tenant, metav1.ConditionFalse, v1alpha1.ReasonNameTaken)
}
