package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/followup-dev/followup-operator/test/postgres"
)

// Postgres quotes the row that it refuses in an error's details, and the statement beside them.
func TestNothingTellsWhatAFailedStatementHeld(t *testing.T) {
	b := start(t, addTenant(t, postgres.New(t)), patient)
	b.awaitReady(t)
	const refuse = `ALTER TABLE followup.users ADD CHECK (slack_email <> 'ada@acme.example')`
	if _, err := b.admin.Exec(t.Context(), refuse); err != nil {
		t.Fatal(err)
	}
	if sent := b.send(t); sent.Ack.Status != http.StatusOK {
		t.Fatalf("ack %+v, want 200", sent.Ack)
	}
	var metrics string
	eventually(t, "failed statement in the metrics", func() bool {
		_, metrics = get("http://" + b.metrics.listener.Addr().String() + "/metrics")
		return strings.Contains(metrics, `followup_database_query_errors_total{reason="refused",statement="saveUser"}`)
	})
	b.stopped(t)
	var rows string
	const all = `SELECT coalesce(string_agg(j::text, ' '), '') FROM river.river_job j`
	if err := b.admin.QueryRow(t.Context(), all).Scan(&rows); err != nil {
		t.Fatal(err)
	}
	for where, text := range map[string]string{"log": b.log.String(), "metrics": metrics, "jobs": rows} {
		for _, planted := range []string{"ada@acme.example", "INSERT INTO", "Failing row"} {
			if strings.Contains(text, planted) {
				t.Errorf("%s: has %q:\n%s", where, planted, text)
			}
		}
	}
}
