package intake

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/followup-dev/followup-operator/internal/credentials"
	"github.com/followup-dev/followup-operator/internal/crm"
	"github.com/followup-dev/followup-operator/internal/directory"
	"github.com/followup-dev/followup-operator/internal/followup"
	"github.com/followup-dev/followup-operator/internal/i18n"
	"github.com/followup-dev/followup-operator/internal/jobs"
	"github.com/followup-dev/followup-operator/internal/store"
	"github.com/followup-dev/followup-operator/internal/telemetry"
	"github.com/followup-dev/followup-operator/internal/tenancy"
	"github.com/followup-dev/followup-operator/test/logs"
	"github.com/followup-dev/followup-operator/test/postgres"
)

const appID = "A0123456789"

var signingSecret = credentials.NewSecret("8f742231b10e8888abcd99yyyzzz85a5")

// testbed is the handler on a real Postgres, with what a test looks at and turns.
type testbed struct {
	*Handler
	admin    *pgxpool.Pool
	operator *store.DB
	log      *logs.Buffer
	registry *prometheus.Registry
}

func newTestbed(t *testing.T) *testbed {
	t.Helper()
	return openTestbed(t, postgres.New(t))
}

func openTestbed(t *testing.T, database *postgres.Database) *testbed {
	t.Helper()
	admin, err := pgxpool.New(t.Context(), database.Admin)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(admin.Close)
	b := &testbed{admin: admin, operator: openDB(t, database.Operator), log: &logs.Buffer{}, registry: prometheus.NewRegistry()}
	log := slog.New(slog.NewJSONHandler(b.log, nil))
	db := openDB(t, database.Webhook)
	enqueuer, err := jobs.NewEnqueuer(db, appID, log)
	if err != nil {
		t.Fatal(err)
	}
	tenants := directory.New(db, store.App{ID: appID}, log)
	run(t, tenants.Run)
	run(t, enqueuer.Run)
	metrics := telemetry.NewWebhook(b.registry)
	b.Handler = NewHandler(Config{
		AppID:     appID,
		Secrets:   func() ([]credentials.Secret, error) { return []credentials.Secret{signingSecret}, nil },
		Directory: tenants,
		DB:        db,
		Jobs:      enqueuer,
		Find:      func(context.Context, tenancy.Tenant, string, string) ([]followup.Meeting, error) { return nil, nil },
		Contacts:  func(context.Context, tenancy.Tenant, string) ([]crm.Contact, error) { return nil, nil },
		Accounts:  func(context.Context, tenancy.Tenant, string) ([]crm.Account, error) { return nil, nil },
		Notices:   NewNotifier(NotifierConfig{Metrics: metrics}), // nobody runs it: what waits is what would be told
		Metrics:   metrics,
		Log:       log,
		Now:       time.Now,
		Budget:    10 * time.Second,
	})
	return b
}

// run starts a loop that ends with the test, before what it uses is closed.
func run(t *testing.T, loop func(context.Context)) {
	t.Helper()
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan struct{})
	go func() {
		defer close(done)
		loop(ctx)
	}()
	t.Cleanup(func() {
		stop()
		<-done
	})
}

