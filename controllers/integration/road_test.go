package integration

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
)

func TestTenantFromDeclarationToReady(t *testing.T) {
	o, ns := world(t)
	tenant := newTenant("acme")
	ns.create(tenant)

	ns.awaitReady(tenant, metav1.ConditionFalse, v1alpha1.ReasonExternalSecretPending)
	ns.await(tenant, v1alpha1.ConditionDatabaseSynced, metav1.ConditionTrue, v1alpha1.ReasonSynced)
	ns.fetch("tenant-acme-slack", botToken)
	ns.fetch("tenant-acme-fathom", fathomKey)
	ns.awaitReady(tenant, metav1.ConditionTrue, v1alpha1.ReasonReady)
	ns.await(tenant, v1alpha1.ConditionHeld, metav1.ConditionFalse, v1alpha1.ReasonServed)
	_ = o
}
