package integration

import (
	"path/filepath"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
)

func TestSamplesApplyAndBecomeReady(t *testing.T) {
	newOperator(t)
	ns := &namespace{t: t, name: "followup"}
	if err := client.IgnoreAlreadyExists(kube.Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: ns.name}})); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(ns.clear)
	watchStatuses(t, ns.name)

	samples, err := kustomize(filepath.Join("..", "..", "config", "samples"))
	if err != nil {
		t.Fatal(err)
	}
	for _, sample := range samples {
		if err := kube.Create(t.Context(), sample, client.FieldValidation(metav1.FieldValidationStrict)); err != nil {
			t.Fatalf("%s %s: %v", sample.GetKind(), sample.GetName(), err)
		}
	}
	ns.fetch("slackapp-followup-slack", signingSecret)
	ns.fetch("tenant-acme-slack", botToken)
	ns.fetch("tenant-acme-fathom", fathomKey)
	ns.fetch("crmconnection-acme-crono", `{"public_key": "`+planted+`", "private_key": "x"}`)
	ns.fetch("crmconnection-acme-google", googleMailbox)
	ns.fetch("slackapp-followup-ai", anthropicKey)
	ns.fetch("slackapp-followup-google", oauthClient)
	ns.fetch("slackapp-followup-encryption", encryptionKey)
	ns.create(sampleSecrets(t)...)
	ns.rollOut("followup-webhook")
	ns.awaitReady(&v1alpha1.SlackApp{ObjectMeta: ns.meta("followup")}, metav1.ConditionTrue, v1alpha1.ReasonReady)
	ns.awaitReady(&v1alpha1.Tenant{ObjectMeta: ns.meta("acme")}, metav1.ConditionTrue, v1alpha1.ReasonReady)
	ns.awaitReady(&v1alpha1.Tenant{ObjectMeta: ns.meta("globex")}, metav1.ConditionTrue, v1alpha1.ReasonReady)
	for _, name := range []string{"acme-crono", "acme-google"} {
		ns.awaitReady(&v1alpha1.CRMConnection{ObjectMeta: ns.meta(name)}, metav1.ConditionTrue, v1alpha1.ReasonReady)
	}
}

// sampleSecrets reads those that are not in the kustomization.
func sampleSecrets(t *testing.T) (secrets []client.Object) {
	t.Helper()
	objects, err := decodeFile(filepath.Join("..", "..", "config", "samples", "globex_secrets.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, object := range objects {
		secrets = append(secrets, object)
	}
	return secrets
}

// What config/default installs is what the API server takes.
func TestDefaultInstallationApplies(t *testing.T) {
	objects, err := kustomize(filepath.Join("..", "..", "config", "default"))
	if err != nil {
		t.Fatal(err)
	}
	for _, object := range objects {
		err := kube.Create(t.Context(), object, client.DryRunAll, client.FieldValidation(metav1.FieldValidationStrict))
		if client.IgnoreAlreadyExists(err) != nil {
			t.Errorf("%s %s: %v", object.GetKind(), object.GetName(), err)
		}
	}
}
