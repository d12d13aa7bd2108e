package schema_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/followup-dev/followup-operator/test/postgres"
)

// connect returns a connection that ends with the test.
func connect(t *testing.T, dsn string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(t.Context()) })
	return conn
}

// list runs a query of one text column.
func list(t *testing.T, conn *pgx.Conn, query string, args ...any) []string {
	t.Helper()
	rows, _ := conn.Query(t.Context(), query, args...)
	texts, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return texts
}

func catalogue(t *testing.T) *pgx.Conn {
	t.Helper()
	return connect(t, postgres.New(t).Admin)
}

// expectNone fails with the rows of a query that should have none.
func expectNone(t *testing.T, conn *pgx.Conn, query string) {
	t.Helper()
	for _, found := range list(t, conn, query) {
		t.Error(found)
	}
}

// tenantTables are all tables and partitions that have a tenant_id.
const tenantTables = `
	SELECT c.* FROM pg_class c
	JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
	WHERE c.relnamespace IN ('followup'::regnamespace, 'river'::regnamespace) AND c.relkind IN ('r', 'p')`

func TestEveryTableIsOfATenantOrKnownNotToBe(t *testing.T) {
	got := list(t, catalogue(t), `
		SELECT c.oid::regclass::text FROM pg_class c
		WHERE c.relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace, 'pg_toast'::regnamespace)
		  AND c.relkind IN ('r', 'p') AND c.oid NOT IN (SELECT oid FROM (`+tenantTables+`) t)
		ORDER BY 1`)
	want := []string{
		"followup.goose_db_version",
		"followup.login_keys", // the owner's alone
		"followup.tenants",    // the tenants themselves: read by the operator and the directory functions
		"river.river_job",     // by args->>'tenant_id'
		"river.river_leader",
		"river.river_migration",
		"river.river_notification",
		"river.river_queue",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tables without tenant_id (-want +got):\n%s", diff)
	}
}

func TestRowLevelSecurityIsForced(t *testing.T) {
	expectNone(t, catalogue(t), `
		SELECT c.oid::regclass || ': row-level security is not enabled and forced'
		FROM (SELECT oid, relrowsecurity, relforcerowsecurity FROM (`+tenantTables+`) t
		      UNION SELECT oid, relrowsecurity, relforcerowsecurity FROM pg_class
		      WHERE oid IN ('followup.tenants'::regclass, 'river.river_job'::regclass)) c
		WHERE NOT (c.relrowsecurity AND c.relforcerowsecurity)`)
}

const isolation = "ALL {followup_webhook,followup_worker} USING (tenant_id = (current_setting('app.tenant_id'::text))::uuid)"

const erasure = "ALL {followup_owner} USING (tenant_id IN ( SELECT tenants.id\n   FROM followup.tenants\n  WHERE (tenants.erasing_at IS NOT NULL)))"

