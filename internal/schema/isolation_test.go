package schema_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/followup-dev/followup-operator/test/postgres"
)

const (
	tenantA = "aaaaaaaa-0000-4000-8000-000000000000"
	tenantB = "bbbbbbbb-0000-4000-8000-000000000000"
)

// twoTenants fills every table for both tenants; "bravo" is in each row of B's.
func twoTenants(t *testing.T) *postgres.Database {
	t.Helper()
	database := postgres.New(t)
	admin := connect(t, database.Admin)
	for id, name := range map[string]string{tenantA: "alpha", tenantB: "bravo"} {
		fixture := strings.NewReplacer("ID", "'"+id+"'", "NAME", "'"+name+"'").Replace(`
			INSERT INTO followup.tenants (id, slack_app_id, slack_team_id, slack_team_name, plan_tier, subscription_status, timezone, locale,
				meeting_visibility, slack_bot_token_secret_id, fathom_secret_id, owner_cluster, owner_uid, owner_namespace, owner_name)
			VALUES (ID, 'A1', NAME, NAME, 'pro', 'active', 'UTC', 'en', 'everyone', '', '', NAME, NAME, NAME, NAME);
			INSERT INTO followup.tenant_runtime (tenant_id, held, minute_limit) VALUES (ID, false, 60);
			INSERT INTO followup.crm_connections (tenant_id, id, provider_type, connection_name, credentials_secret_id, status, owner_cluster, owner_uid,
				owner_namespace, owner_name) VALUES (ID, ID, 'crono', NAME, '', 'active', NAME, NAME, NAME, NAME);
			INSERT INTO followup.account_mappings (tenant_id, crm_connection_id, email_domain, mapping_source, company_name)
			VALUES (ID, ID, 'shared.example', 'imported', NAME);
			INSERT INTO followup.users (tenant_id, id, slack_user_id, slack_email, slack_real_name, refreshed_at)
			VALUES (ID, ID, 'U1', NAME, NAME, now());
			INSERT INTO followup.meeting_sessions (tenant_id, id, user_id, fathom_recording_id, fathom_created_at, fathom_meeting_title, fathom_meeting_date,
				fathom_duration_minutes, fathom_participants, fathom_url) VALUES (ID, ID, ID, '1001', now(), NAME, now(), 1, '{}', NAME);
			INSERT INTO followup.session_revisions (tenant_id, session_id, number, edited, model, texts) VALUES (ID, ID, 1, false, NAME, '{}');
			INSERT INTO followup.meeting_actions (tenant_id, id, action_key, session_id, actor_slack_id, kind, target, revision)
			VALUES (ID, ID, 'shared', ID, 'U1', 'crm_note', NAME, 1);
			INSERT INTO followup.vendor_gates (tenant_id, vendor, closed_until) VALUES (ID, 'fathom', now());
			INSERT INTO followup.credential_checks (tenant_id, subject, digest, attempt, verdict, code)
			VALUES (ID, 'slack', repeat('0', 64), repeat('0', 64), 'refused', NAME);
			INSERT INTO followup.connection_tokens (tenant_id, connection_id, subject, access_token) VALUES (ID, ID, NAME, NAME);
			INSERT INTO followup.announced_recordings (tenant_id, recording_id, created_at) VALUES (ID, '1001', now());
			INSERT INTO followup.recording_polls (tenant_id) VALUES (ID);
			INSERT INTO followup.api_rate_limits (tenant_id, resource_type, limit_period, period_start, period_end, current_count)
			VALUES (ID, 'api_calls', 'daily', '2026-11-23', '2026-11-24', 1);
			INSERT INTO followup.audit_logs (tenant_id, event_type, event_category, actor_slack_id) VALUES (ID, NAME, 'security', NAME);
			INSERT INTO followup.deliveries (tenant_id, delivery_key, expires_at) VALUES (ID, NAME, now() + interval '1 hour');
			INSERT INTO river.river_job (args, kind, max_attempts) VALUES (jsonb_build_object('tenant_id', ID, 'name', NAME), 'k', 1);`)
		if _, err := admin.Exec(t.Context(), fixture); err != nil {
			t.Fatal(err)
		}
	}
	return database
}

func asTenant(t *testing.T, conn *pgx.Conn, id string) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), "SELECT set_config('app.tenant_id', $1, false)", id); err != nil {
		t.Fatal(err)
	}
}

