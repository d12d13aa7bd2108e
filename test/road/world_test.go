package road

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/followup-dev/followup-operator/internal/adapters"
	"github.com/followup-dev/followup-operator/internal/credentials"
	"github.com/followup-dev/followup-operator/internal/directory"
	vendor "github.com/followup-dev/followup-operator/internal/google"
	"github.com/followup-dev/followup-operator/internal/intake"
	"github.com/followup-dev/followup-operator/internal/jobs"
	"github.com/followup-dev/followup-operator/internal/outcome"
	"github.com/followup-dev/followup-operator/internal/slackapi"
	"github.com/followup-dev/followup-operator/internal/store"
	"github.com/followup-dev/followup-operator/internal/telemetry"
	"github.com/followup-dev/followup-operator/internal/tenancy"
	"github.com/followup-dev/followup-operator/internal/vendorhttp"
	"github.com/followup-dev/followup-operator/internal/workers"
	"github.com/followup-dev/followup-operator/test/doubles/anthropic"
	"github.com/followup-dev/followup-operator/test/doubles/crono"
	"github.com/followup-dev/followup-operator/test/doubles/fathom"
	"github.com/followup-dev/followup-operator/test/doubles/google"
	"github.com/followup-dev/followup-operator/test/doubles/slack"
	"github.com/followup-dev/followup-operator/test/logs"
	"github.com/followup-dev/followup-operator/test/postgres"
)

const (
	appID  = "A0FOLLOWUP"
	acme   = "T0ACME0001"
	model  = "claude-sonnet-5-5"
	review = 88012345601 // the recording

	ada, adaEmail = "U0ACMEADA1", "ada@acme.example" // who recorded it
	bob, bobEmail = "U0ACMEBOB1", "bob@acme.example" // who was invited
	eve           = "U0ACMEEVE1"                     // who was not
)

// world is one tenant, Acme, between Slack and the vendors.
type world struct {
	t         *testing.T
	slack     *slack.Server
	fathom    *fathom.Server
	anthropic *anthropic.Server
	google    *google.Server
	crono     *crono.Server

	url      string // of the webhook
	urls     urls
	admin    *pgxpool.Pool
	workerDB *store.DB
	worker   workers.Worker
	tenant   tenancy.ID
	tenants  *directory.Directory
	secrets  secrets
	calls    *switchboard
	log      *logs.Buffer
}

// urls are the doubles'.
type urls struct{ slack, fathom, anthropic, google, crono string }

// secrets are the Secrets of Acme and of the app, by "name/key".
type secrets map[string]string

// Get implements credentials.Source.
func (s secrets) Get(owner credentials.Owner, ref tenancy.SecretRef) ([]byte, error) {
	value, found := s[ref.String()]
	ofApp := strings.HasPrefix(ref.Name, "app-")
	if !found || ofApp != (owner == credentials.OfSlackApp("followup")) {
		return nil, &credentials.MissingError{Ref: ref, Problem: "is not there"}
	}
	return []byte(value), nil
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, calls: &switchboard{}, log: &logs.Buffer{}}
	w.makeDoubles()
	slackURL := w.serve(w.slack)
	w.slack.SetHooksURL(slackURL)

	database := postgres.New(t)
	w.admin = w.pool(database.Admin)
	webhook, worker := w.open(database.Webhook), w.open(database.Worker)
	w.declare(w.open(database.Operator).Control("cluster"))

	w.urls = urls{slack: slackURL, fathom: w.serve(w.fathom), anthropic: w.serve(w.anthropic), google: w.serve(w.google), crono: w.serve(w.crono)}
	w.calls.slack = strings.TrimPrefix(slackURL, "http://")
	w.workerDB = worker
	w.tenants = directory.New(webhook, store.App{ID: appID}, w.logger())
	w.worker = w.process()
	w.url = w.serve(w.webhook(webhook, w.worker.Adapters, w.logger()))
	t.Cleanup(w.checkLog)
	return w
}

func (w *world) logger() *slog.Logger { return slog.New(slog.NewJSONHandler(w.log, nil)) }