// The policies are known to the letter: each table has the isolation, and what lets a role see more is listed here.
func TestPolicies(t *testing.T) {
	conn := catalogue(t)
	want := map[string]string{
		"followup.tenants operator":                    "ALL {followup_operator} USING true",
		"followup.tenants directory":                   "SELECT {followup_owner} USING (deleted_at IS NULL)",
		"followup.tenants erasure":                     "ALL {followup_owner} USING (erasing_at IS NOT NULL)",
		"followup.tenant_tombstones operator":          "SELECT {followup_operator} USING true",
		"followup.tenant_tombstones auditor":           "SELECT {followup_auditor} USING true",
		"followup.tenant_runtime operator":             "ALL {followup_operator} USING true",
		"followup.tenant_runtime directory":            "SELECT {followup_owner} USING true",
		"followup.crm_connections operator":            "ALL {followup_operator} USING true",
		"followup.account_mappings declared":           "ALL {followup_operator} USING (mapping_source = 'manual'::text)",
		"followup.account_mappings not_declared_by_us": "INSERT {followup_worker} USING  WITH CHECK (mapping_source <> 'manual'::text) RESTRICTIVE",
		"followup.account_mappings not_removed_by_us":  "DELETE {followup_worker} USING (mapping_source <> 'manual'::text) RESTRICTIVE",
		"followup.credential_checks operator":          "SELECT {followup_operator} USING true",
		"followup.credential_checks checks":            "SELECT {followup_owner} USING true",
		"followup.crm_connections checks":              "SELECT {followup_owner} USING (deleted_at IS NULL)",
		"followup.deliveries sweep":                    "ALL {followup_operator} USING (expires_at < now())",
		"followup.announced_recordings sweep":          "ALL {followup_operator} USING (created_at < (now() - '90 days'::interval))",
		"followup.api_rate_limits sweep":               "ALL {followup_operator} USING (period_end < (now() - '2 mons'::interval))",
		"followup.api_rate_limits usage":               "SELECT {followup_owner} USING true",
		"followup.users usage":                         "SELECT {followup_owner} USING true",
		"followup.audit_logs auditor":                  "SELECT {followup_auditor} USING true",
		"river.river_job tenant_isolation": "ALL {followup_webhook} USING " +
			"((args ->> 'tenant_id'::text) = ((current_setting('app.tenant_id'::text))::uuid)::text)",
		"river.river_job worker":    "ALL {followup_worker} USING true",
		"river.river_job migration": "ALL {followup_owner} USING true",
	}
	for _, table := range list(t, conn, "SELECT oid::regclass::text FROM ("+tenantTables+") t") {
		if table != "followup.tenant_tombstones" { // of tenants that nobody works for any more
			want[table+" tenant_isolation"] = isolation
		}
	}
	// Without it the rows of a table outlive their tenant's erasure, and stop it.
	for _, table := range list(t, conn, "SELECT oid::regclass::text FROM ("+tenantTables+") t WHERE NOT relispartition") {
		want[table+" erasure"] = erasure
	}
	got := map[string]string{}
	for _, policy := range list(t, conn, `
		SELECT format('%s.%s %s|%s %s USING %s%s%s', schemaname, tablename, policyname, cmd, roles, qual,
		              ' WITH CHECK ' || with_check, CASE WHEN permissive <> 'PERMISSIVE' THEN ' ' || permissive END)
		FROM pg_policies`) {
		name, text, _ := strings.Cut(policy, "|")
		got[name] = text
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("policies (-want +got):\n%s", diff)
	}
}

// A key that another tenant's row can collide with tells of that row. The exceptions are not unique: by them the operator
// finds what an object has declared, and what has expired, of whatever tenant.
func TestKeysAndIndexesLeadWithTheTenant(t *testing.T) {
	conn := catalogue(t)
	expectNone(t, conn, `
		SELECT i.indexrelid::regclass || ': does not lead with tenant_id'
		FROM (`+tenantTables+`) t JOIN pg_index i ON i.indrelid = t.oid
		JOIN pg_attribute a ON a.attrelid = t.oid AND a.attname = 'tenant_id'
		WHERE i.indkey[0] <> a.attnum
		  AND (i.indisunique OR i.indexrelid::regclass::text NOT IN ('followup.crm_connections_owner', 'followup.deliveries_expires_at', 'followup.api_rate_limits_period_end'))`)
	expectNone(t, conn, `
		SELECT k.conname || ': a foreign key that does not lead with tenant_id on both sides'
		FROM (`+tenantTables+`) t JOIN pg_constraint k ON k.conrelid = t.oid AND k.contype = 'f'
		JOIN pg_attribute here ON here.attrelid = k.conrelid AND here.attnum = k.conkey[1]
		JOIN pg_attribute there ON there.attrelid = k.confrelid AND there.attnum = k.confkey[1]
		WHERE here.attname <> 'tenant_id'
		   OR there.attname <> CASE WHEN k.confrelid = 'followup.tenants'::regclass THEN 'id' ELSE 'tenant_id' END`)
}

// Under row-level security only leakproof operators may use an index. Those of enums, numeric and jsonb are not.
func TestIndexedTypesAreLeakproof(t *testing.T) {
	expectNone(t, catalogue(t), `
		SELECT format('%s: type %s of column %s has no leakproof operators', i.indexrelid::regclass, o.opcintype::regtype, k.n)
		FROM (`+tenantTables+`) t JOIN pg_index i ON i.indrelid = t.oid,
		LATERAL unnest(i.indclass::oid[]) WITH ORDINALITY k (opclass, n)
		JOIN pg_opclass o ON o.oid = k.opclass
		WHERE NOT (SELECT bool_and(p.proleakproof) FROM pg_amop s
		           JOIN pg_operator op ON op.oid = s.amopopr JOIN pg_proc p ON p.oid = op.oprcode
		           WHERE s.amopfamily = o.opcfamily AND s.amoplefttype = o.opcintype AND s.amoprighttype = o.opcintype)`)
}

