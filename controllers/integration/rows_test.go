package integration

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// query returns the rows of a query as text, one line each, as the administrator sees them.
func (o *operator) query(t testing.TB, sql string, args ...any) []string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), o.database.Admin)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	rows, err := conn.Query(t.Context(), sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

// tenant returns what matters of a Tenant's row, "" if there is none.
func (o *operator) tenant(t testing.TB, ns *namespace, name string) string {
	t.Helper()
	return strings.Join(o.query(t, `
SELECT concat_ws(' ', t.slack_app_id, t.slack_team_id, t.slack_enterprise_id, t.slack_team_name, t.plan_tier, r.minute_limit,
    t.subscription_status, 'held=' || r.held, t.timezone, t.locale, t.meeting_visibility, t.slack_bot_token_secret_id, t.fathom_secret_id,
    nullif(t.ai_secret_id, ''))
FROM followup.tenants t JOIN followup.tenant_runtime r ON r.tenant_id = t.id
WHERE t.owner_namespace = $1 AND t.owner_name = $2`, ns.name, name), "\n")
}

// versions identifies each version of each row: a write, even of what was there, changes it.
func (o *operator) versions(t testing.TB) string {
	t.Helper()
	var all []string
	for _, table := range []string{"tenants", "tenant_runtime", "crm_connections", "account_mappings"} {
		all = append(all, o.query(t, `SELECT concat_ws(' ', '`+table+`', ctid::text, xmin::text) FROM followup.`+table+` ORDER BY 1`)...)
	}
	return strings.Join(all, "\n")
}

// values are what the rows hold, but for when they were written.
func (o *operator) values(t testing.TB) string {
	t.Helper()
	var all []string
	for _, table := range []string{"tenants", "tenant_runtime", "crm_connections", "account_mappings"} {
		all = append(all, o.query(t, `SELECT (to_jsonb(r) - 'updated_at')::text FROM followup.`+table+` r ORDER BY 1`)...)
	}
	return strings.Join(all, "\n")
}

// rowBecomes is for eventually: it checks that a query returns one row, which says want.
func (o *operator) rowBecomes(t testing.TB, sql, want string) func(context.Context) error {
	return func(context.Context) error {
		if got := o.query(t, sql); len(got) != 1 || got[0] != want {
			return fmt.Errorf("rows %q, want %q", got, want)
		}
		return nil
	}
}