func openDB(t *testing.T, dsn string) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), dsn, store.Options{ApplicationName: "intake-test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

func record(name, teamID string) store.TenantRecord {
	return store.TenantRecord{
		Owner:         store.Owner{UID: "uid-" + name, Namespace: "followup", Name: name},
		SlackAppID:    appID,
		SlackTeamID:   teamID,
		SlackTeamName: name,
		PlanTier:      "pro",
		MinuteLimit:   60,
		TimeZone:      "Europe/Rome", Locale: "en",
		Visibility: tenancy.Participants,
		SlackToken: tenancy.SecretRef{Name: name + "-slack", Key: "credentials"},
		FathomKey:  tenancy.SecretRef{Name: name + "-fathom", Key: "credentials"},
	}
}

// sync declares a tenant and waits until the directory has it.
func (b *testbed) sync(t *testing.T, r store.TenantRecord) tenancy.ID {
	t.Helper()
	synced, err := b.operator.Control("cluster").SyncTenant(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool {
		_, err := b.Directory.Lookup(t.Context(), directory.Workspace{TeamID: r.SlackTeamID, EnterpriseID: r.SlackEnterpriseID})
		return err == nil
	})
	return synced.ID
}

// useUp takes all requests of a minute. It must not end between the requests: it is put ahead, where it stays.
func (b *testbed) useUp(t *testing.T, id tenancy.ID) {
	t.Helper()
	const ahead = `UPDATE followup.tenant_runtime
		SET minute = date_trunc('minute', now()) + interval '1 hour', used = minute_limit WHERE tenant_id = $1`
	if _, err := b.admin.Exec(t.Context(), ahead, id); err != nil {
		t.Fatal(err)
	}
}

func (b *testbed) count(t *testing.T, query string, args ...any) int {
	t.Helper()
	var n int
	if err := b.admin.QueryRow(t.Context(), query, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// counted is a counter by its one label.
func counted(t *testing.T, registry *prometheus.Registry, name string) map[string]float64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]float64{}
	for _, family := range families {
		if family.GetName() != name {
			continue
		}
		for _, metric := range family.GetMetric() {
			counts[metric.GetLabel()[0].GetValue()] = metric.GetCounter().GetValue()
		}
	}
	return counts
}

// form is a slash command as Slack sends it.
func form(trigger string) url.Values {
	return url.Values{
		"token": {"legacy"}, "team_id": {"T0123456789"}, "team_domain": {"acme"}, "channel_id": {"C1"}, "channel_name": {"general"},
		"user_id": {"U0123456789"}, "user_name": {"ada"}, "command": {"/meetings"}, "text": {"customer text"},
		"api_app_id": {appID}, "is_enterprise_install": {"false"},
		"response_url": {"https://hooks.slack.com/commands/T0123456789/1/x"}, "trigger_id": {trigger},
	}
}

// interactionBody is a click in the list's modal as Slack sends it, with changes: a value of a dotted path, nil for none.
func interactionBody(t *testing.T, changes map[string]any) string {
	t.Helper()
	return interactionOf(t, "action_older_in_modal", changes)
}

// interactionOf is the same of another payload case.
func interactionOf(t *testing.T, name string, changes map[string]any) string {
	t.Helper()
	var payload map[string]any
	if err := json.Unmarshal(payloadCases(t)[name].Payload, &payload); err != nil {
		t.Fatal(err)
	}
	for path, value := range changes {
		change(payload, strings.Split(path, "."), value)
	}
	body, err := json.Marshal(payload)
	if err != nil {
		t.Fatal(err)
	}
	return url.Values{"payload": {string(body)}}.Encode()
}

func change(node any, path []string, value any) {
	if list, ok := node.([]any); ok {
		node = list[0]
	}
	object := node.(map[string]any)
	switch {
	case len(path) > 1:
		change(object[path[0]], path[1:], value)
	case value == nil:
		delete(object, path[0])
	default:
		object[path[0]] = value
	}
}

func with(f url.Values, key string, value ...string) url.Values {
	f[key] = value
	return f
}

func signed(body string, now time.Time) *http.Request {
	return signedFor("/slack/commands", body, now)
}

func signedFor(path, body string, now time.Time) *http.Request {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	stamp := strconv.FormatInt(now.Unix(), 10)
	r.Header.Set("X-Slack-Request-Timestamp", stamp)
	r.Header.Set("X-Slack-Signature", "v0="+hex.EncodeToString(sign(signingSecret, stamp, []byte(body))))
	return r
}

// english is what a person without a tenant reads, and each tenant that does not say otherwise.
func english(id string) string { return i18n.For("en").Say(id) }

// send returns the status and the text that the user of a command would see, or else the body.
func (b *testbed) send(t *testing.T, r *http.Request) (status int, text string) {
	t.Helper()
	w := httptest.NewRecorder()
	Routes(b.Handler, NewReadiness()).ServeHTTP(w, r)
	if r.URL.Path != "/slack/commands" || !strings.HasPrefix(w.Header().Get("Content-Type"), "application/json") {
		return w.Code, w.Body.String()
	}
	var message map[string]string
	if err := json.NewDecoder(w.Body).Decode(&message); err != nil {
		t.Fatal(err)
	}
	if message["response_type"] != "ephemeral" {
		t.Errorf("response_type = %q: others would see it", message["response_type"])
	}
	return w.Code, message["text"]
}

// click sends interactionBody, and returns what the person is told.
func (b *testbed) click(t *testing.T, changes map[string]any) []string {
	t.Helper()
	status, body := b.send(t, signedFor("/slack/interactions", interactionBody(t, changes), b.Now()))
	if status != 200 || body != "" {
		t.Errorf("answer %d %q, want an empty 200", status, body)
	}
	return b.told()
}

func (b *testbed) command(t *testing.T, f url.Values) (status int, text string) {
	t.Helper()
	return b.send(t, signed(f.Encode(), b.Now()))
}

// eventually polls what another connection brings about.
func eventually(t *testing.T, ok func() bool) {
	t.Helper()
	deadline := time.After(time.Minute)
	for !ok() {
		select {
		case <-deadline:
			t.Fatal("did not happen in a minute")
		case <-time.After(time.Millisecond):
		}
	}
}

// told are the texts of the notices that wait, which it takes.
func (b *testbed) told() (texts []string) {
	for {
		select {
		case q := <-b.Notices.waiting:
			texts = append(texts, q.text)
		default:
			return texts
		}
	}
}
