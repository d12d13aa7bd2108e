package schema_test

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/followup-dev/followup-operator/internal/schema"
	"github.com/followup-dev/followup-operator/test/postgres"
)

var quiet = slog.New(slog.DiscardHandler)

// newServer returns a server without our roles, as one is before the first installation, with an empty database.
func newServer(t *testing.T, settings ...string) (server *postgres.Server, adminDSN string) {
	t.Helper()
	server = postgres.Start(t, settings...)
	admin := connect(t, server.Admin("postgres"))
	for _, statement := range append([]string{"DROP DATABASE followup_template"}, append(
		list(t, admin, "SELECT 'DROP ROLE ' || rolname FROM pg_roles WHERE rolname LIKE 'followup%'"), "CREATE DATABASE fresh")...) {
		if _, err := admin.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	return server, server.Admin("fresh")
}

func TestReplicasMigrateAnEmptyDatabaseTogether(t *testing.T) {
	_, adminDSN := newServer(t)
	logins := make([]schema.LoginDSNs, 4)
	var replicas errgroup.Group
	for i := range logins {
		replicas.Go(func() (err error) {
			if err := schema.Migrate(t.Context(), adminDSN, quiet); err != nil {
				return err
			}
			logins[i], err = schema.Logins(t.Context(), adminDSN)
			return err
		})
	}
	if err := replicas.Wait(); err != nil {
		t.Fatal(err)
	}
	for _, got := range logins[1:] {
		if got != logins[0] {
			t.Error("replicas were given different logins")
		}
	}
	for _, dsn := range []string{logins[0].Operator, logins[0].Webhook, logins[0].Worker} {
		if err := schema.Check(t.Context(), dsn); err != nil {
			t.Error(err)
		}
	}
	expectNone(t, connect(t, adminDSN), `
		SELECT format('version %s is recorded %s times', version_id, count(*)) FROM followup.goose_db_version
		GROUP BY version_id HAVING count(*) > 1`)
}

// A managed Postgres gives its customer no superuser.
func TestMigrateNeedsNoSuperuser(t *testing.T) {
	server, _ := newServer(t)
	root := connect(t, server.Admin("postgres"))
	for _, statement := range []string{"CREATE ROLE dba LOGIN CREATEROLE PASSWORD 'dba'", "CREATE DATABASE managed OWNER dba"} {
		if _, err := root.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	dba := strings.Replace(server.Admin("managed"), "postgres:tests-only@", "dba:dba@", 1)
	for range 2 {
		if err := schema.Migrate(t.Context(), dba, quiet); err != nil {
			t.Fatal(err)
		}
		logins, err := schema.Logins(t.Context(), dba)
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Check(t.Context(), logins.Webhook); err != nil {
			t.Error(err)
		}
	}
}

// An event trigger refuses all DDL in the database; what all databases share is compared.
func TestMigratingAgainSendsNoDDL(t *testing.T) {
	adminDSN := postgres.New(t).Admin
	admin := connect(t, adminDSN)
	_, err := admin.Exec(t.Context(), `
		CREATE FUNCTION public.refuse() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'DDL: %', tg_tag; END $$;
		CREATE EVENT TRIGGER refuse ON ddl_command_start EXECUTE FUNCTION public.refuse()`)
	if err != nil {
		t.Fatal(err)
	}
	const shared = `
		SELECT format('role %s %s', rolname, xmin) FROM pg_authid
		UNION ALL SELECT format('member %s %s', member, xmin) FROM pg_auth_members
		UNION ALL SELECT format('database %s %s', datname, xmin) FROM pg_database WHERE datname = current_database()
		ORDER BY 1`
	before := list(t, admin, shared)

	if err := schema.Migrate(t.Context(), adminDSN, quiet); err != nil {
		t.Error(err)
	}
	if _, err := schema.Logins(t.Context(), adminDSN); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(before, list(t, admin, shared)); diff != "" {
		t.Errorf("roles and databases (-before +after):\n%s", diff)
	}
}

func TestMigrateRefusesARoleThatCouldStepAroundIsolation(t *testing.T) {
	server := postgres.Start(t)
	adminDSN := server.New(t).Admin
	admin := connect(t, adminDSN)
	tests := map[string]struct{ do, undo string }{
		"bypass row-level security": {"ALTER ROLE followup_webhook BYPASSRLS", "ALTER ROLE followup_webhook NOBYPASSRLS"},
		"superuser":                 {"ALTER ROLE followup_webhook SUPERUSER", "ALTER ROLE followup_webhook NOSUPERUSER"},
		"make roles":                {"ALTER ROLE followup_webhook CREATEROLE", "ALTER ROLE followup_webhook NOCREATEROLE"},
		"replicate":                 {"ALTER ROLE followup_webhook REPLICATION", "ALTER ROLE followup_webhook NOREPLICATION"},
		"act as another of ours":    {"GRANT followup_operator TO followup_webhook", "REVOKE followup_operator FROM followup_webhook"},
		"act as the owner":          {"GRANT followup_owner TO followup_webhook", "REVOKE followup_owner FROM followup_webhook"},
		"act as one that bypasses":  {"CREATE ROLE backup BYPASSRLS; GRANT backup TO followup_webhook", "DROP ROLE backup"},
		"act as one through another": {
			"CREATE ROLE backup BYPASSRLS; CREATE ROLE team; GRANT backup TO team; GRANT team TO followup_webhook", "DROP ROLE team; DROP ROLE backup",
		},
		"act as a superuser": {"GRANT postgres TO followup_webhook", "REVOKE postgres FROM followup_webhook"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if _, err := admin.Exec(t.Context(), tc.do); err != nil {
				t.Fatal(err)
			}
			err := schema.Migrate(t.Context(), adminDSN, quiet)
			if err == nil || !strings.Contains(err.Error(), "followup_webhook") {
				t.Errorf("error = %v, want one that names the role", err)
			}
			if _, err := admin.Exec(t.Context(), tc.undo); err != nil {
				t.Fatal(err)
			}
		})
	}
	if err := schema.Migrate(t.Context(), adminDSN, quiet); err != nil {
		t.Errorf("with the roles put right: %v", err)
	}
}

func TestCheck(t *testing.T) {
	tests := map[string]struct {
		change string
		want   *schema.VersionError // but for Want; nil is none
	}{
		"never migrated": {"DROP SCHEMA followup CASCADE", &schema.VersionError{Schema: "followup", Have: 0}},
		"older":          {"DELETE FROM followup.goose_db_version WHERE version_id > 1", &schema.VersionError{Schema: "followup", Have: 1}},
		"newer":          {"INSERT INTO followup.goose_db_version (version_id, is_applied) VALUES (999, true)", nil},
		"older River":    {"DELETE FROM river.river_migration WHERE version > 1", &schema.VersionError{Schema: "river", Have: 1}},
		"newer River":    {"INSERT INTO river.river_migration (line, version) VALUES ('main', 999)", nil},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			database := postgres.New(t)
			if err := schema.Check(t.Context(), database.Webhook); err != nil {
				t.Fatalf("before: %v", err)
			}
			if _, err := connect(t, database.Admin).Exec(t.Context(), tc.change); err != nil {
				t.Fatal(err)
			}
			err := schema.Check(t.Context(), database.Webhook)
			if tc.want == nil {
				if err != nil {
					t.Errorf("error = %v, want none", err)
				}
				return
			}
			got := (*schema.VersionError)(nil)
			if !errors.As(err, &got) {
				t.Fatalf("error = %v, want a VersionError", err)
			}
			tc.want.Want = got.Want
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
			if !strings.Contains(err.Error(), "run `operator migrate`") || !strings.Contains(err.Error(), fmt.Sprint(got.Want)) {
				t.Errorf("error = %q, want the version needed and how to get there", err)
			}
		})
	}
}

