package vendors

import (
	"bufio"
	"fmt"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/followup-dev/followup-operator/test/doubles/awssm"
	"github.com/followup-dev/followup-operator/test/doubles/control"
	"github.com/followup-dev/followup-operator/test/doubles/fathom"
	"github.com/followup-dev/followup-operator/test/doubles/slack"
)

const (
	acme, globex, org = "T0ACME0001", "T0GLOBEX01", "E0UMBRELLA"
	ada, hank, iris   = "U0ADA00001", "U0HANK0001", "U0IRIS0001"
	umbrella          = "T0UMBREL01"
	secret            = "8f742231b10e8888abcd99yyyzzz85a5"
)

// newSlack is Slack with two workspaces, and one of an organisation that has installed the app for all of its own.
func newSlack(t *testing.T, signingSecret string) (double *slack.Server, address string) {
	t.Helper()
	double, err := slack.New(slack.Config{
		App: slack.App{ID: "A0FOLLOWUP", SigningSecret: signingSecret},
		Workspaces: []slack.Workspace{
			{TeamID: acme, Name: "Acme", Token: "xoxb-acme", Users: []slack.User{
				{ID: ada, Name: "ada", RealName: "Ada Lovelace", Email: "ada@acme.example", TimeZone: "Europe/Rome"}}},
			{TeamID: globex, Name: "Globex", Token: "xoxb-globex", Users: []slack.User{{ID: hank, Name: "hank", RealName: "Hank Scorpio"}}},
			{TeamID: umbrella, Name: "Umbrella", Token: "xoxb-org", EnterpriseID: org, OrgInstall: true, Users: []slack.User{
				{ID: iris, Name: "iris", RealName: "Iris Chase"}}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	address = serve(t, double)
	double.SetHooksURL(address)
	return double, address
}

func TestSlackWebAPI(t *testing.T) {
	double, address := newSlack(t, secret)
	vendors, err := fathom.New(fathom.Config{})
	if err != nil {
		t.Fatal(err)
	}
	aws, err := awssm.New(awssm.Config{Region: "eu-south-1"})
	if err != nil {
		t.Fatal(err)
	}
	worked := serve(t, control.NewHandler(control.Doubles{Slack: double, Fathom: vendors, AWS: aws}))
	run(t, "slack-web-api.mjs", map[string]string{"SLACK_URL": address, "CONTROL_URL": worked})
	calls := double.Calls()
	for _, method := range []string{"auth.test", "chat.postMessage", "chat.update", "users.info", "users.lookupByEmail", "views.open", "views.push", "views.update"} {
		if calls[method]["ok"] == 0 {
			t.Errorf("%s: calls %v, want some that succeed", method, calls[method])
		}
	}
	if screens := double.Screens(acme, ada); len(screens) != 1 || len(screens[0].Posts) != 2 {
		t.Errorf("screens = %+v, want the two messages that were posted", screens)
	}
}

// bolt is Bolt with an app, and Slack's double before it.
type bolt struct {
	*slack.Server
	url   string
	lines *bufio.Scanner
}

func newBolt(t *testing.T, signingSecret string) bolt {
	t.Helper()
	double, address := newSlack(t, signingSecret)
	lines := talk(t, "slack-bolt.mjs", map[string]string{
		"SIGNING_SECRET": secret, "SLACK_URL": address, "TOKENS": `{"` + acme + `":"xoxb-acme","` + globex + `":"xoxb-globex","` + org + `":"xoxb-org"}`,
	})
	return bolt{Server: double, url: fmt.Sprintf("http://127.0.0.1:%v/slack/events", next(t, lines)["listening"]), lines: lines}
}

// object is what Bolt says.
type object = map[string]any

var (
	ofAcme = object{"team": acme, "org": false}
	ofOrg  = object{"team": umbrella, "enterprise": org, "org": true}
)

// hears fails unless Bolt has taken the request, for the installation, and understood what is wanted.
func (b bolt) hears(t *testing.T, failure string, err error, installation, want object) {
	t.Helper()
	if err != nil || failure != "" {
		t.Fatalf("Bolt does not take it: %s, %v", failure, err)
	}
	if installation != nil {
		want["for"] = installation
	}
	if diff := cmp.Diff(want, next(t, b.lines)); diff != "" {
		t.Errorf("Bolt (-want +got):\n%s", diff)
	}
}

func (b bolt) types(t *testing.T, team, user, text string, installation object) {
	t.Helper()
	r, err := b.SendCommand(t.Context(), b.url, slack.Command{TeamID: team, UserID: user, Command: "/meetings", Text: text})
	b.hears(t, r.Ack.Error, err, installation, object{"heard": "command", "user": user, "command": "/meetings", "text": text})
}

func (b bolt) presses(t *testing.T, action slack.Action, installation, want object) {
	t.Helper()
	r, err := b.SendAction(t.Context(), b.url, action)
	if err != nil {
		t.Fatal(err)
	}
	want["heard"], want["user"], want["block"] = "action", action.UserID, "paging"
	b.hears(t, r.Ack.Error, err, installation, want)
}

func TestBoltUnderstandsWhatPeopleDo(t *testing.T) {
	b := newBolt(t, secret)
	ctx := t.Context()
	inModal := object{"id": "older", "value": "1.2", "in": "view", "view": "meetings"}

	b.types(t, acme, ada, "message", ofAcme)
	b.presses(t, slack.Action{TeamID: acme, UserID: ada, ActionID: "older"}, ofAcme, object{"id": "older", "value": "1.2", "in": "message", "message": acme})
	b.types(t, acme, ada, "ephemeral", ofAcme)
	b.presses(t, slack.Action{TeamID: acme, UserID: ada, ActionID: "older"}, ofAcme, object{"id": "older", "value": "1.2", "in": "message"})
	for _, r := range b.Requests() {
		if r.Message != nil && (r.Message.Replaced != 1 || !strings.Contains(string(r.Message.Body), "Replaced")) {
			t.Errorf("message = %+v, want it replaced", r.Message)
		}
	}

	b.types(t, acme, ada, "modal", ofAcme)
	b.presses(t, slack.Action{TeamID: acme, UserID: ada, ActionID: "older"}, ofAcme, inModal)
	offered, err := b.SendTyping(ctx, b.url, slack.Typing{TeamID: acme, UserID: ada, ActionID: "find", Text: "weekly"})
	b.hears(t, offered.Ack.Error, err, ofAcme, object{"heard": "options", "user": ada, "id": "find", "value": "weekly"})
	if diff := cmp.Diff([]slack.Option{{Text: "About weekly", Value: "7.8"}}, offered.Options); diff != "" {
		t.Errorf("options (-want +got):\n%s", diff)
	}
	b.presses(t, slack.Action{TeamID: acme, UserID: ada, ActionID: "find", Option: "7.8"}, ofAcme, object{"id": "find", "value": "7.8", "in": "view", "view": "meetings"})
	r, err := b.SendSubmission(ctx, b.url, slack.Submission{TeamID: acme, UserID: ada, Values: map[string]string{"text": "hello"}})
	b.hears(t, r.Ack.Error, err, ofAcme, object{"heard": "submission", "user": ada, "id": "meetings", "typed": "hello"})
	b.types(t, acme, ada, "modal", ofAcme)
	r, err = b.SendClosing(ctx, b.url, acme, ada)
	b.hears(t, r.Ack.Error, err, ofAcme, object{"heard": "closing", "user": ada, "id": "meetings"})

	r, err = b.SendShortcut(ctx, b.url, slack.Shortcut{TeamID: acme, UserID: ada, CallbackID: "meetings"})
	b.hears(t, r.Ack.Error, err, ofAcme, object{"heard": "shortcut", "user": ada, "id": "meetings", "type": "shortcut"})
	r, err = b.SendShortcut(ctx, b.url, slack.Shortcut{TeamID: acme, UserID: ada, CallbackID: "meetings", Message: "That call"})
	b.hears(t, r.Ack.Error, err, ofAcme, object{"heard": "shortcut", "user": ada, "id": "meetings", "type": "message_action", "message": "That call"})
}

func TestBoltFindsTheInstallation(t *testing.T) {
	b := newBolt(t, secret)
	// Of a whole organisation.
	b.types(t, umbrella, iris, "modal", ofOrg)
	b.presses(t, slack.Action{TeamID: umbrella, UserID: iris, ActionID: "older"}, ofOrg, object{"id": "older", "value": "1.2", "in": "view", "view": "meetings"})

	// In a channel of Slack Connect, by a person of a workspace that is not the installation's.
	b.types(t, acme, ada, "message", ofAcme)
	foreign := slack.Action{TeamID: globex, UserID: hank, ActionID: "open", MessageOf: acme}
	b.presses(t, foreign, ofAcme, object{"id": "open", "value": "0", "in": "message", "message": acme})
	r, err := b.SendSubmission(t.Context(), b.url, slack.Submission{TeamID: globex, UserID: hank, Values: map[string]string{"text": "hello"}})
	b.hears(t, r.Ack.Error, err, ofAcme, object{"heard": "submission", "user": hank, "id": "meetings", "typed": "hello"})
}

func TestBoltUnderstandsEvents(t *testing.T) {
	b := newBolt(t, secret)
	tests := map[string]struct {
		event        slack.Event
		installation object // none where Bolt asks for none: the token may be gone
		want         object
	}{
		"tokens_revoked": {
			event: slack.Event{TeamID: acme, Type: slack.TokensRevoked},
			want:  object{"tokens": object{"oauth": []any{}, "bot": []any{"U0FOLLOWUP"}}},
		},
		"app_uninstalled": {event: slack.Event{TeamID: acme, Type: slack.AppUninstalled}, want: object{}},
		"in a channel of Slack Connect": {
			event:        slack.Event{TeamID: acme, Type: "team_rename", SeenBy: globex},
			installation: ofAcme, want: object{},
		},
		"of an organisation": {
			event:        slack.Event{TeamID: umbrella, Type: "team_rename"},
			installation: ofOrg, want: object{},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			d, err := b.SendEvent(t.Context(), b.url, tc.event)
			if err != nil {
				t.Fatal(err)
			}
			tc.want["heard"], tc.want["type"], tc.want["id"] = "event", tc.event.Type, d.Event.ID
			b.hears(t, d.Attempts[0].Ack.Error, err, tc.installation, tc.want)
		})
	}
}

func TestBoltUnderstandsARetry(t *testing.T) {
	b := newBolt(t, secret)
	target, err := url.Parse(b.url)
	if err != nil {
		t.Fatal(err)
	}
	target.Path = ""
	app, sent := httputil.NewSingleHostReverseProxy(target), 0
	flaky := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent++
		if sent == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		app.ServeHTTP(w, r)
	}))
	d, err := b.SendEvent(t.Context(), flaky+"/slack/events", slack.Event{TeamID: acme, Type: slack.AppUninstalled})
	if err != nil {
		t.Fatal(err)
	}
	retried, err := b.RetryEvents(t.Context())
	if err != nil || len(retried) != 1 {
		t.Fatalf("retried = %+v, %v", retried, err)
	}
	b.hears(t, retried[0].Attempts[1].Ack.Error, err, nil,
		object{"heard": "event", "type": slack.AppUninstalled, "id": d.Event.ID, "retry": 1.0, "reason": "http_error"})
}

func TestBoltAnswersSlacksOwnRequests(t *testing.T) {
	b := newBolt(t, secret)
	for kind, want := range map[slack.ProbeKind]string{slack.SSLCheck: "", slack.URLVerification: slack.Challenge} {
		ack, err := b.SendProbe(t.Context(), b.url, kind)
		if err != nil || ack.Status != http.StatusOK || !strings.Contains(ack.Body, want) {
			t.Errorf("%s: ack = %+v, %v", kind, ack, err)
		}
	}
}

func TestBoltRefusesAnotherSignature(t *testing.T) {
	b := newBolt(t, "another-secret")
	r, err := b.SendCommand(t.Context(), b.url, slack.Command{TeamID: acme, UserID: ada, Command: "/meetings"})
	if err != nil || r.Ack.Status != http.StatusUnauthorized {
		t.Errorf("ack = %+v, %v; want 401", r.Ack, err)
	}
}
