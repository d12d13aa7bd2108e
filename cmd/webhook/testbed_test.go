package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/followup-dev/followup-operator/internal/store"
	"github.com/followup-dev/followup-operator/internal/tenancy"
	"github.com/followup-dev/followup-operator/test/doubles/fathom"
	"github.com/followup-dev/followup-operator/test/doubles/slack"
	"github.com/followup-dev/followup-operator/test/logs"
	"github.com/followup-dev/followup-operator/test/postgres"
)

const (
	appID         = "A0123456789"
	teamID        = "T0123456789"
	userID        = "U0123456789"
	signingSecret = "planted-signing-secret"
	botToken      = "xoxb-planted-token"
	fathomKey     = "planted-fathom-key"
)

// testbed is the webhook outside Kubernetes, between doubles of its vendors and a real Postgres.
type testbed struct {
	*webhook
	slack *slack.Server
	admin *pgxpool.Pool
	log   *logs.Buffer
	files string             // the credentials directory
	stop  context.CancelFunc // as SIGTERM does
	done  chan error         // what run returned
}

// start runs a webhook on a database that is reachable, or will be.
func start(t *testing.T, database *postgres.Database, limits timing) *testbed {
	t.Helper()
	return startWith(t, database, limits)
}

// startWith takes more flags, of which the last counts.
func startWith(t *testing.T, database *postgres.Database, limits timing, flags ...string) *testbed {
	t.Helper()
	b := &testbed{log: &logs.Buffer{}, done: make(chan error, 1), admin: openAdmin(t, database)}
	slackURL, fathomURL := b.startVendors(t)
	dir := t.TempDir()
	b.files = filepath.Join(dir, "credentials")
	for name, content := range map[string]string{
		"dsn/webhook": database.Webhook + "\n", "dsn/worker": database.Worker,
		"credentials/app/credentials":         `{"signing_secret":"` + signingSecret + `"}`,
		"credentials/acme-slack/credentials":  botToken,
		"credentials/acme-fathom/credentials": fathomKey,
	} {
		write(t, filepath.Join(dir, name), content)
	}
	cfg, err := parseConfig(append([]string{
		"--app-id=" + appID, "--signing-secret-ref=app/credentials", "--credentials-dir=" + b.files,
		"--webhook-dsn-file=" + filepath.Join(dir, "dsn/webhook"), "--worker-dsn-file=" + filepath.Join(dir, "dsn/worker"),
		"--listen=127.0.0.1:0", "--metrics-listen=127.0.0.1:0",
		"--slack-api-url=" + slackURL + "/api/", "--slack-hooks-url=" + slackURL, "--fathom-api-url=" + fathomURL + "/external/v1",
	}, flags...), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if b.webhook, err = newWebhook(t.Context(), cfg, limits, slog.New(slog.NewJSONHandler(b.log, nil))); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	b.stop = stop
	go func() { b.done <- b.run(ctx) }()
	t.Cleanup(func() { b.stopped(t) })
	return b
}

// stopped waits for the end of run, once.
func (b *testbed) stopped(t *testing.T) {
	t.Helper()
	b.stop()
	if err, first := <-b.done; first {
		close(b.done)
		if err != nil {
			t.Errorf("run: %v\n%s", err, b.log)
		}
	}
}

func (b *testbed) startVendors(t *testing.T) (slackURL, fathomURL string) {
	t.Helper()
	var err error
	b.slack, err = slack.New(slack.Config{
		App: slack.App{ID: appID, SigningSecret: signingSecret},
		Workspaces: []slack.Workspace{{
			TeamID: teamID, Name: "Acme", Token: botToken,
			Users: []slack.User{{ID: userID, Name: "ada", RealName: "Ada", Email: "ada@acme.example", TimeZone: "Europe/Rome"}},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	meetings, err := fathom.New(fathom.Config{Keys: []fathom.Key{{Key: fathomKey, Meetings: listed()}}})
	if err != nil {
		t.Fatal(err)
	}
	slackServer, fathomServer := httptest.NewServer(b.slack), httptest.NewServer(meetings)
	t.Cleanup(slackServer.Close)
	t.Cleanup(fathomServer.Close)
	b.slack.SetHooksURL(slackServer.URL)
	return slackServer.URL, fathomServer.URL
}

// listed is a page of meetings and two more.
func listed() (all []fathom.Meeting) {
	for n := range 12 {
		start := time.Now().Add(-time.Duration(n+1) * 24 * time.Hour)
		title := "Planted meeting"
		if n > 0 {
			title = fmt.Sprintf("Older meeting %d", n)
		}
		all = append(all, fathom.Meeting{
			RecordingID: int64(100 - n), Title: title, Start: start, End: start.Add(time.Hour),
			RecordedBy: fathom.Person{Name: "Ada", Email: "ada@acme.example"},
		})
	}
	return all
}

// addTenant declares the tenant whose credentials start provides.
func addTenant(t *testing.T, database *postgres.Database) *postgres.Database {
	t.Helper()
	syncTenant(t, database, acme())
	return database
}

func acme() store.TenantRecord {
	return store.TenantRecord{
		Owner:      store.Owner{UID: "uid", Namespace: "followup", Name: "acme"},
		SlackAppID: appID, SlackTeamID: teamID, SlackTeamName: "Acme",
		PlanTier: "pro", MinuteLimit: 1000, TimeZone: "Europe/Rome", Locale: "en", Visibility: tenancy.Participants,
		SlackToken: tenancy.SecretRef{Name: "acme-slack", Key: "credentials"},
		FathomKey:  tenancy.SecretRef{Name: "acme-fathom", Key: "credentials"},
	}
}

func syncTenant(t *testing.T, database *postgres.Database, r store.TenantRecord) {
	t.Helper()
	operator, err := store.Open(t.Context(), database.Operator, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer operator.Close()
	if _, err := operator.Control("cluster").SyncTenant(t.Context(), r); err != nil {
		t.Fatal(err)
	}
}

func openAdmin(t *testing.T, database *postgres.Database) *pgxpool.Pool {
	t.Helper()
	admin, err := pgxpool.New(t.Context(), database.Admin)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(admin.Close)
	return admin
}

func (b *testbed) url(path string) string {
	return "http://" + b.public.listener.Addr().String() + path
}

// get returns status 0 when the port is closed.
func get(url string) (status int, body string) {
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get(url)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	content, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(content)
}

func (b *testbed) awaitReady(t *testing.T) {
	t.Helper()
	eventually(t, "readiness", func() bool {
		status, _ := get(b.url("/readyz"))
		return status == http.StatusOK
	})
}

func (b *testbed) send(t *testing.T) slack.Request {
	t.Helper()
	sent, err := b.slack.SendCommand(t.Context(), b.url("/slack/commands"), slack.Command{TeamID: teamID, UserID: userID, Command: "/meetings"})
	if err != nil {
		t.Fatal(err)
	}
	return sent
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(time.Minute)
	for !ok() {
		select {
		case <-deadline:
			t.Fatalf("no %s in a minute", what)
		case <-time.After(2 * time.Millisecond):
		}
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