// process is what one worker process has.
func (w *world) process() workers.Worker {
	vendors := vendorhttp.New(w.calls, func(outcome.Call) {})
	api, err := slackapi.New(vendors, w.urls.slack+"/api/", w.urls.slack, w.logger())
	w.must(err)
	all := &adapters.Adapters{
		Credentials: w.secrets, Store: w.workerDB, Slack: api, Vendors: vendors, Now: time.Now, Log: w.logger(),
		App: credentials.OfSlackApp("followup"), AIModel: model,
		AIKey: ref("app-ai"), OAuth: ref("app-google"), Encryption: ref("app-encryption"),
		FathomURL: w.urls.fathom + "/external/v1", AIURL: w.urls.anthropic, CronoURL: w.urls.crono + "/api/v1",
		Google: vendor.URLs{Gmail: w.urls.google, Calendar: w.urls.google + "/calendar/v3/", Token: w.urls.google + "/token"},
	}
	return workers.Worker{Directory: w.tenants, Adapters: all, Now: time.Now, Log: w.logger()}
}

func (w *world) webhook(db *store.DB, all *adapters.Adapters, log *slog.Logger) http.Handler {
	enqueuer, err := jobs.NewEnqueuer(db, appID, log)
	w.must(err)
	metrics := telemetry.NewWebhook(prometheus.NewRegistry())
	return intake.Routes(intake.NewHandler(intake.Config{
		AppID: appID,
		Secrets: func() ([]credentials.Secret, error) {
			return []credentials.Secret{credentials.NewSecret("signing")}, nil
		},
		Directory: w.tenants, DB: db, Jobs: enqueuer, Metrics: metrics, Log: log, Now: time.Now, Budget: 10 * time.Second,
		Find: all.Find, Contacts: all.Contacts, Accounts: all.Accounts, Recording: all.Recording,
		Notices: intake.NewNotifier(intake.NotifierConfig{Bot: all.Bot, Metrics: metrics}),
	}), intake.NewReadiness())
}

func (w *world) makeDoubles() {
	var err error
	w.slack, err = slack.New(slack.Config{
		App: slack.App{ID: appID, SigningSecret: "signing"},
		Workspaces: []slack.Workspace{{TeamID: acme, Name: "Acme", Token: "xoxb-acme", Users: []slack.User{
			{ID: ada, Name: "ada", RealName: "Ada Ricci", Email: adaEmail},
			{ID: bob, Name: "bob", RealName: "Bob Neri", Email: bobEmail},
			{ID: eve, Name: "eve", RealName: "Eve Bianchi", Email: "eve@acme.example"},
		}}},
	})
	w.must(err)
	w.fathom, err = fathom.New(fathom.Config{Keys: []fathom.Key{{Key: "fathom-key", Meetings: []fathom.Meeting{meeting()}}}})
	w.must(err)
	w.anthropic, err = anthropic.New(anthropic.Config{Keys: []string{"ai-key"}, Models: []string{model}})
	w.must(err)
	account, keyFile, err := google.NewServiceAccount("followup@acme.example", "acme.example")
	w.must(err)
	w.google, err = google.New(google.Config{
		ServiceAccounts: []google.ServiceAccount{account}, Users: []google.User{{Email: adaEmail}, {Email: bobEmail}},
	})
	w.must(err)
	w.crono, err = crono.New(crono.Config{Workspaces: []crono.Workspace{{
		PublicKey: "crono-public", PrivateKey: "crono-private",
		Accounts:  []crono.Account{{ID: "acc-1", Name: "Initech", Website: "https://www.initech.example"}, {ID: "acc-2", Name: "Umbrella"}},
		Contacts:  []crono.Contact{{ID: "con-1", FirstName: "Peter", LastName: "Gibbons", Email: "peter@initech.example", AccountID: "acc-1"}},
		Deals:     []crono.Deal{{ID: "deal-1", AccountID: "acc-1", Name: "90 seats", Stage: "Proposal", Amount: "9000", Currency: "EUR"}},
		Pipelines: []crono.Pipeline{{Name: "Sales", Stages: []string{"Proposal", "Negotiation", "Won"}}},
	}}})
	w.must(err)
	w.secrets = secrets{
		"acme-slack/key": "xoxb-acme", "acme-fathom/key": "fathom-key",
		"acme-google/key": string(keyFile),
		"acme-crono/key":  `{"public_key": "crono-public", "private_key": "crono-private"}`,
		"app-ai/key":      "ai-key", "app-google/key": `{"client_id": "client", "client_secret": "client-secret"}`,
		"app-encryption/key": base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32)),
	}
}

