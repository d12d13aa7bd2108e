package integration

import (
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	esv1 "github.com/external-secrets/external-secrets/apis/externalsecrets/v1"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
)

func mustContain(t testing.TB, message string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(message, part) {
			t.Errorf("message %q lacks %q", message, part)
		}
	}
}

func TestSecondClaimantOfAWorkspaceIsRefused(t *testing.T) {
	o, ns := world(t)
	first := ns.readyTenant(newTenant("acme"))
	before := o.versions(t)

	second := newTenant("impostor")
	ns.create(second)
	message := ns.awaitReady(second, metav1.ConditionFalse, v1alpha1.ReasonWorkspaceAlreadyClaimed)
	mustContain(t, message, "spec.workspace", ns.name+"/acme has this workspace", "delete this Tenant")
	ns.await(second, v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonWorkspaceAlreadyClaimed)
	if second.Status.TenantID != "" {
		t.Errorf("the refused Tenant has tenantID %s", second.Status.TenantID)
	}
	connection := newConnection("stolen", "impostor")
	ns.create(connection)
	ns.awaitReady(connection, metav1.ConditionFalse, v1alpha1.ReasonTenantNotSynced)
	if after := o.versions(t); after != before {
		t.Errorf("rows changed:\n%s\nwere:\n%s", after, before)
	}
	var declared esv1.ExternalSecretList
	if err := kube.List(t.Context(), &declared, client.InNamespace(ns.name)); err != nil {
		t.Fatal(err)
	}
	for _, es := range declared.Items {
		if strings.Contains(es.Name, "impostor") || strings.Contains(es.Name, "stolen") {
			t.Errorf("ExternalSecret %s was made for a refused claimant", es.Name)
		}
	}

	// Its deletion keeps the first one's claim, and the second is told how to go on.
	ns.remove(first)
	ns.eventuallyReadySays(second, v1alpha1.ReasonWorkspaceAlreadyClaimed, v1alpha1.AnnotationTakeOver+"="+ns.name+"/acme")

	// Once somebody frees the claim, the next look at it succeeds; a spec change asks for one.
	o.query(t, `WITH gone AS (DELETE FROM followup.tenant_runtime) SELECT ''`)
	o.query(t, `DELETE FROM followup.tenants RETURNING id::text`)
	change(ns, second, func(second *v1alpha1.Tenant) { second.Spec.Plan = v1alpha1.PlanFree })
	ns.await(second, v1alpha1.ConditionDatabaseSynced, metav1.ConditionTrue, v1alpha1.ReasonSynced)
}

func TestClaimantIsWokenWhenTheClaimIsTakenBack(t *testing.T) {
	_, ns := world(t)
	first := ns.readyTenant(newTenant("acme"))
	second := newTenant("second")
	ns.create(second)
	ns.awaitReady(second, metav1.ConditionFalse, v1alpha1.ReasonWorkspaceAlreadyClaimed)
	ns.remove(first)
	ns.eventuallyReadySays(second, v1alpha1.ReasonWorkspaceAlreadyClaimed, "its data is kept for it")
	ns.create(newTenant("acme"))
	ns.eventuallyReadySays(second, v1alpha1.ReasonWorkspaceAlreadyClaimed, "has this workspace of this app")
}

func TestARetainedWorkspaceIsTakenOverByAnnotation(t *testing.T) {
	o, ns := world(t)
	first := ns.readyTenant(newTenant("acme"))
	second := newTenant("second")
	ns.create(second)
	ns.remove(first)
	ns.eventuallyReadySays(second, v1alpha1.ReasonWorkspaceAlreadyClaimed, v1alpha1.AnnotationTakeOver)
	change(ns, second, func(second *v1alpha1.Tenant) {
		second.Annotations = map[string]string{v1alpha1.AnnotationTakeOver: ns.name + "/acme"}
	})
	ns.await(second, v1alpha1.ConditionDatabaseSynced, metav1.ConditionTrue, v1alpha1.ReasonSynced)
	if second.Status.TenantID != first.Status.TenantID {
		t.Errorf("tenant %s, want the retained %s", second.Status.TenantID, first.Status.TenantID)
	}
	if owner := o.query(t, "SELECT owner_name FROM followup.tenants"); !slices.Equal(owner, []string{"second"}) {
		t.Errorf("the row is %q's", owner)
	}
	ns.eventuallyTold("second", "Normal TookOver")
}

