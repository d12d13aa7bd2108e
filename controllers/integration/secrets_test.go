package integration

import (
	"context"
	"fmt"
	"strings"
	"testing"

	esv1 "github.com/external-secrets/external-secrets/apis/externalsecrets/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/internal/reconciler"
)

// reportFailure does what External Secrets does when its provider refuses: it writes an event, and a status without details.
func (ns *namespace) reportFailure(name, why string) *corev1.Event {
	ns.t.Helper()
	es := externalSecret(ns, name)
	ns.eventually("await ExternalSecret "+name, func(context.Context) error {
		if !ns.get(es) {
			return fmt.Errorf("it is not there")
		}
		return nil
	})
	event := &corev1.Event{
		ObjectMeta:     metav1.ObjectMeta{GenerateName: name + "."},
		InvolvedObject: corev1.ObjectReference{APIVersion: esv1.SchemeGroupVersion.String(), Kind: "ExternalSecret", Namespace: ns.name, Name: name, UID: es.UID},
		Type:           corev1.EventTypeWarning, Reason: esv1.ReasonUpdateFailed, Message: why,
		FirstTimestamp: metav1.Now(), LastTimestamp: metav1.Now(), Count: 1,
	}
	ns.create(event)
	ns.reportFetch(name, corev1.ConditionFalse)
	return event
}

func TestFailureIsToldInTheStoresOwnWords(t *testing.T) {
	o, ns := world(t)
	tenant := ns.readyTenant(newTenant("acme"))
	event := ns.reportFailure("tenant-acme-fathom", "AccessDeniedException:\n\tUser followup is not authorized to read \x00fathom-acme")
	ns.eventuallyReadySays(tenant, v1alpha1.ReasonExternalSecretFailed,
		`spec.fathom.credentials: External Secrets can't fetch "fathom-acme" from SecretStore aws: AccessDeniedException: User followup is not authorized to read fathom-acme`)
	ns.await(tenant, v1alpha1.ConditionCredentialsReady, metav1.ConditionFalse, v1alpha1.ReasonExternalSecretFailed)

	// Tried again and again, for as long as nobody helps: said once.
	reconciles := o.observed.count("Tenant")
	for range 20 {
		change(ns, event, func(e *corev1.Event) { e.Count++; e.LastTimestamp = metav1.Now() })
		ns.reportFetch("tenant-acme-fathom", corev1.ConditionFalse)
	}
	// Events come in order: one that says something else tells that the others have been heard.
	change(ns, event, func(e *corev1.Event) { e.Message = strings.Repeat("the key is gone ", 60) })
	ns.eventuallyReadySays(tenant, v1alpha1.ReasonExternalSecretFailed, "the key is gone")
	if said := reconciler.Ready(tenant).Message; len(said) > 600 || !strings.HasSuffix(said, "…") {
		t.Errorf("the message is not cut: %s", said)
	}
	if now := o.observed.count("Tenant"); now > reconciles+3 {
		t.Errorf("%d reconciles for one failure", now-reconciles)
	}

	ns.reportFetch("tenant-acme-fathom", corev1.ConditionTrue)
	ns.awaitReady(tenant, metav1.ConditionTrue, v1alpha1.ReasonReady)
}

// What was said of an ExternalSecret of the same name that is gone, or by somebody else of another kind, is not repeated.
func TestOnlyItsOwnFailureIsRepeated(t *testing.T) {
	_, ns := world(t)
	tenant := ns.readyTenant(newTenant("acme"))
	es := externalSecret(ns, "tenant-acme-slack")
	ns.get(es)
	for _, about := range []corev1.ObjectReference{
		{Kind: "ExternalSecret", Namespace: ns.name, Name: "tenant-acme-slack", UID: "of-an-earlier-one"},
		{Kind: "Pod", Namespace: ns.name, Name: "tenant-acme-slack", UID: es.UID},
	} {
		ns.create(&corev1.Event{
			ObjectMeta: metav1.ObjectMeta{GenerateName: "x."}, InvolvedObject: about, Type: corev1.EventTypeWarning,
			Reason: esv1.ReasonUpdateFailed, Message: "something else", LastTimestamp: metav1.Now(),
		})
	}
	ns.reportFailure("tenant-acme-fathom", "a marker") // events come in order
	ns.eventuallyReadySays(tenant, v1alpha1.ReasonExternalSecretFailed, "a marker")
	ns.reportFetch("tenant-acme-slack", corev1.ConditionFalse)
	ns.eventuallyReadySays(tenant, v1alpha1.ReasonExternalSecretFailed,
		`fetch "slack-bot-token-acme" from SecretStore aws: kubectl describe externalsecret tenant-acme-slack tells why`)
}

