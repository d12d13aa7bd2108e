package postgres

import (
	"testing"

	"github.com/jackc/pgx/v5"
)

func TestNewGivesEachLoginItsDSN(t *testing.T) {
	database := New(t)
	for role, dsn := range map[string]string{
		superuser:           database.Admin,
		"followup_operator": database.Operator,
		"followup_webhook":  database.Webhook,
		"followup_worker":   database.Worker,
	} {
		conn, err := pgx.Connect(t.Context(), dsn)
		if err != nil {
			t.Errorf("log in as %s: %v", role, err)
			continue
		}
		var user string
		if err := conn.QueryRow(t.Context(), "SELECT current_user").Scan(&user); err != nil || user != role {
			t.Errorf("current_user = %q, %v; want %q", user, err, role)
		}
		conn.Close(t.Context())
	}
}