func TestNoEnumsAndNothingThatReadsAsItsOwner(t *testing.T) {
	conn := catalogue(t)
	expectNone(t, conn, `
		SELECT oid::regtype || ': an enum, where text with a CHECK is leakproof' FROM pg_type
		WHERE typtype = 'e' AND typnamespace = 'followup'::regnamespace`)
	expectNone(t, conn, `
		SELECT oid::regclass || ': a view or materialized view, which could show all tenants' FROM pg_class
		WHERE relkind IN ('v', 'm') AND relnamespace IN ('followup'::regnamespace, 'river'::regnamespace, 'public'::regnamespace)`)
}

// A trigger works out of sight of the statement, so there is but one.
func TestTriggers(t *testing.T) {
	got := list(t, catalogue(t), `
		SELECT pg_get_triggerdef(oid) FROM pg_trigger
		WHERE NOT tgisinternal AND tgrelid IN (SELECT oid FROM pg_class WHERE relnamespace IN ('followup'::regnamespace, 'river'::regnamespace))`)
	want := []string{
		"CREATE TRIGGER follow_admission BEFORE INSERT ON river.river_job FOR EACH ROW" +
			" WHEN ((current_setting('app.admission'::text, true) <> ''::text)) EXECUTE FUNCTION followup.follow_admission()",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("triggers (-want +got):\n%s", diff)
	}
}

