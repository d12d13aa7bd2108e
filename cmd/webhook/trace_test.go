package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/followup-dev/followup-operator/test/postgres"
)

// Postgres quotes values in the details of its errors. Of tables with row-level security it doesn't; a trigger does here.
func TestNothingTellsWhatAFailedStatementHeld(t *testing.T) {
	b := start(t, addTenant(t, postgres.New(t)), patient)
	b.awaitReady(t)
	const refuse = `
		CREATE FUNCTION followup.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
		BEGIN RAISE check_violation USING MESSAGE = 'refused', DETAIL = NEW.slack_email, HINT = NEW.slack_email; END $$;
		CREATE TRIGGER refuse BEFORE INSERT ON followup.users FOR EACH ROW EXECUTE FUNCTION followup.refuse()`
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
		for _, planted := range []string{"ada@acme.example", "INSERT INTO"} {
			if strings.Contains(text, planted) {
				t.Errorf("%s: has %q:\n%s", where, planted, text)
			}
		}
	}
}
