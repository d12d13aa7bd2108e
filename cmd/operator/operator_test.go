package main

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/followup-dev/followup-operator/internal/schema"
	"github.com/followup-dev/followup-operator/test/postgres"
)

func TestMigrateWritesLoginsThatManageCanUse(t *testing.T) {
	server := postgres.Start(t)
	conn, err := pgx.Connect(t.Context(), server.Admin("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), "CREATE DATABASE fresh"); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	admin := filepath.Join(dir, "admin")
	if err := os.WriteFile(admin, []byte(server.Admin("fresh")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}

	var log bytes.Buffer
	for range 2 { // a restart migrates again, and changes nothing
		err := run(t.Context(), []string{"migrate", "--admin-dsn-file", admin, "--logins-dir", dir}, slog.New(slog.NewJSONHandler(&log, nil)))
		if err != nil {
			t.Fatal(err)
		}
	}
	logins, err := readLogins(dir)
	if err != nil {
		t.Fatal(err)
	}
	for role, dsn := range map[string]string{
		"followup_operator": logins.operator.Reveal(), "followup_webhook": logins.webhook.Reveal(), "followup_worker": logins.worker.Reveal(),
	} {
		if err := schema.Check(t.Context(), dsn); err != nil {
			t.Errorf("%s: %v", role, err)
		}
		config, err := pgx.ParseConfig(dsn)
		if err != nil || config.User != role {
			t.Fatalf("login of %s: user %q, error %v", role, config.User, err)
		}
		if config.Password == "" || strings.Contains(log.String(), config.Password) {
			t.Errorf("%s: no password, or it is in the log", role)
		}
	}
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(left) != 4 {
		t.Errorf("files %v, %v", left, err)
	}
	info, err := os.Stat(filepath.Join(dir, operatorLogin))
	if err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestMigrateSaysWhatItNeeds(t *testing.T) {
	for _, args := range [][]string{nil, {"--logins-dir=x"}, {"--admin-dsn-file=x"}, {"--admin-dsn-file=x", "--logins-dir=x", "more"}} {
		err := migrate(t.Context(), args, io.Discard, slog.New(slog.DiscardHandler))
		if err == nil || !strings.Contains(err.Error(), "--admin-dsn-file and --logins-dir are required") {
			t.Errorf("migrate %v: %v", args, err)
		}
	}
	err := migrate(t.Context(), []string{"--help"}, io.Discard, slog.New(slog.DiscardHandler))
	if !errors.Is(err, flag.ErrHelp) {
		t.Errorf("migrate --help: %v", err)
	}
}

func TestManageWantsLogins(t *testing.T) {
	err := run(t.Context(), []string{
		"--logins-dir", t.TempDir(), "--operator-namespace=ns", "--webhook-image=i", "--webhook-cluster-role=r",
	}, slog.New(slog.DiscardHandler))
	if err == nil || !strings.Contains(err.Error(), "has `operator migrate` run?") {
		t.Errorf("error %v", err)
	}
}

func TestParseConfig(t *testing.T) {
	t.Setenv("POD_NAMESPACE", "followup-system")
	got, err := parseConfig([]string{
		"--leader-elect", "--logins-dir=/run/logins", "--webhook-image=webhook:v1", "--webhook-cluster-role=webhook",
		"--slack-api-url=http://slack/api/", "--fathom-api-url=http://fathom", "--google-token-url=http://google/token",
	}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	want := config{
		loginsDir: "/run/logins", operatorNamespace: "followup-system", webhookImage: "webhook:v1", webhookClusterRole: "webhook",
		leaderElect: true, metricsBindAddress: ":8080", healthProbeBindAddress: ":8081",
		planBindAddress: "127.0.0.1:8082",
		vendorFlags:     []string{"--slack-api-url=http://slack/api/", "--fathom-api-url=http://fathom", "--google-token-url=http://google/token"},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(config{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	t.Setenv("POD_NAMESPACE", "")
	_, err = parseConfig(nil, io.Discard)
	for _, name := range []string{"logins-dir", "operator-namespace", "webhook-image", "webhook-cluster-role"} {
		if err == nil || !strings.Contains(err.Error(), "--"+name+" is required") {
			t.Errorf("error %v does not ask for --%s", err, name)
		}
	}
	if _, err := parseConfig([]string{"manage"}, io.Discard); err == nil || !strings.Contains(err.Error(), `unexpected argument "manage"`) {
		t.Errorf("error %v", err)
	}
}