// code returns the SQLSTATE of an error from the server.
func code(err error) string {
	refused := (*pgconn.PgError)(nil)
	if errors.As(err, &refused) {
		return refused.Code
	}
	return fmt.Sprint(err)
}

const (
	denied        = "42501" // also: new row violates row-level security policy
	noSuchSetting = "42704"
	notAUUID      = "22P02"
	noSuchRow     = "23503"
)

// readable returns the columns of each relation that the connection's role may read.
func readable(t *testing.T, conn *pgx.Conn) map[string]string {
	t.Helper()
	columns := map[string]string{}
	for _, found := range list(t, conn, `
		SELECT c.oid::regclass || '=' || string_agg(quote_ident(a.attname), ', ')
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
		WHERE c.relnamespace IN ('followup'::regnamespace, 'river'::regnamespace) AND c.relkind IN ('r', 'p')
		  AND has_column_privilege(c.oid, a.attnum, 'SELECT')
		GROUP BY c.oid`) {
		relation, names, _ := strings.Cut(found, "=")
		columns[relation] = names
	}
	return columns
}

// Whatever the role can read at all, it reads of one tenant, and of none before it has said which.
func TestLoginsReadOneTenantOnly(t *testing.T) {
	database := twoTenants(t)
	notOfATenant := []string{"followup.goose_db_version", "river.river_migration", "river.river_leader", "river.river_queue", "river.river_notification"}
	tests := map[string]struct {
		dsn      string
		tables   []string
		allKinds []string // tables that the role sees of all tenants
	}{
		"webhook": {database.Webhook, []string{"followup.deliveries", "followup.tenant_runtime", "river.river_job"}, nil},
		"worker": {database.Worker, []string{
			"followup.account_mappings", "followup.announced_recordings", "followup.api_rate_limits", "followup.connection_tokens", "followup.credential_checks",
			"followup.crm_connections", "followup.deliveries", "followup.meeting_actions", "followup.meeting_sessions", "followup.recording_polls", "followup.session_revisions",
			"followup.tenant_runtime", "followup.users",
			"followup.vendor_gates", "river.river_job",
		}, []string{"river.river_job"}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			conn := connect(t, tc.dsn)
			var tables []string
			for table, columns := range readable(t, conn) {
				if slices.Contains(notOfATenant, table) {
					continue
				}
				tables = append(tables, table)
				if slices.Contains(tc.allKinds, table) {
					continue
				}
				query := fmt.Sprintf("SELECT row_to_json(x)::text FROM (SELECT %s FROM %s) x", columns, table)
				fresh := connect(t, tc.dsn)
				if _, err := fresh.Exec(t.Context(), query); code(err) != noSuchSetting {
					t.Errorf("%s with no tenant set: error = %v, want %s", table, err, noSuchSetting)
				}
				asTenant(t, fresh, "")
				if _, err := fresh.Exec(t.Context(), query); code(err) != notAUUID {
					t.Errorf("%s after a transaction's setting ended: error = %v, want %s", table, err, notAUUID)
				}
				asTenant(t, conn, tenantA)
				rows := list(t, conn, query)
				if len(rows) != 1 || strings.Contains(rows[0], tenantB) || strings.Contains(rows[0], "bravo") {
					t.Errorf("%s as A: %v, want A's row", table, rows)
				}
			}
			slices.Sort(tables)
			if diff := cmp.Diff(tc.tables, tables); diff != "" {
				t.Errorf("readable tables (-want +got):\n%s", diff)
			}
		})
	}
}

