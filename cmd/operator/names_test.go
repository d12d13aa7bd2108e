package main

import (
	"testing"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/controllers/crmconnection"
	"github.com/followup-dev/followup-operator/controllers/slackapp"
	"github.com/followup-dev/followup-operator/controllers/tenant"
	"github.com/followup-dev/followup-operator/internal/credentials"
	"github.com/followup-dev/followup-operator/internal/reconciler"
	"github.com/followup-dev/followup-operator/internal/telemetry"
)

// Packages that may not import each other have the same names for the same things.
func TestNamesAgree(t *testing.T) {
	for here, there := range map[string]string{
		v1alpha1.LabelTenant:        credentials.LabelTenant,
		v1alpha1.LabelSlackApp:      credentials.LabelSlackApp,
		reconciler.OutcomeSucceeded: telemetry.ReconcileSucceeded,
		reconciler.OutcomeWaiting:   telemetry.ReconcileWaiting,
		reconciler.OutcomeStalled:   telemetry.ReconcileStalled,
		reconciler.OutcomeFailed:    telemetry.ReconcileFailed,
		slackapp.Kind:               telemetry.KindSlackApp,
		tenant.Kind:                 telemetry.KindTenant,
		crmconnection.Kind:          telemetry.KindCRMConnection,
	} {
		if here != there {
			t.Errorf("%q is called %q elsewhere", here, there)
		}
	}
}
