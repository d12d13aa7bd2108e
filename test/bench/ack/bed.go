package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/followup-dev/followup-operator/internal/store"
	"github.com/followup-dev/followup-operator/internal/tenancy"
	"github.com/followup-dev/followup-operator/test/bench/ack/recording"
	"github.com/followup-dev/followup-operator/test/bench/ack/traffic"
	"github.com/followup-dev/followup-operator/test/postgres"
)

const (
	tenants = 1000
	module  = "github.com/followup-dev/followup-operator/"
	// poolSize is the connections to Postgres of each peer: as many as the webhook's pool has.
	poolSize = 10
)

// bed is what the peers work on.
type bed struct {
	server   *postgres.Server
	database *postgres.Database
	admin    *pgxpool.Pool
	dir      string // programs, files of the peers, their logs
	peers    []*peer
}

// runPostgres starts a server, durable or not.
type runPostgres func(ctx context.Context, settings ...string) (*postgres.Server, error)

// newBed builds the programs, starts Postgres and declares the tenants. The webhook is built as `make build` does, unless
// there is one.
func newBed(ctx context.Context, webhook string, run runPostgres) (b *bed, err error) {
	b = &bed{}
	defer func() {
		if err != nil {
			b.close()
		}
	}()
	if b.dir, err = os.MkdirTemp("", "followup-bench-*"); err != nil {
		return b, err
	}
	packages := []string{module + "test/bench/ack/peer", module + "test/bench/ack/load"}
	if webhook == "" {
		packages = append(packages, module+"cmd/webhook")
	} else if err := os.Symlink(webhook, b.file("webhook")); err != nil {
		return b, err
	}
	if err := build(ctx, b.dir, packages); err != nil {
		return b, err
	}
	if b.server, err = run(ctx, recording.Settings()...); err != nil {
		return b, err
	}
	if b.database, err = b.server.Create(ctx, "bench"); err != nil {
		return b, err
	}
	if b.admin, err = pgxpool.New(ctx, b.database.Admin); err != nil {
		return b, err
	}
	return b, errors.Join(b.declareTenants(ctx), b.declareInstallations(ctx), b.writeFiles())
}

func build(ctx context.Context, dir string, packages []string) error {
	args := append([]string{"build", "-trimpath", "-ldflags=-s -w", "-o", dir + "/"}, packages...)
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w\n%s", err, output)
	}
	return nil
}

func (b *bed) file(name string) string { return filepath.Join(b.dir, name) }

func (b *bed) close() {
	for _, p := range b.peers {
		p.stop()
	}
	if b.admin != nil {
		b.admin.Close()
	}
	if b.server != nil {
		_ = b.server.Remove()
	}
	_ = os.RemoveAll(b.dir)
}

// declareTenants writes the tenants as the operator does, with a limit that none of them reaches.
func (b *bed) declareTenants(ctx context.Context) error {
	operator, err := store.Open(ctx, b.database.Operator, store.Options{})
	if err != nil {
		return err
	}
	defer operator.Close()
	for i := range tenants {
		team := traffic.TeamID(i)
		_, err := operator.Control("cluster").SyncTenant(ctx, store.TenantRecord{
			Owner:      store.Owner{UID: team, Namespace: "bench", Name: team},
			SlackAppID: traffic.AppID, SlackTeamID: team, SlackTeamName: team,
			PlanTier: "pro", MinuteLimit: 1_000_000, TimeZone: "Europe/Rome", Locale: "en", Visibility: tenancy.Participants,
			SlackToken: tenancy.SecretRef{Name: "slack", Key: "credentials"},
			FathomKey:  tenancy.SecretRef{Name: "fathom", Key: "credentials"},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// declareInstallations fills the installation store of Bolt with what its OAuth flow would have written.
func (b *bed) declareInstallations(ctx context.Context) error {
	_, err := b.admin.Exec(ctx, `CREATE TABLE slack_installations (team_id text PRIMARY KEY, installation jsonb NOT NULL)`)
	if err != nil {
		return err
	}
	batch := &pgx.Batch{}
	for i := range tenants {
		team := traffic.TeamID(i)
		installation, err := json.Marshal(map[string]any{
			"team": map[string]string{"id": team, "name": team}, "appId": traffic.AppID, "authVersion": "v2",
			"isEnterpriseInstall": false, "tokenType": "bot",
			"user": map[string]any{"id": "U0000000000"},
			"bot": map[string]any{
				"token": "xoxb-bench-" + team, "scopes": []string{"commands", "chat:write"}, "userId": "U0000000001", "id": "B0000000001",
			},
		})
		if err != nil {
			return err
		}
		batch.Queue("INSERT INTO slack_installations VALUES ($1, $2)", team, installation)
	}
	return b.admin.SendBatch(ctx, batch).Close()
}

// writeFiles writes what the peers read at their start.
func (b *bed) writeFiles() error {
	for name, content := range map[string]string{
		"dsn/webhook":                   b.database.Webhook,
		"dsn/worker":                    b.database.Worker,
		"dsn/admin":                     b.database.Admin,
		"credentials/app/credentials":   `{"signing_secret":"` + traffic.SigningSecret + `"}`,
		"credentials/slack/credentials": "xoxb-bench",
	} {
		path := b.file(name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// rows are what requests have left behind.
type rows struct{ Deliveries, AuditLogs, Jobs, Runtime int }

// clear empties what the peers write, and has Postgres put its house in order, so that no peer pays for another's rows.
func (b *bed) clear(ctx context.Context) error {
	for _, statement := range []string{
		"TRUNCATE followup.deliveries, followup.audit_logs, river.river_job",
		"UPDATE followup.tenant_runtime SET minute = 'epoch', used = 0 WHERE used > 0",
		"VACUUM ANALYZE followup.tenant_runtime",
		"CHECKPOINT",
	} {
		if _, err := b.admin.Exec(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

func (b *bed) rows(ctx context.Context) (r rows, err error) {
	err = b.admin.QueryRow(ctx, `SELECT (SELECT count(*) FROM followup.deliveries), (SELECT count(*) FROM followup.audit_logs),
		(SELECT count(*) FROM river.river_job), (SELECT count(*) FROM followup.tenant_runtime WHERE used > 0)`).
		Scan(&r.Deliveries, &r.AuditLogs, &r.Jobs, &r.Runtime)
	return r, err
}