// Statements as a forged query would have them, run by a login that works for A.
func TestLoginsWriteOneTenantOnly(t *testing.T) {
	const job = `INSERT INTO river.river_job (args, kind, max_attempts) VALUES (%s, 'k', 1)`
	tests := map[string]struct {
		worker    bool
		statement string
		want      string // SQLSTATE; "": succeeds, and touches A's rows only
	}{
		"spend B's minute":              {statement: "UPDATE followup.tenant_runtime SET used = 59"},
		"release a hold":                {statement: "UPDATE followup.tenant_runtime SET held = false", want: denied},
		"read the token's digest":       {statement: "SELECT slack_token_digest FROM followup.tenant_runtime", want: denied},
		"raise the limit":               {statement: "UPDATE followup.tenant_runtime SET minute_limit = 1000", want: denied},
		"burn B's key":                  {statement: "INSERT INTO followup.deliveries (tenant_id, delivery_key, expires_at) VALUES ('" + tenantB + "', 'x', now())", want: denied},
		"forget keys":                   {statement: "DELETE FROM followup.deliveries", want: denied},
		"blame B":                       {statement: "INSERT INTO followup.audit_logs (tenant_id, event_type, event_category, actor_slack_id) VALUES ('" + tenantB + "', 'x', 'security', 'U1')", want: denied},
		"back-date an audit record":     {statement: "INSERT INTO followup.audit_logs (tenant_id, created_at, event_type, event_category, actor_slack_id) VALUES ('" + tenantA + "', now(), 'x', 'security', 'U1')", want: denied},
		"rewrite the audit log":         {statement: "UPDATE followup.audit_logs SET event_type = 'x'", want: denied},
		"read the audit log":            {statement: "SELECT event_type FROM followup.audit_logs", want: denied},
		"empty the audit log":           {statement: "TRUNCATE followup.audit_logs", want: denied},
		"a job of B's":                  {statement: fmt.Sprintf(job, `'{"tenant_id": "`+tenantB+`"}'`), want: denied},
		"a job of nobody's":             {statement: fmt.Sprintf(job, "'{}'"), want: denied},
		"change a job's arguments":      {statement: "UPDATE river.river_job SET args = '{}'", want: denied},
		"drop jobs":                     {statement: "DELETE FROM river.river_job", want: denied},
		"rename B's jobs":               {statement: "UPDATE river.river_job SET kind = 'mine'"},
		"read tenants":                  {statement: "SELECT id FROM followup.tenants", want: denied},
		"read connections":              {statement: "SELECT id FROM followup.crm_connections", want: denied},
		"read users":                    {statement: "SELECT id FROM followup.users", want: denied},
		"read meetings":                 {statement: "SELECT id FROM followup.meeting_sessions", want: denied},
		"read the login key":            {statement: "SELECT key FROM followup.login_keys", want: denied},
		"read verifiers":                {statement: "SELECT rolpassword FROM pg_authid", want: denied},
		"become the owner":              {statement: "SET ROLE followup_owner", want: denied},
		"become the operator":           {statement: "SET ROLE followup_operator", want: denied},
		"become the worker":             {statement: "SET ROLE followup_worker", want: denied},
		"switch row-level security off": {statement: "SET row_security = off; SELECT used FROM followup.tenant_runtime", want: denied},
		"a policy of one's own":         {statement: "CREATE POLICY mine ON followup.tenant_runtime USING (true)", want: denied},
		"a table to lure others with":   {statement: "CREATE TABLE public.tenants ()", want: denied},
		"a temporary table":             {statement: "CREATE TEMPORARY TABLE tenants ()", want: denied},

		"worker: rewrite B's users":     {worker: true, statement: "UPDATE followup.users SET slack_email = 'x'"},
		"worker: hand a user to B":      {worker: true, statement: "UPDATE followup.users SET tenant_id = '" + tenantB + "'", want: denied},
		"worker: a user of B's":         {worker: true, statement: "INSERT INTO followup.users (tenant_id, slack_user_id, slack_email, slack_real_name, refreshed_at) VALUES ('" + tenantB + "', 'U2', '', '', now())", want: denied},
		"worker: rewrite B's meetings":  {worker: true, statement: "UPDATE followup.meeting_sessions SET fathom_meeting_title = 'x'"},
		"worker: rewrite B's mappings":  {worker: true, statement: "UPDATE followup.account_mappings SET company_name = 'x'", want: denied},
		"worker: declare a mapping":     {worker: true, statement: "INSERT INTO followup.account_mappings (tenant_id, crm_connection_id, email_domain, mapping_source, company_name) VALUES ('" + tenantA + "', '" + tenantA + "', 'a.example', 'manual', 'x')", want: denied},
		"worker: drop B's mappings":     {worker: true, statement: "DELETE FROM followup.account_mappings"},
		"worker: count B's mappings":    {worker: true, statement: "UPDATE followup.account_mappings SET times_used = 7"},
		"worker: rewrite texts":         {worker: true, statement: "UPDATE followup.session_revisions SET texts = '{}'", want: denied},
		"worker: drop texts":            {worker: true, statement: "DELETE FROM followup.session_revisions", want: denied},
		"worker: texts for B":           {worker: true, statement: "INSERT INTO followup.session_revisions (tenant_id, session_id, number, edited, model, texts) VALUES ('" + tenantB + "', '" + tenantB + "', 2, false, '', '{}')", want: denied},
		"worker: texts for B's session": {worker: true, statement: "INSERT INTO followup.session_revisions (tenant_id, session_id, number, edited, model, texts) VALUES ('" + tenantA + "', '" + tenantB + "', 2, false, '', '{}')", want: noSuchRow},
		"worker: undo B's actions":      {worker: true, statement: "UPDATE followup.meeting_actions SET state = 'undone'"},
		"worker: give an action away":   {worker: true, statement: "UPDATE followup.meeting_actions SET actor_slack_id = 'U2'", want: denied},
		"worker: drop actions":          {worker: true, statement: "DELETE FROM followup.meeting_actions", want: denied},
		"worker: close B's gates":       {worker: true, statement: "UPDATE followup.vendor_gates SET closed_until = 'infinity'"},
		"worker: spoil B's tokens":      {worker: true, statement: "UPDATE followup.connection_tokens SET access_token = ''"},
		"worker: spoil B's checks":      {worker: true, statement: "UPDATE followup.credential_checks SET verdict = 'accepted'"},
		"worker: drop checks":           {worker: true, statement: "DELETE FROM followup.credential_checks", want: denied},
		"read checks":                   {statement: "SELECT verdict FROM followup.credential_checks", want: denied},
		"worker: drop tokens":           {worker: true, statement: "DELETE FROM followup.connection_tokens", want: denied},
		"worker: announce to B again":   {worker: true, statement: "DELETE FROM followup.announced_recordings"},
		"worker: mark B's connections":  {worker: true, statement: "UPDATE followup.crm_connections SET last_error_code = 'x', last_error_at = now()"},
		"worker: retire connections":    {worker: true, statement: "UPDATE followup.crm_connections SET status = 'disconnected'", want: denied},
		"worker: read who declares":     {worker: true, statement: "SELECT owner_uid FROM followup.crm_connections", want: denied},
		"worker: read runtime":          {worker: true, statement: "SELECT used FROM followup.tenant_runtime", want: denied},
		"worker: read the login key":    {worker: true, statement: "SELECT key FROM followup.login_keys", want: denied},
		"worker: read the directory":    {worker: true, statement: "SELECT * FROM followup.tenant_directory('A1', '')", want: denied},
		"worker: become the operator":   {worker: true, statement: "SET ROLE followup_operator", want: denied},
		"worker: write an audit record": {worker: true, statement: "INSERT INTO followup.audit_logs (tenant_id, event_type, event_category, actor_slack_id) VALUES ('" + tenantA + "', 'x', 'security', 'U1')"},
		"worker: blame B":               {worker: true, statement: "INSERT INTO followup.audit_logs (tenant_id, event_type, event_category, actor_slack_id) VALUES ('" + tenantB + "', 'x', 'security', 'U1')", want: denied},
		"worker: read the audit log":    {worker: true, statement: "SELECT event_type FROM followup.audit_logs", want: denied},
	}
	database := twoTenants(t)
	admin := connect(t, database.Admin)
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			before := rowsOfB(t, admin)
			dsn := database.Webhook
			if tc.worker {
				dsn = database.Worker
			}
			conn := connect(t, dsn)
			asTenant(t, conn, tenantA)
			_, err := conn.Exec(t.Context(), tc.statement)
			if tc.want == "" && err != nil {
				t.Errorf("error: %v", err)
			}
			if tc.want != "" && code(err) != tc.want {
				t.Errorf("error = %v, want %s", err, tc.want)
			}
			if diff := cmp.Diff(before, rowsOfB(t, admin)); diff != "" {
				t.Errorf("B's rows changed (-before +after):\n%s", diff)
			}
		})
	}
}

