package workers

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/followup-dev/followup-operator/internal/adapters"
	"github.com/followup-dev/followup-operator/internal/credentials"
	"github.com/followup-dev/followup-operator/internal/jobs"
	"github.com/followup-dev/followup-operator/internal/outcome"
	"github.com/followup-dev/followup-operator/internal/slackapi"
	"github.com/followup-dev/followup-operator/internal/store"
	"github.com/followup-dev/followup-operator/internal/tenancy"
	"github.com/followup-dev/followup-operator/internal/vendorhttp"
	"github.com/followup-dev/followup-operator/test/doubles/fathom"
	"github.com/followup-dev/followup-operator/test/doubles/slack"
	"github.com/followup-dev/followup-operator/test/postgres"
)

const (
	appID       = "A0FOLLOWUP"
	acme        = "T0ACME0001"
	globex      = "T0GLOBEX01"
	jane        = "U0JANE0001"
	janeEmail   = "jane@acme.example"
	maxAttempts = 3
)

// world is a worker between a Slack, a Fathom and a Postgres, and one tenant, Acme, whose user Jane types /meetings.
type world struct {
	t      *testing.T
	slack  *slack.Server
	fathom http.HandlerFunc // Fathom's double, or what stands between
	db     *database
	worker *ListMeetings
	// adapters are the worker's.
	adapters *adapters.Adapters
	secret   secrets                      // by "name/key"
	owners   map[string]credentials.Owner // by "name/key", where it is not the Tenant acme
	tenant   tenancy.Tenant
	log      bytes.Buffer

	mu  sync.Mutex
	now time.Time
}

// database is one for all cases of a test; each has a tenant of its own in it.
type database struct {
	admin            string
	operator, worker *store.DB
	tenants          int
}

func newDatabase(t *testing.T) *database {
	t.Helper()
	db := postgres.New(t)
	return &database{admin: db.Admin, operator: open(t, db.Operator), worker: open(t, db.Worker)}
}

func open(t *testing.T, dsn string) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), dsn, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

// gatesOpen ends what vendors asked for: the gates go by Postgres' clock.
func (d *database) gatesOpen(t *testing.T) {
	t.Helper()
	d.exec(t, `DELETE FROM followup.vendor_gates`)
}

// exec runs a statement as the admin.
func (d *database) exec(t *testing.T, statement string, args ...any) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), d.admin)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), statement, args...); err != nil {
		t.Fatal(err)
	}
}

func newWorld(t *testing.T, db *database) *world {
	t.Helper()
	w := &world{t: t, now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC), db: db}
	w.slack = w.newSlack()
	slackURL := w.serve(w.slack)
	w.slack.SetHooksURL(slackURL)
	fathomURL := w.serve(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { w.fathom(rw, r) }))
	w.fathomHas(review, notJanes)

	vendors := vendorhttp.New(impatient{t, strings.TrimPrefix(fathomURL, "http://")}, func(outcome.Call) {})
	api, err := slackapi.New(vendors, slackURL+"/api/", slackURL, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	w.secret = secrets{"acme-slack/token": "xoxb-acme", "acme-fathom/key": "fathom-key"}
	w.owners = map[string]credentials.Owner{}
	w.seedTenant()
	log := slog.New(slog.NewJSONHandler(&w.log, nil))
	w.adapters = &adapters.Adapters{
		Credentials: w, Store: db.worker, Slack: api, Vendors: vendors, FathomURL: fathomURL + "/external/v1", Now: w.clock, Log: log,
	}
	w.worker = &ListMeetings{Worker: Worker{Directory: w, Adapters: w.adapters, Now: w.clock, Log: log}}
	t.Cleanup(w.checkLog)
	return w
}

func (w *world) newSlack() *slack.Server {
	double, err := slack.New(slack.Config{
		App: slack.App{ID: appID, SigningSecret: "signing"}, Now: w.clock,
		Workspaces: []slack.Workspace{
			{TeamID: acme, Name: "Acme", Token: "xoxb-acme", Users: []slack.User{
				{ID: jane, Name: "jane", RealName: "Jane Roe", Email: janeEmail}, {ID: "U0NOMAIL01", Name: "guest", RealName: "Guest"},
			}},
			{TeamID: globex, Name: "Globex", Token: "xoxb-globex"},
		},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return double
}

// fathomHas puts Fathom's double in place, with these meetings for Acme's key.
func (w *world) fathomHas(meetings ...fathom.Meeting) {
	w.t.Helper()
	double, err := fathom.New(fathom.Config{Keys: []fathom.Key{{Key: "fathom-key", Meetings: meetings}}, Now: w.clock})
	if err != nil {
		w.t.Fatal(err)
	}
	w.fathom = double.ServeHTTP
}

var (
	review = fathom.Meeting{
		RecordingID: 9007199254740993, Title: "Quarterly \x00review",
		Start: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC), End: time.Date(2026, 11, 23, 8, 54, 10, 0, time.UTC),
		RecordedBy: fathom.Person{Name: "Jane Roe", Email: janeEmail},
		Invitees:   []fathom.Invitee{{Name: "Al", Email: "al@x.example", External: true}},
	}
	notJanes = fathom.Meeting{
		RecordingID: 2, Title: "Not Jane's",
		Start: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC), End: time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC),
		RecordedBy: fathom.Person{Name: "Bob", Email: "bob@acme.example"},
	}
)

func (w *world) serve(h http.Handler) string {
	server := httptest.NewServer(h)
	w.t.Cleanup(server.Close)
	return server.URL
}

