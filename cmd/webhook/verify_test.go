package main

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/followup-dev/followup-operator/internal/store"
	"github.com/followup-dev/followup-operator/internal/tenancy"
	"github.com/followup-dev/followup-operator/test/postgres"
)

// verdicts are what is kept of the tenants' credentials.
func (b *testbed) verdicts(t *testing.T) string {
	t.Helper()
	var all string
	const sql = `SELECT coalesce(string_agg(concat_ws(' ', subject, verdict, code), ', ' ORDER BY subject), '') FROM followup.credential_checks`
	if err := b.admin.QueryRow(t.Context(), sql).Scan(&all); err != nil {
		t.Fatal(err)
	}
	return all
}

func (b *testbed) awaitVerdicts(t *testing.T, want string) {
	t.Helper()
	eventually(t, fmt.Sprintf("verdicts %q", want), func() bool { return b.verdicts(t) == want })
}

func TestCredentialsAreTriedOnceAndAgainWhenTheyChange(t *testing.T) {
	database := addTenant(t, postgres.New(t))
	b := start(t, database, patient)
	b.awaitVerdicts(t, "fathom accepted , slack accepted ")

	// Of a process outside Kubernetes, a change of the tenant has the files looked at.
	write(t, filepath.Join(b.files, "acme-slack", "credentials"), "xoxb-stolen")
	changed := acme()
	changed.SlackTeamName = "Acme Inc"
	syncTenant(t, database, changed)
	b.awaitVerdicts(t, "fathom accepted , slack refused invalid_auth")
	syncTenant(t, database, acme())

	// That nothing was tried again shows once a later change is through.
	other := acme()
	other.Owner.Name, other.SlackTeamID, other.SlackTeamName = "other", "T999", "Other"
	other.SlackToken = tenancy.SecretRef{Name: "other-slack", Key: "credentials"}
	write(t, filepath.Join(b.files, "other-slack", "credentials"), botToken)
	syncTenant(t, database, other)
	b.awaitVerdicts(t, "fathom accepted , fathom accepted , slack refused invalid_auth, slack wrong_workspace "+teamID)
	if tries := b.slack.Calls()["auth.test"]; tries["ok"] != 2 || tries["invalid_auth"] != 1 {
		t.Errorf("tries at Slack: %v", tries)
	}
}

func TestOperatorHearsOfAVerdict(t *testing.T) {
	database := addTenant(t, postgres.New(t))
	conn, err := openAdmin(t, database).Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	if _, err := conn.Exec(t.Context(), "LISTEN "+store.HealthChannel); err != nil {
		t.Fatal(err)
	}
	b := start(t, database, patient)
	told, err := conn.Conn().WaitForNotification(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var id string
	if err := b.admin.QueryRow(t.Context(), "SELECT id::text FROM followup.tenants").Scan(&id); err != nil {
		t.Fatal(err)
	}
	if told.Payload != appID+"/"+id {
		t.Errorf("payload %q, want the app's and the tenant's IDs", told.Payload)
	}
}