func rowsOfB(t *testing.T, admin *pgx.Conn) []string {
	t.Helper()
	var all []string
	for _, table := range []string{
		"followup.tenant_runtime", "followup.crm_connections", "followup.account_mappings", "followup.users", "followup.meeting_sessions", "followup.session_revisions",
		"followup.meeting_actions", "followup.vendor_gates", "followup.credential_checks", "followup.connection_tokens", "followup.announced_recordings", "followup.recording_polls",
		"followup.deliveries", "followup.audit_logs", "river.river_job",
	} {
		found := list(t, admin, "SELECT row_to_json(x)::text FROM "+table+" x WHERE x::text LIKE '%"+tenantB+"%'")
		if len(found) != 1 {
			t.Fatalf("%s has %d rows of B, want 1", table, len(found))
		}
		all = append(all, found...)
	}
	return all
}

func TestOperatorSeesNoCustomerData(t *testing.T) {
	database := twoTenants(t)
	conn := connect(t, database.Operator)
	for _, statement := range []string{
		"SELECT 1 FROM followup.users", "SELECT 1 FROM followup.meeting_sessions", "SELECT 1 FROM followup.audit_logs",
		"SELECT 1 FROM followup.session_revisions", "SELECT 1 FROM followup.meeting_actions", "SELECT 1 FROM followup.connection_tokens",
		"SELECT 1 FROM river.river_job", "SELECT delivery_key FROM followup.deliveries", "SELECT recording_id FROM followup.announced_recordings",
		"SELECT current_count FROM followup.api_rate_limits", "SELECT 1 FROM followup.login_keys",
		"DELETE FROM followup.tenants", "UPDATE followup.tenants SET slack_team_id = 'T'", "UPDATE followup.tenants SET slack_app_id = 'x'",
	} {
		if _, err := conn.Exec(t.Context(), statement); code(err) != denied {
			t.Errorf("%s: error = %v, want %s", statement, err, denied)
		}
	}
	// Of mappings it has those that it declared itself: those of the fixture are of another source.
	if found := list(t, conn, "SELECT company_name FROM followup.account_mappings"); len(found) > 0 {
		t.Errorf("the operator reads mappings %v, which it did not declare", found)
	}
	for _, statement := range []string{"UPDATE followup.account_mappings SET company_name = 'x'", "DELETE FROM followup.account_mappings"} {
		if tag, err := conn.Exec(t.Context(), statement); err != nil || tag.RowsAffected() != 0 {
			t.Errorf("%s: %d rows, %v; want none", statement, tag.RowsAffected(), err)
		}
	}
	for _, table := range []string{"followup.deliveries", "followup.api_rate_limits", "followup.announced_recordings"} {
		if tag, err := conn.Exec(t.Context(), "DELETE FROM "+table); err != nil || tag.RowsAffected() != 0 {
			t.Errorf("the sweep deleted %d rows of %s that are still needed, %v", tag.RowsAffected(), table, err)
		}
	}
}