// A database that is away is not one to migrate.
func TestCheckOfAnAbsentDatabase(t *testing.T) {
	server := postgres.Start(t)
	dsn := server.New(t).Webhook
	server.Stop()
	err := schema.Check(t.Context(), dsn)
	if version := (*schema.VersionError)(nil); err == nil || errors.As(err, &version) {
		t.Errorf("error = %v, want one about the connection", err)
	}
}

// pgx quotes a DSN that it can't read, and hides the password only where it finds it.
func TestAnUnreadableDSNIsNotRepeated(t *testing.T) {
	calls := map[string]func(dsn string) error{
		"Migrate": func(dsn string) error { return schema.Migrate(t.Context(), dsn, quiet) },
		"Logins": func(dsn string) error {
			_, err := schema.Logins(t.Context(), dsn)
			return err
		},
		"Check": func(dsn string) error { return schema.Check(t.Context(), dsn) },
	}
	for name, call := range calls {
		for _, dsn := range []string{"postgres://admin:s3cret@host:port/db", "host=h pasword=s3cret port=x", "host=h password = 's3cret"} {
			err := call(dsn)
			if err == nil || strings.Contains(err.Error(), "s3cret") || !strings.Contains(err.Error(), "DSN: not a postgres:// URL") {
				t.Errorf("%s of %q: error = %v, want one that does not repeat the DSN", name, dsn, err)
			}
		}
	}
}