func TestTwoNamespacesMayNotServeOneApp(t *testing.T) {
	o, ns := world(t)
	other := newNamespace(t)
	app := newSlackApp("copy")
	other.create(app)
	message := other.awaitReady(app, metav1.ConditionFalse, v1alpha1.ReasonAppIDTaken)
	mustContain(t, message, "spec.appID", ns.name+"/followup", "delete one of the two")

	// Its Tenants would be handed to the webhook of the other.
	tenant := newTenant("spy")
	tenant.Spec.SlackAppRef.Name = "copy"
	other.create(tenant)
	message = other.awaitReady(tenant, metav1.ConditionFalse, v1alpha1.ReasonSlackAppRefused)
	mustContain(t, message, "spec.slackAppRef: SlackApp copy is not served")
	if rows := o.tenant(t, other, "spy"); rows != "" {
		t.Errorf("the Tenant of a refused SlackApp has a row: %s", rows)
	}
	if writes := o.requests.sent("/namespaces/"+other.name+"/", "deployments"); len(writes) > 0 {
		t.Errorf("a refused SlackApp got a Deployment: %v", writes)
	}

	// The claim frees with the other SlackApp, and both wake up.
	ns.remove(&v1alpha1.SlackApp{ObjectMeta: ns.meta("followup")})
	other.awaitReady(app, metav1.ConditionFalse, v1alpha1.ReasonExternalSecretPending)
	other.awaitReady(tenant, metav1.ConditionFalse, v1alpha1.ReasonExternalSecretPending)
}

func TestNamespaceHoldsOneSlackApp(t *testing.T) {
	_, ns := world(t)
	second := newSlackApp("second")
	second.Spec.AppID = "A9876543210"
	ns.create(second)
	message := ns.awaitReady(second, metav1.ConditionFalse, v1alpha1.ReasonNamespaceTaken)
	mustContain(t, message, "metadata.namespace", "followup was here first")
	ns.remove(&v1alpha1.SlackApp{ObjectMeta: ns.meta("followup")})
	ns.awaitReady(second, metav1.ConditionFalse, v1alpha1.ReasonExternalSecretPending)
}

// One that may not be served where it is keeps nobody else from its app, and does not take it back later.
func TestRefusedSlackAppDoesNotHoldItsAppID(t *testing.T) {
	_, ns := world(t)
	const other = "A9876543210"
	refused := newSlackApp("second")
	refused.Spec.AppID = other
	ns.create(refused)
	ns.awaitReady(refused, metav1.ConditionFalse, v1alpha1.ReasonNamespaceTaken)

	elsewhere := newNamespace(t)
	moved := newSlackApp("moved")
	moved.Spec.AppID = other
	elsewhere.create(moved)
	elsewhere.awaitReady(moved, metav1.ConditionFalse, v1alpha1.ReasonExternalSecretPending)

	ns.remove(&v1alpha1.SlackApp{ObjectMeta: ns.meta("followup")})
	message := ns.awaitReady(refused, metav1.ConditionFalse, v1alpha1.ReasonAppIDTaken)
	mustContain(t, message, elsewhere.name+"/moved")
	elsewhere.remove(moved)
	ns.awaitReady(refused, metav1.ConditionFalse, v1alpha1.ReasonExternalSecretPending)
}

// Two that were made at once may both be served before one is seen to be too many.
func TestRefusedSlackAppStopsServing(t *testing.T) {
	o, ns := world(t)
	o.stop()
	other := newNamespace(t)
	rival := newSlackApp("rival")
	other.create(rival)
	changeStatus(other, rival, func(rival *v1alpha1.SlackApp) {
		rival.Status.ObservedGeneration = rival.Generation
		meta.SetStatusCondition(&rival.Status.Conditions, metav1.Condition{
			Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonReady, Message: "x", ObservedGeneration: rival.Generation,
		})
	})
	app, d := &v1alpha1.SlackApp{ObjectMeta: ns.meta("followup")}, &appsv1.Deployment{ObjectMeta: ns.meta("followup-webhook")}
	changeStatus(ns, app, func(app *v1alpha1.SlackApp) { app.Status = v1alpha1.SlackAppStatus{} })

	startOperator(t, o.database)
	ns.awaitReady(app, metav1.ConditionFalse, v1alpha1.ReasonAppIDTaken)
	ns.get(d)
	if *d.Spec.Replicas != 0 {
		t.Errorf("the refused SlackApp has a Deployment of %d", *d.Spec.Replicas)
	}
	other.remove(rival)
	ns.awaitReady(app, metav1.ConditionFalse, v1alpha1.ReasonWebhookRollingOut)
	ns.get(d)
	if *d.Spec.Replicas != 2 {
		t.Errorf("the admitted SlackApp has a Deployment of %d", *d.Spec.Replicas)
	}
}

func TestOperatorNamespaceHoldsNoSlackApp(t *testing.T) {
	newOperator(t)
	ns := &namespace{t: t, name: operatorNamespace}
	t.Cleanup(ns.clear)
	watchStatuses(t, operatorNamespace)
	app := newSlackApp("followup")
	ns.create(app)
	message := ns.awaitReady(app, metav1.ConditionFalse, v1alpha1.ReasonOperatorNamespace)
	mustContain(t, message, "metadata.namespace", "use another namespace")

	elsewhere := newNamespace(t)
	same := newSlackApp("followup")
	elsewhere.create(same)
	elsewhere.awaitReady(same, metav1.ConditionFalse, v1alpha1.ReasonExternalSecretPending) // the refused one does not hold the app
}
