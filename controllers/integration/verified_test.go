package integration

import (
	"testing"

	"github.com/google/uuid"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/internal/credentials"
	"github.com/followup-dev/followup-operator/internal/store"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// webhook is what a webhook finds out about a tenant, and how it tells.
type webhook struct {
	t  testing.TB
	db *store.DB
	id tenancy.ID
}

func (o *operator) webhook(t testing.TB, tenantID string) webhook {
	t.Helper()
	db, err := store.Open(t.Context(), o.database.Worker, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return webhook{t, db, uuid.MustParse(tenantID)}
}

// tried is the end of a try of this credential.
func (w webhook) tried(subject, credential string, verdict store.CheckVerdict, code string) {
	w.t.Helper()
	digest := credentials.CheckDigest(w.id, subject, credentials.Digest([]byte(credential)))
	changed, err := w.db.Tenant(w.id).SaveCheck(w.t.Context(), store.Check{
		Subject: subject, Digest: digest, Attempt: digest, Verdict: verdict, Code: code,
	})
	if err != nil || !changed {
		w.t.Fatalf("save the check of %s: %t, %v", subject, changed, err)
	}
	w.tell()
}

func (w webhook) called(connection uuid.UUID, health store.ConnectionHealth) {
	w.t.Helper()
	if _, err := w.db.Tenant(w.id).MarkConnection(w.t.Context(), connection, health); err != nil {
		w.t.Fatal(err)
	}
	w.tell()
}

func (w webhook) tell() {
	w.t.Helper()
	if err := w.db.Notify(w.t.Context(), store.HealthChannel, "A0123456789/"+w.id.String()); err != nil {
		w.t.Fatal(err)
	}
}

// No resync and no event but the webhook's word brings what it found out into the status; none of it touches Ready: see
// watchStatuses.
func TestWhatProvidersSayReachesTheStatus(t *testing.T) {
	o, ns := world(t)
	globex, token := globexBySecret(ns)
	w := o.webhook(t, globex.Status.TenantID)
	message := ns.await(globex, v1alpha1.ConditionVerified, metav1.ConditionUnknown, v1alpha1.ReasonNotTried)
	mustContain(t, message, "spec.slack.credentials", "spec.fathom.credentials", "not tried at Slack yet")

	w.tried(store.SubjectSlack, botToken, store.CheckWrongWorkspace, "T999")
	w.tried(store.SubjectFathom, fathomKey, store.CheckAccepted, "")
	message = ns.await(globex, v1alpha1.ConditionVerified, metav1.ConditionFalse, v1alpha1.ReasonWrongWorkspace)
	mustContain(t, message, "spec.slack.credentials: the bot token is that of T999", "spec.workspace")
	ns.awaitReady(globex, metav1.ConditionTrue, v1alpha1.ReasonReady)

	change(ns, token, func(s *corev1.Secret) { s.Data["bot_token"] = []byte(botToken + "2") })
	message = ns.await(globex, v1alpha1.ConditionVerified, metav1.ConditionUnknown, v1alpha1.ReasonNotTried)
	mustContain(t, message, "spec.slack.credentials: not tried")

	w.tried(store.SubjectSlack, botToken+"2", store.CheckUnavailable, "timeout")
	ns.await(globex, v1alpha1.ConditionVerified, metav1.ConditionUnknown, v1alpha1.ReasonProviderUnavailable)
	w.tried(store.SubjectSlack, botToken+"2", store.CheckAccepted, "")
	ns.await(globex, v1alpha1.ConditionVerified, metav1.ConditionTrue, v1alpha1.ReasonAccepted)
	ns.awaitReady(globex, metav1.ConditionTrue, v1alpha1.ReasonReady)
}

func TestHowAConnectionFaresReachesTheStatus(t *testing.T) {
	o, ns := world(t)
	acme := ns.readyTenant(newTenant("acme"))
	const keys = `{"public_key": "` + planted + `", "private_key": "x"}`
	connection := newConnection("acme-crono", "acme")
	ns.create(connection)
	ns.fetch("crmconnection-acme-crono", keys)
	ns.awaitReady(connection, metav1.ConditionTrue, v1alpha1.ReasonReady)
	ns.await(connection, v1alpha1.ConditionVerified, metav1.ConditionUnknown, v1alpha1.ReasonNotTried)
	if healthy := connection.Status.Conditions; hasCondition(healthy, v1alpha1.ConditionHealthy) {
		t.Errorf("Healthy is there before the first call: %v", healthy)
	}
	w, id := o.webhook(t, acme.Status.TenantID), uuid.MustParse(connection.Status.ConnectionID)

	w.tried(store.SubjectOf(id), keys, store.CheckAccepted, "")
	ns.await(connection, v1alpha1.ConditionVerified, metav1.ConditionTrue, v1alpha1.ReasonAccepted)
	w.called(id, store.ConnectionHealth{Worked: true})
	ns.await(connection, v1alpha1.ConditionHealthy, metav1.ConditionTrue, v1alpha1.ReasonWorking)
	if connection.Status.LastSuccessTime == nil || connection.Status.LastError != nil {
		t.Errorf("status %+v", connection.Status)
	}
	w.called(id, store.ConnectionHealth{ErrorCode: "timeout"})
	ns.await(connection, v1alpha1.ConditionHealthy, metav1.ConditionFalse, v1alpha1.ReasonCallFailed)
	w.called(id, store.ConnectionHealth{NeedsReauthDigest: "d", ErrorCode: "keys_refused"})
	mustContain(t, ns.await(connection, v1alpha1.ConditionHealthy, metav1.ConditionFalse, v1alpha1.ReasonNeedsReauth), "spec.credentials", "keys_refused")
	if last := connection.Status.LastError; last == nil || last.Code != "keys_refused" || connection.Status.LastSuccessTime == nil {
		t.Errorf("status %+v", connection.Status)
	}
	ns.awaitReady(connection, metav1.ConditionTrue, v1alpha1.ReasonReady)
}

func hasCondition(all []metav1.Condition, name string) bool {
	for _, condition := range all {
		if condition.Type == name {
			return true
		}
	}
	return false
}