// meeting was recorded by Ada, with Bob and two customers.
func meeting() fathom.Meeting {
	end := time.Now().Add(-time.Hour).Truncate(time.Second)
	return fathom.Meeting{
		RecordingID: review, Title: "Quarterly review with Initech", Start: end.Add(-45 * time.Minute), End: end,
		RecordedBy: fathom.Person{Name: "Ada Ricci", Email: adaEmail},
		Invitees: []fathom.Invitee{
			{Name: "Ada Ricci", Email: adaEmail}, {Name: "Bob Neri", Email: bobEmail},
			{Name: "Peter Gibbons", Email: "peter@initech.example", External: true},
			{Name: "Samir", Email: "samir@initech.example", External: true},
		},
		Summary: "## Review",
		Transcript: []fathom.Line{
			{Speaker: "Peter Gibbons", Email: "peter@initech.example", At: 14 * time.Second, Text: "The reports still take my people two days every month."},
			{Speaker: "Ada Ricci", Email: adaEmail, At: 40 * time.Second, Text: "I can prepare an offer with sixty seats by Friday."},
		},
	}
}

func ref(name string) tenancy.SecretRef { return tenancy.SecretRef{Name: name, Key: "key"} }

func (w *world) declare(control *store.Control) {
	owner := func(name string) store.Owner { return store.Owner{UID: name, Namespace: "followup", Name: name} }
	synced, err := control.SyncTenant(w.t.Context(), store.TenantRecord{
		Owner: owner("acme"), SlackAppID: appID, SlackTeamID: acme, SlackTeamName: "Acme", PlanTier: "pro", MinuteLimit: 10_000,
		TimeZone: "Europe/Rome", Locale: "en", Visibility: tenancy.Participants, SlackToken: ref("acme-slack"), FathomKey: ref("acme-fathom"),
	})
	w.must(err)
	w.tenant = synced.ID
	for _, provider := range []string{"crono", "google"} {
		_, err := control.SyncConnection(w.t.Context(), store.ConnectionRecord{
			Owner: owner("acme-" + provider), TenantID: w.tenant, Provider: provider, Name: "acme-" + provider, Credentials: ref("acme-" + provider),
		})
		w.must(err)
	}
}

// checkLog holds the log to what it must never tell.
func (w *world) checkLog() {
	for _, secret := range []string{
		"xoxb-acme", "fathom-key", "ai-key", "crono-private", "client-secret", "PRIVATE KEY", "whsec_", "Bearer ", "ya29.",
		"Ricci", "Gibbons", "@initech", "@acme", "Quarterly", "two days", "sixty seats", "hooks.slack", "/actions/",
	} {
		if strings.Contains(w.log.String(), secret) {
			w.t.Errorf("the log tells %q:\n%s", secret, w.log.String())
		}
	}
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) serve(h http.Handler) string {
	server := httptest.NewServer(h)
	w.t.Cleanup(server.Close)
	return server.URL
}

func (w *world) open(dsn string) *store.DB {
	db, err := store.Open(w.t.Context(), dsn, store.Options{})
	w.must(err)
	w.t.Cleanup(db.Close)
	return db
}

func (w *world) pool(dsn string) *pgxpool.Pool {
	pool, err := pgxpool.New(w.t.Context(), dsn)
	w.must(err)
	w.t.Cleanup(pool.Close)
	return pool
}

// count is the first column of the first row.
func (w *world) count(query string, args ...any) (n int) {
	w.t.Helper()
	w.must(w.admin.QueryRow(context.WithoutCancel(w.t.Context()), query, args...).Scan(&n))
	return n
}

func (w *world) exec(statement string, args ...any) {
	w.t.Helper()
	_, err := w.admin.Exec(w.t.Context(), statement, args...)
	w.must(err)
}

// The words of the card that tests look for.
func (w *world) sees(user, text string) {
	w.t.Helper()
	if seen := w.screen(user); !strings.Contains(seen, text) {
		w.t.Errorf("%s does not see %q, but %d bytes of something else", user, text, len(seen))
	}
}

// screen is all that a user has before them, as it is now.
func (w *world) screen(user string) string {
	var all strings.Builder
	for _, screen := range w.slack.Screens(acme, user) {
		for _, request := range screen.Requests {
			for _, message := range request.Messages {
				fmt.Fprintf(&all, "%s\n", message.Body)
			}
			for _, modal := range request.Modals {
				fmt.Fprintf(&all, "%s\n", modal.Current())
			}
		}
		for _, post := range screen.Posts {
			fmt.Fprintf(&all, "%s\n", post.Body)
			if post.Problems != nil {
				w.t.Errorf("Slack would not show it: %v", post.Problems)
			}
		}
	}
	return all.String()
}