func TestFunctions(t *testing.T) {
	got := list(t, catalogue(t), `
		SELECT format('%s owner=%s definer=%s config=%s acl=%s', oid::regprocedure, proowner::regrole, prosecdef, proconfig, proacl)
		FROM pg_proc WHERE pronamespace IN ('followup'::regnamespace, 'river'::regnamespace, 'public'::regnamespace) ORDER BY 1`)
	const directory = `config={"search_path=pg_catalog, pg_temp",row_security=on}`
	want := []string{
		`followup.app_checks(text,text) owner=followup_owner definer=t ` + directory +
			` acl={followup_owner=X/followup_owner,followup_webhook=X/followup_owner}`,
		`followup.declared_mappings_digest(uuid,uuid) owner=followup_owner definer=f ` + directory +
			` acl={followup_owner=X/followup_owner,followup_operator=X/followup_owner}`,
		`followup.ensure_audit_partitions() owner=followup_owner definer=t config={"search_path=pg_catalog, pg_temp"}` +
			` acl={followup_owner=X/followup_owner,followup_operator=X/followup_owner}`,
		`followup.erase_some(uuid,integer,interval) owner=followup_owner definer=t ` + directory +
			` acl={followup_owner=X/followup_owner,followup_operator=X/followup_owner}`,
		`followup.finish_erasure(uuid) owner=followup_owner definer=t ` + directory +
			` acl={followup_owner=X/followup_owner,followup_operator=X/followup_owner}`,
		`followup.follow_admission() owner=followup_owner definer=f config= acl={followup_owner=X/followup_owner}`,
		`followup.tenant_app(uuid) owner=followup_owner definer=t ` + directory +
			` acl={followup_owner=X/followup_owner,followup_webhook=X/followup_owner}`,
		`followup.tenant_directory(text,text) owner=followup_owner definer=t ` + directory +
			` acl={followup_owner=X/followup_owner,followup_webhook=X/followup_owner}`,
		`followup.tenant_directory_entry(text,text,uuid) owner=followup_owner definer=t ` + directory +
			` acl={followup_owner=X/followup_owner,followup_webhook=X/followup_owner}`,
		`followup.tenant_usage(text) owner=followup_owner definer=t ` + directory +
			` acl={followup_owner=X/followup_owner,followup_operator=X/followup_owner}`,
		`river.river_job_state_in_bitmask(bit,river.river_job_state) owner=followup_owner definer=f config=` +
			` acl={followup_owner=X/followup_owner,followup_webhook=X/followup_owner,followup_worker=X/followup_owner}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("functions (-want +got):\n%s", diff)
	}
}

func TestRolesCannotStepAroundRowLevelSecurity(t *testing.T) {
	conn := catalogue(t)
	got := list(t, conn, `
		SELECT format('%s login=%s super=%s bypassrls=%s createrole=%s createdb=%s replication=%s', rolname, rolcanlogin,
		              rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication)
		FROM pg_roles WHERE rolname LIKE 'followup%' ORDER BY 1`)
	var want []string
	for _, role := range []string{"auditor login=f", "operator login=t", "owner login=f", "webhook login=t", "worker login=t"} {
		want = append(want, "followup_"+role+" super=f bypassrls=f createrole=f createdb=f replication=f")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("roles (-want +got):\n%s", diff)
	}
	expectNone(t, conn, `
		SELECT format('%s is a member of %s', member::regrole, roleid::regrole) FROM pg_auth_members
		WHERE member::regrole::text LIKE 'followup%' OR roleid::regrole::text LIKE 'followup%'`)
	expectNone(t, conn, `
		SELECT format('%s is owned by %s', oid::regclass, relowner::regrole) FROM pg_class
		WHERE relnamespace IN ('followup'::regnamespace, 'river'::regnamespace) AND relowner <> 'followup_owner'::regrole`)
}

// What each role may do, in full: a grant is added here with the code that needs it.
func TestGrants(t *testing.T) {
	got := list(t, catalogue(t), `
		WITH relation AS (SELECT oid, relname, relacl, relnamespace FROM pg_class WHERE relnamespace IN ('followup'::regnamespace, 'river'::regnamespace)
		), granted AS (
			SELECT r.oid, x.grantee, x.privilege_type || CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END AS privilege
			FROM relation r, aclexplode(r.relacl) x
			UNION ALL
			SELECT r.oid, x.grantee, format('%s (%s)', x.privilege_type, string_agg(a.attname, ', ' ORDER BY a.attnum))
			FROM relation r JOIN pg_attribute a ON a.attrelid = r.oid, aclexplode(a.attacl) x
			GROUP BY r.oid, x.grantee, x.privilege_type
		)
		SELECT format('%s %s: %s', CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END, oid::regclass,
		              string_agg(privilege, ', ' ORDER BY privilege))
		FROM granted WHERE grantee <> 'followup_owner'::regrole GROUP BY grantee, oid ORDER BY 1`)
	want := []string{
		"followup_auditor followup.audit_logs: SELECT",
		"followup_auditor followup.tenant_tombstones: SELECT",

		"followup_operator followup.account_mappings: DELETE, INSERT (tenant_id, crm_connection_id, email_domain, mapping_source, company_name), " +
			"SELECT (tenant_id, crm_connection_id, email_domain, mapping_source, company_name), UPDATE (company_name, crm_account_id, updated_at)",
		"followup_operator followup.announced_recordings: DELETE, SELECT (ctid, tenant_id, created_at)",
		"followup_operator followup.api_rate_limits: DELETE, SELECT (ctid, period_end)",
		"followup_operator followup.credential_checks: SELECT",
		"followup_operator followup.crm_connections: INSERT, SELECT, UPDATE (provider_type, connection_name, credentials_secret_id, status, owner_cluster, owner_uid, owner_namespace, owner_name, applied_digest, updated_at, deleted_at, account_mappings_digest)",
		"followup_operator followup.deliveries: DELETE, SELECT (ctid, expires_at)",
		"followup_operator followup.goose_db_version: SELECT",
		"followup_operator followup.tenant_runtime: INSERT (tenant_id, held, draining, trial_ends_at, minute_limit, quotas), SELECT (tenant_id, held, draining, trial_ends_at, minute_limit, quotas, slack_token_digest, slack_installed_at, slack_disconnected_at, slack_disconnect_reason), UPDATE (held, draining, trial_ends_at, minute_limit, quotas, slack_token_digest, slack_installed_at, slack_disconnected_at, slack_disconnect_reason)",
		"followup_operator followup.tenant_tombstones: SELECT",
		"followup_operator followup.tenants: INSERT, SELECT, UPDATE (slack_team_name, plan_tier, subscription_status, timezone, locale, meeting_visibility, slack_bot_token_secret_id, fathom_secret_id, ai_secret_id, owner_cluster, owner_uid, owner_namespace, owner_name, applied_digest, updated_at, deleted_at, erasing_at)",
		"followup_operator river.river_migration: SELECT",

		"followup_webhook followup.audit_logs: INSERT (tenant_id, event_type, event_category, actor_slack_id)",
		"followup_webhook followup.deliveries: INSERT (tenant_id, delivery_key, expires_at), SELECT (tenant_id, delivery_key)",
		"followup_webhook followup.goose_db_version: SELECT",
		"followup_webhook followup.tenant_runtime: SELECT (tenant_id, held, draining, trial_ends_at, minute_limit, quotas, minute, used, virtual_next, slack_installed_at, slack_disconnected_at), UPDATE (minute, used, virtual_next, slack_disconnected_at, slack_disconnect_reason)",
		"followup_webhook river.river_job: INSERT, SELECT, UPDATE (kind)",
		"followup_webhook river.river_job_id_seq: USAGE",
		"followup_webhook river.river_migration: SELECT",

		"followup_worker followup.account_mappings: DELETE, INSERT (tenant_id, crm_connection_id, email_domain, mapping_source, company_name, crm_account_id, created_by), " +
			"SELECT, UPDATE (crm_account_id, times_used, last_used_at, created_by, updated_at)",
		"followup_worker followup.announced_recordings: DELETE, INSERT (tenant_id, recording_id, created_at), SELECT",
		"followup_worker followup.api_rate_limits: INSERT, SELECT, UPDATE (current_count)",
		"followup_worker followup.audit_logs: INSERT (tenant_id, event_type, event_category, actor_slack_id)",
		"followup_worker followup.connection_tokens: INSERT (tenant_id, connection_id, subject), SELECT, UPDATE (access_token, refresh_token, expires_at, declared_digest)",
		"followup_worker followup.credential_checks: INSERT (tenant_id, subject, digest, attempt, verdict, code), SELECT, " +
			"UPDATE (digest, attempt, verdict, code, checked_at, changed_at)",
		"followup_worker followup.crm_connections: SELECT (tenant_id, id, provider_type, connection_name, credentials_secret_id, status, owner_name, created_at, " +
			"needs_reauth_digest, needs_reauth_at, last_error_code, last_error_at, last_success_at), UPDATE (needs_reauth_digest, needs_reauth_at, last_error_code, last_error_at, last_success_at)",
		"followup_worker followup.deliveries: INSERT (tenant_id, delivery_key, expires_at), SELECT (tenant_id, delivery_key)",
		"followup_worker followup.goose_db_version: SELECT",
		"followup_worker followup.meeting_actions: INSERT (tenant_id, action_key, session_id, actor_slack_id, kind, target, revision, input), SELECT, " +
			"UPDATE (input, state, lease_holder, lease_until, external_id, url, reason, updated_at)",
		"followup_worker followup.meeting_sessions: INSERT (tenant_id, user_id, fathom_recording_id, fathom_created_at, fathom_meeting_title, fathom_meeting_date, fathom_duration_minutes, fathom_participants, fathom_url, attendees), SELECT, " +
			"UPDATE (fathom_created_at, fathom_meeting_title, fathom_meeting_date, fathom_duration_minutes, fathom_participants, fathom_url, updated_at, attendees, revision, card_channel, card_ts, crm_match)",
		"followup_worker followup.recording_polls: INSERT (tenant_id), SELECT",
		"followup_worker followup.session_revisions: INSERT (tenant_id, session_id, number, edited, model, texts), SELECT", // and nothing that would change one
		"followup_worker followup.tenant_runtime: SELECT (tenant_id, held, draining, trial_ends_at, quotas), UPDATE (virtual_next)",
		"followup_worker followup.users: INSERT (tenant_id, slack_user_id, slack_email, slack_real_name, refreshed_at), SELECT, UPDATE (slack_email, slack_real_name, email_tone, refreshed_at, last_active_at)",
		"followup_worker followup.vendor_gates: INSERT, SELECT, UPDATE (closed_until)",
		"followup_worker river.river_job: DELETE, INSERT, SELECT, UPDATE",
		"followup_worker river.river_job_id_seq: USAGE",
		"followup_worker river.river_leader: DELETE, INSERT, SELECT, UPDATE",
		"followup_worker river.river_migration: SELECT",
		"followup_worker river.river_notification: DELETE, INSERT, SELECT, UPDATE",
		"followup_worker river.river_notification_id_seq: USAGE",
		"followup_worker river.river_queue: DELETE, INSERT, SELECT, UPDATE",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("grants (-want +got):\n%s", diff)
	}
}

func TestPublicHasNothing(t *testing.T) {
	conn := catalogue(t)
	expectNone(t, conn, `
		SELECT format('PUBLIC may %s in the database', privilege)
		FROM unnest(ARRAY['CONNECT', 'CREATE', 'TEMPORARY']) privilege
		WHERE has_database_privilege('public', current_database(), privilege)`)
	expectNone(t, conn, `
		SELECT format('%s may CREATE in schema %s', role, nspname)
		FROM pg_namespace, unnest(ARRAY['public', 'followup_operator', 'followup_webhook', 'followup_worker', 'followup_auditor']) role
		WHERE nspname IN ('followup', 'river', 'public') AND has_schema_privilege(role, nspname, 'CREATE')`)
	expectNone(t, conn, `
		SELECT format('PUBLIC may use schema %s', nspname) FROM pg_namespace
		WHERE nspname IN ('followup', 'river') AND has_schema_privilege('public', nspname, 'USAGE')`)
}
