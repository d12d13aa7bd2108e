package slack_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	slackgo "github.com/slack-go/slack"

	"github.com/followup-dev/followup-operator/test/doubles/slack"
)

const (
	acme, globex = "T0ACME0001", "T0GLOBEX01"
	ada, hank    = "U0ADA00001", "U0HANK0001"
	secret       = "8f742231b10e8888abcd99yyyzzz85a5"
)

// clock is a time that only a test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// world is the double, reachable, and an app that acknowledges whatever comes and keeps it.
type world struct {
	*slack.Server
	clock *clock
	url   string
	app   *app
}

type app struct {
	*httptest.Server
	mu      sync.Mutex
	form    url.Values
	header  http.Header
	body    []byte
	respond http.HandlerFunc
}

func newWorld(t *testing.T, change ...func(*slack.Config)) *world {
	t.Helper()
	w := &world{clock: &clock{now: time.Date(2026, 11, 23, 15, 0, 0, 0, time.UTC)}, app: newApp(t)}
	config := slack.Config{
		App: slack.App{ID: "A0FOLLOWUP", SigningSecret: secret},
		Now: w.clock.Now,
		Workspaces: []slack.Workspace{
			{TeamID: acme, Name: "Acme", Token: "xoxb-acme", Users: []slack.User{
				{ID: ada, Name: "ada", RealName: "Ada Lovelace", Email: "ada@acme.example", TimeZone: "Europe/Rome"}}},
			{TeamID: globex, Name: "Globex", Token: "xoxb-globex", Users: []slack.User{
				{ID: hank, Name: "hank", RealName: "Hank Scorpio", Email: "hank@globex.example"}}},
		},
	}
	for _, c := range change {
		c(&config)
	}
	var err error
	if w.Server, err = slack.New(config); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(w.Server)
	t.Cleanup(server.Close)
	w.url = server.URL
	w.SetHooksURL(server.URL)
	return w
}

func newApp(t *testing.T) *app {
	t.Helper()
	a := &app{}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		form, err := url.ParseQuery(string(body))
		if err != nil {
			t.Error(err)
		}
		a.mu.Lock()
		a.form, a.header, a.body = form, r.Header, body
		respond := a.respond
		a.mu.Unlock()
		if respond != nil {
			respond(w, r)
		}
	}))
	t.Cleanup(a.Close)
	return a
}

// client is slack-go, with the token, aimed at the double.
func (w *world) client(token string) *slackgo.Client {
	return slackgo.New(token, slackgo.OptionAPIURL(w.url+"/api/"))
}

// typed lets Ada type /meetings and returns what the app received of it.
func (w *world) typed(t *testing.T) url.Values {
	t.Helper()
	if _, err := w.SendCommand(t.Context(), w.app.URL, slack.Command{TeamID: acme, UserID: ada, Command: "/meetings"}); err != nil {
		t.Fatal(err)
	}
	w.app.mu.Lock()
	defer w.app.mu.Unlock()
	return w.app.form
}

func modal(title, externalID string, blocks ...slackgo.Block) slackgo.ModalViewRequest {
	return slackgo.ModalViewRequest{
		Type: slackgo.VTModal, Title: plain(title), ExternalID: externalID,
		Blocks: slackgo.Blocks{BlockSet: append([]slackgo.Block{}, blocks...)},
	}
}

func plain(text string) *slackgo.TextBlockObject {
	return slackgo.NewTextBlockObject(slackgo.PlainTextType, text, false, false)
}

func section(text string) slackgo.Block {
	return slackgo.NewSectionBlock(slackgo.NewTextBlockObject(slackgo.MarkdownType, text, false, false), nil, nil)
}

func (w *world) open(ctx context.Context, token, trigger, externalID string) (*slackgo.ViewResponse, error) {
	return w.client(token).OpenViewContext(ctx, trigger, modal("Meetings", externalID, section("Loading")))
}