func (w *world) seedTenant() {
	w.tenant = tenancy.Tenant{
		Owner: "acme", Name: "Acme", Workspace: tenancy.Workspace{TeamID: acme}, TimeZone: "Europe/Rome", Locale: "en", Visibility: tenancy.Participants,
		SlackToken: tenancy.SecretRef{Name: "acme-slack", Key: "token"}, FathomKey: tenancy.SecretRef{Name: "acme-fathom", Key: "key"},
	}
	w.db.tenants++
	synced, err := w.db.operator.Control("cluster").SyncTenant(w.t.Context(), store.TenantRecord{
		Owner: store.Owner{UID: "1", Namespace: "followup", Name: fmt.Sprintf("acme-%d", w.db.tenants)}, SlackAppID: fmt.Sprintf("A%010d", w.db.tenants), SlackTeamID: acme, SlackTeamName: "Acme",
		PlanTier: "pro", MinuteLimit: 60, TimeZone: w.tenant.TimeZone, Locale: w.tenant.Locale, Visibility: w.tenant.Visibility,
		SlackToken: w.tenant.SlackToken, FathomKey: w.tenant.FathomKey,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.tenant.ID = synced.ID
}

// checkLog holds the log to what it must never tell.
func (w *world) checkLog() {
	for _, secret := range []string{"xoxb-acme", "xoxb-globex", "xoxb-old", "fathom-key", janeEmail, "Jane Roe", "planted", "Quarterly", "/commands/"} {
		if strings.Contains(w.log.String(), secret) {
			w.t.Errorf("the log tells %q:\n%s", secret, w.log.String())
		}
	}
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) wait(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// ByID implements Directory.
func (w *world) ByID(_ context.Context, id tenancy.ID) (tenancy.Tenant, error) {
	if id != w.tenant.ID {
		return tenancy.Tenant{}, tenancy.ErrNotFound
	}
	return w.tenant, nil
}

type secrets map[string]string

// Get implements credentials.Source as Kubernetes' labels do: a Secret is its owner's.
func (w *world) Get(owner credentials.Owner, ref tenancy.SecretRef) ([]byte, error) {
	labelled, another := w.owners[ref.String()]
	if !another {
		labelled = credentials.OfTenant("acme")
	}
	if value, found := w.secret[ref.String()]; found && owner == labelled {
		return []byte(value), nil
	}
	return nil, &credentials.MissingError{Ref: ref, Problem: "is not there"}
}

// impatient cuts calls to Fathom short, so that a test of one that hangs need not wait.
type impatient struct {
	t    *testing.T
	host string
}

func (i impatient) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host != i.host {
		return http.DefaultTransport.RoundTrip(r)
	}
	ctx, cancel := context.WithTimeout(r.Context(), time.Second)
	i.t.Cleanup(cancel)
	return http.DefaultTransport.RoundTrip(r.WithContext(ctx))
}

// types sends the command through Slack and returns the job that the webhook would make of it.
func (w *world) types(user string) jobs.ListMeetings {
	w.t.Helper()
	var form url.Values
	webhook := w.serve(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		form = r.PostForm
	}))
	if _, err := w.slack.SendCommand(w.t.Context(), webhook, slack.Command{TeamID: acme, UserID: user, Command: "/meetings"}); err != nil {
		w.t.Fatal(err)
	}
	return jobs.ListMeetings{Click: jobs.Click{
		TenantID: w.tenant.ID, SlackUserID: form.Get("user_id"), TriggerID: form.Get("trigger_id"),
		ResponseURL: form.Get("response_url"), RequestKey: jobs.RequestKey(form.Get("trigger_id")), ReceivedAt: w.clock(),
	}}
}

// work runs the job as its n-th attempt, with River's limit of time.
func (w *world) work(ctx context.Context, args jobs.ListMeetings, attempt int) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	return w.worker.Work(ctx, &river.Job[jobs.ListMeetings]{
		JobRow: &rivertype.JobRow{ID: 7, Attempt: attempt, MaxAttempts: maxAttempts}, Args: args,
	})
}

func cancelled(err error) bool { return errors.Is(err, &rivertype.JobCancelError{}) }

// seen is what the user has before them after their last command: versions of the modal, and messages, as plain text.
type seen struct{ Modal, Messages []string }

func (w *world) seen() seen {
	w.t.Helper()
	requests := w.slack.Requests()
	last := requests[len(requests)-1]
	var s seen
	for _, modal := range last.Modals {
		for _, version := range modal.Versions {
			s.Modal = append(s.Modal, plain(w.t, version.View))
		}
	}
	for _, message := range last.Messages {
		if !message.Ephemeral || message.Problems != nil {
			w.t.Errorf("a message that is public or refused: %+v", message)
		}
		s.Messages = append(s.Messages, plain(w.t, message.Body))
	}
	if len(last.Modals) > 1 {
		w.t.Errorf("%d modals", len(last.Modals))
	}
	return s
}

// plain is all text of blocks, one a line; buttons stand in brackets.
func plain(t *testing.T, raw json.RawMessage) string {
	t.Helper()
	var content struct {
		Blocks []struct {
			Text     struct{ Text string }
			Elements []struct{ Text json.RawMessage }
		}
	}
	if err := json.Unmarshal(raw, &content); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, block := range content.Blocks {
		if block.Text.Text != "" {
			lines = append(lines, block.Text.Text)
		}
		for _, element := range block.Elements {
			var text string
			var button struct{ Text string }
			switch {
			case json.Unmarshal(element.Text, &text) == nil:
				lines = append(lines, text)
			case json.Unmarshal(element.Text, &button) == nil:
				lines = append(lines, "["+button.Text+"]")
			}
		}
	}
	return strings.Join(lines, "\n")
}