func TestStoreIsMissingOrNotReady(t *testing.T) {
	o, ns := world(t)
	ns.remove(newStoreIn(ns, "aws"))
	tenant := newTenant("acme")
	ns.create(tenant)
	message := ns.awaitReady(tenant, metav1.ConditionFalse, v1alpha1.ReasonSecretStoreNotFound)
	mustContain(t, message, "spec.slack.credentials: SecretStore aws does not exist in this namespace; create it, or correct externalSecret.storeRef")
	ns.reportFailure("tenant-acme-slack", "could not get SecretStore") // which follows from it

	ns.create(newStore("aws"))
	message = ns.awaitReady(tenant, metav1.ConditionFalse, v1alpha1.ReasonSecretStoreNotReady)
	mustContain(t, message, "SecretStore aws is not ready: External Secrets has not looked at it yet; kubectl describe secretstore aws")
	ns.reportStore("aws", corev1.ConditionFalse, "unable to validate store:\nno such role")
	ns.eventuallyReadySays(tenant, v1alpha1.ReasonSecretStoreNotReady, "SecretStore aws is not ready: unable to validate store: no such role;")

	// External Secrets validates a store again and again.
	reconciles := o.observed.count("Tenant")
	for i := range 20 {
		change(ns, newStoreIn(ns, "aws"), func(store *esv1.SecretStore) { store.Annotations = map[string]string{"n": fmt.Sprint(i)} })
	}
	ns.reportStore("aws", corev1.ConditionTrue, "store validated")
	ns.awaitReady(tenant, metav1.ConditionFalse, v1alpha1.ReasonExternalSecretFailed)
	if now := o.observed.count("Tenant"); now > reconciles+3 {
		t.Errorf("%d reconciles for one change", now-reconciles)
	}
	ns.fetch("tenant-acme-slack", botToken)
	ns.fetch("tenant-acme-fathom", fathomKey)
	ns.awaitReady(tenant, metav1.ConditionTrue, v1alpha1.ReasonReady)

	// What was fetched is there, whatever becomes of the store.
	ns.remove(newStoreIn(ns, "aws"))
	change(ns, tenant, func(tenant *v1alpha1.Tenant) { tenant.Spec.Workspace.Name = "Acme Inc" })
	ns.awaitReady(tenant, metav1.ConditionTrue, v1alpha1.ReasonReady)
}

func newStoreIn(ns *namespace, name string) *esv1.SecretStore {
	return &esv1.SecretStore{ObjectMeta: ns.meta(name)}
}

func TestSecretOfAnotherIsLeftAlone(t *testing.T) {
	_, ns := world(t)
	theirs := newSecret("crmconnection-acme-crono", "app", "theirs", map[string]string{"x": "y"})
	theirs.OwnerReferences = []metav1.OwnerReference{{APIVersion: "apps/v1", Kind: "Deployment", Name: "theirs", UID: "1", Controller: new(true)}}
	ns.create(theirs)
	ns.readyTenant(newTenant("acme"))
	connection := newConnection("acme-crono", "acme")
	ns.create(connection)
	ns.reportFailure("crmconnection-acme-crono", "could not set controller reference")
	message := ns.awaitReady(connection, metav1.ConditionFalse, v1alpha1.ReasonSecretOwnedByAnother)
	mustContain(t, message, "spec.credentials: Secret crmconnection-acme-crono, which External Secrets is to make, belongs to Deployment theirs; delete it")
	ns.remove(theirs)
	ns.fetch("crmconnection-acme-crono", `{"public_key": "`+planted+`", "private_key": "x"}`)
	ns.awaitReady(connection, metav1.ConditionTrue, v1alpha1.ReasonReady)
}