// The owner's functions see what the directory says of a tenant, and nothing that a tenant has.
func TestOwnerIsBoundToo(t *testing.T) {
	database := twoTenants(t)
	admin := connect(t, database.Admin)
	const retire = "UPDATE followup.tenants SET subscription_status = 'cancelled', deleted_at = now() WHERE id = $1"
	if _, err := admin.Exec(t.Context(), retire, tenantB); err != nil {
		t.Fatal(err)
	}
	if _, err := admin.Exec(t.Context(), "SET ROLE followup_owner"); err != nil {
		t.Fatal(err)
	}
	sees := map[string]int{
		"followup.tenants": 1 /* live ones */, "followup.tenant_runtime": 2, "followup.crm_connections": 2, "followup.credential_checks": 2,
		"followup.users": 2, "followup.api_rate_limits": 2, // which are counted
	}
	for _, table := range list(t, admin, "SELECT oid::regclass::text FROM ("+tenantTables+") t UNION SELECT 'followup.tenants'") {
		if found := list(t, admin, "SELECT x::text FROM "+table+" x"); len(found) != sees[table] {
			t.Errorf("the owner sees %d rows of %s, want %d", len(found), table, sees[table])
		}
	}
}

func TestAuditorReadsTheAuditLogAndTombstonesOnly(t *testing.T) {
	conn := connect(t, twoTenants(t).Admin)
	if _, err := conn.Exec(t.Context(), "SET ROLE followup_auditor"); err != nil {
		t.Fatal(err)
	}
	if found := list(t, conn, "SELECT event_type FROM followup.audit_logs ORDER BY 1"); !slices.Equal(found, []string{"alpha", "bravo"}) {
		t.Errorf("audit log = %v, want both tenants' records", found)
	}
	if len(readable(t, conn)) != 2 {
		t.Errorf("the auditor reads %v", readable(t, conn))
	}
}
