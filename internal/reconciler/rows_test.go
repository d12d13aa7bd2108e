package reconciler

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
)

// The SQLSTATE decides whether trying again can help.
func TestDatabaseFailureStallsOnValuesThatCannotBeStored(t *testing.T) {
	for state, want := range map[string]kind{
		"22021": stalled,   // a NUL in a text
		"23514": stalled,   // a CHECK
		"40001": transient, // serialization failure
		"42501": transient, // a right is missing
		"53300": transient, // too many connections
		"57P01": transient, // the server shuts down
	} {
		got, ok := errors.AsType[*Failure](DatabaseFailure(fmt.Errorf("save: %w", sqlState(state))))
		if !ok || got.kind != want || got.Condition != v1alpha1.ConditionDatabaseSynced || !strings.Contains(got.Message, state) {
			t.Errorf("SQLSTATE %s: %+v, want kind %d and the state named", state, got, want)
		}
		if (want == stalled) != (got.Reason == v1alpha1.ReasonRejected) || strings.Contains(got.Message, "it is retried") == (want == stalled) {
			t.Errorf("SQLSTATE %s: %s: %s", state, got.Reason, got.Message)
		}
	}
}
