package reconciler

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
)

// The SQLSTATE decides whether trying again can help, and who has to do something.
func TestDatabaseFailureByItsSQLState(t *testing.T) {
	for state, want := range map[string]struct {
		kind    kind
		reason  string
		message string
	}{
		"22021": {stalled, v1alpha1.ReasonRejected, "correct it"}, // a NUL in a text
		"23514": {stalled, v1alpha1.ReasonRejected, "correct it"}, // a CHECK
		"54000": {stalled, v1alpha1.ReasonRejected, "correct it"}, // too long for an index
		"08006": {transient, v1alpha1.ReasonDatabaseUnavailable, "connection"},
		"40001": {transient, v1alpha1.ReasonDatabaseUnavailable, "another one's sake"}, // serialization failure
		"53300": {transient, v1alpha1.ReasonDatabaseUnavailable, "connections"},
		"55P03": {transient, v1alpha1.ReasonDatabaseUnavailable, "locked"},
		"57014": {transient, v1alpha1.ReasonDatabaseUnavailable, "cut the statement off"},
		"57P01": {transient, v1alpha1.ReasonDatabaseUnavailable, "shuts down"},
		"XX000": {transient, v1alpha1.ReasonDatabaseUnavailable, "refused"}, // of no class that is known
		"":      {transient, v1alpha1.ReasonDatabaseUnavailable, "refused"},
		"25006": {transient, v1alpha1.ReasonDatabaseRefused, "point the DSN to the primary"},
		"25P02": {transient, v1alpha1.ReasonDatabaseUnavailable, "refused"}, // its class is not 25006's
		"28P01": {transient, v1alpha1.ReasonDatabaseRefused, "logins"},
		"3D000": {transient, v1alpha1.ReasonDatabaseRefused, "name"},
		"42P01": {transient, v1alpha1.ReasonDatabaseRefused, "migrates"}, // a table is missing
		"42501": {transient, v1alpha1.ReasonDatabaseRefused, "grants"},   // a right is missing
	} {
		got, ok := errors.AsType[*Failure](DatabaseFailure(fmt.Errorf("save: %w", sqlState(state))))
		if !ok || got.kind != want.kind || got.Reason != want.reason || got.Condition != v1alpha1.ConditionDatabaseSynced {
			t.Errorf("SQLSTATE %s: %+v", state, got)
			continue
		}
		retried := strings.Contains(got.Message, "it is retried")
		if !strings.Contains(got.Message, want.message) || !strings.Contains(got.Message, state) || retried != (want.kind == transient) {
			t.Errorf("SQLSTATE %s: %s", state, got.Message)
		}
	}
}

func TestARepairIsToldUntilTheSpecChanges(t *testing.T) {
	tenant := &v1alpha1.Tenant{ObjectMeta: metav1.ObjectMeta{Generation: 3}}
	finds := func(columns []string, reason, message string) {
		t.Helper()
		found := Synced(tenant, "all is well", columns)
		if found.Status != metav1.ConditionTrue || found.Reason != reason || !strings.Contains(found.Message, message) {
			t.Errorf("found %+v, want %s with %q", found, reason, message)
		}
		set(tenant, found)
	}
	finds(nil, v1alpha1.ReasonSynced, "all is well")
	finds([]string{"held", "quotas"}, v1alpha1.ReasonRepaired, "changed held, quotas in the database")
	finds(nil, v1alpha1.ReasonRepaired, "held, quotas")
	finds([]string{"locale"}, v1alpha1.ReasonRepaired, "changed locale")
	tenant.Generation++
	finds(nil, v1alpha1.ReasonSynced, "all is well")
}
