package schema_test

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/followup-dev/followup-operator/internal/schema"
	"github.com/followup-dev/followup-operator/test/postgres"
)

func TestLoginsLetEachRoleIn(t *testing.T) {
	server := postgres.Start(t)
	url := server.New(t).Admin
	config, err := pgx.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	pairs := fmt.Sprintf("host=%s dbname=%s user=%s password=%s", config.Host, config.Database, config.User, config.Password)
	for form, adminDSN := range map[string]string{
		"URL":                  url,
		"key=value pairs":      pairs,
		"URL with a user of ?": fmt.Sprintf("postgres:///%s?host=%s&user=%s&password=%s", config.Database, config.Host, config.User, config.Password),
	} {
		logins, err := schema.Logins(t.Context(), adminDSN)
		if err != nil {
			t.Fatalf("%s: %v", form, err)
		}
		for role, dsn := range map[string]string{"followup_operator": logins.Operator, "followup_webhook": logins.Webhook, "followup_worker": logins.Worker} {
			if got := list(t, connect(t, dsn), "SELECT current_database() || ' ' || session_user"); got[0] != config.Database+" "+role {
				t.Errorf("%s: logged in to %q, want %q", form, got[0], config.Database+" "+role)
			}
		}
	}
}

func TestLoginsAreTheSameEachTimeAndRepaired(t *testing.T) {
	server := postgres.Start(t)
	adminDSN := server.New(t).Admin
	before, err := schema.Logins(t.Context(), adminDSN)
	if err != nil {
		t.Fatal(err)
	}
	for _, damage := range []string{"SELECT 1", "ALTER ROLE followup_webhook PASSWORD 'another'", "ALTER ROLE followup_webhook PASSWORD NULL"} {
		if _, err := connect(t, adminDSN).Exec(t.Context(), damage); err != nil {
			t.Fatal(err)
		}
		after, err := schema.Logins(t.Context(), adminDSN)
		if err != nil {
			t.Fatal(err)
		}
		if after != before {
			t.Errorf("after %s: other logins than before", damage)
		}
		connect(t, after.Webhook)
	}
}

func TestPasswordsAreKeptFromTheServersLog(t *testing.T) {
	server, adminDSN := newServer(t, "log_statement=all", "log_connections=on", "log_min_duration_statement=0")
	if err := schema.Migrate(t.Context(), adminDSN, quiet); err != nil {
		t.Fatal(err)
	}
	logins, err := schema.Logins(t.Context(), adminDSN)
	if err != nil {
		t.Fatal(err)
	}
	log := server.Log(t)
	if !strings.Contains(log, "ALTER ROLE followup_webhook PASSWORD") {
		t.Fatal("the log does not show the statements: this test proves nothing")
	}
	for _, dsn := range []string{logins.Operator, logins.Webhook, logins.Worker} {
		config, err := pgx.ParseConfig(dsn)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(log, config.Password) {
			t.Errorf("the password of %s is in the server's log", config.User)
		}
	}
	key := list(t, connect(t, adminDSN), "SELECT encode(key, 'hex') FROM followup.login_keys")
	if strings.Contains(log, key[0]) {
		t.Error("the key of the passwords is in the server's log")
	}
	expectNone(t, connect(t, adminDSN), `
		SELECT rolname || ': not a SCRAM verifier' FROM pg_authid
		WHERE rolname LIKE 'followup%' AND rolcanlogin AND coalesce(rolpassword, '') NOT LIKE 'SCRAM-SHA-256$4096:%'`)
}

func TestLoginsPrintNoPassword(t *testing.T) {
	logins := schema.LoginDSNs{Operator: "s3cret", Webhook: "s3cret", Worker: "s3cret"}
	var text strings.Builder
	slog.New(slog.NewJSONHandler(&text, nil)).Info("logins", "logins", logins)
	fmt.Fprintf(&text, "%v %+v %#v %s", logins, logins, logins, &logins)
	if strings.Contains(text.String(), "s3cret") {
		t.Errorf("printed: %s", text.String())
	}
}
