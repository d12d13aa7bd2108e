package slack_test

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	slackgo "github.com/slack-go/slack"

	"github.com/followup-dev/followup-operator/test/doubles/fault"
	"github.com/followup-dev/followup-operator/test/doubles/slack"
)

// The example of https://docs.slack.dev/authentication/verifying-requests-from-slack.
func TestSignIsSlacksSignature(t *testing.T) {
	body := "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar" +
		"&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=" +
		"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN" +
		"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
	want := "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
	if got := slack.Sign(secret, "1531420618", []byte(body)); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestACommandCarriesWhatSlackSends(t *testing.T) {
	w := newWorld(t, func(c *slack.Config) { c.Now = nil }) // slack-go's verifier knows no clock but the machine's
	if _, err := w.SendCommand(t.Context(), w.app.URL, slack.Command{TeamID: acme, UserID: ada, Command: "/meetings", Text: "acme & co"}); err != nil {
		t.Fatal(err)
	}
	verifier, err := slackgo.NewSecretsVerifier(w.app.header, secret)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := verifier.Write(w.app.body); err != nil {
		t.Fatal(err)
	}
	if err := verifier.Ensure(); err != nil {
		t.Errorf("slack-go does not take the signature: %v", err)
	}

	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "/", bytes.NewReader(w.app.body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = w.app.header
	got, err := slackgo.SlashCommandParse(r)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(got.ResponseURL, w.url+"/commands/"+acme+"/") || got.TriggerID == "" {
		t.Errorf("response_url = %q, trigger_id = %q", got.ResponseURL, got.TriggerID)
	}
	got.ResponseURL, got.TriggerID, got.Token = "", "", ""
	want := slackgo.SlashCommand{
		TeamID: acme, TeamDomain: "acme", ChannelID: "C0GENERAL1", ChannelName: "general", UserID: ada, UserName: "ada",
		Command: "/meetings", Text: "acme & co", APIAppID: "A0FOLLOWUP",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("command (-want +got):\n%s", diff)
	}
}

func TestAnOrgWideInstallationIsNamed(t *testing.T) {
	w := newWorld(t, func(c *slack.Config) {
		for i := range c.Workspaces {
			c.Workspaces[i].EnterpriseID, c.Workspaces[i].OrgInstall, c.Workspaces[i].Token = "E0UMBRELLA", true, "xoxb-org"
		}
	})
	form := w.typed(t)
	if form.Get("enterprise_id") != "E0UMBRELLA" || form.Get("is_enterprise_install") != "true" {
		t.Errorf("form = %v, want the organisation and its installation", form)
	}
	if _, err := w.open(t.Context(), "xoxb-org", form.Get("trigger_id"), ""); err != nil {
		t.Error(err)
	}
	if _, err := w.client("xoxb-org").GetUserInfoContext(t.Context(), hank); err != nil {
		t.Error(err)
	}
}

func TestAcknowledgements(t *testing.T) {
	answer := func(status int, contentType, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", contentType)
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}
	tests := map[string]struct {
		respond http.HandlerFunc
		want    slack.Ack
	}{
		"empty": {respond: answer(200, "", ""), want: slack.Ack{Status: 200}},
		"text": {respond: answer(200, "text/plain", "Paused"), want: slack.Ack{
			Status: 200, Body: "Paused", Message: &slack.Message{Ephemeral: true, Body: []byte(`{"text":"Paused"}`)}}},
		"ephemeral JSON": {respond: answer(200, "application/json", `{"response_type":"ephemeral","text":"Paused"}`), want: slack.Ack{
			Status: 200, Body: `{"response_type":"ephemeral","text":"Paused"}`,
			Message: &slack.Message{Ephemeral: true, Body: []byte(`{"response_type":"ephemeral","text":"Paused"}`)}}},
		"JSON for the channel": {respond: answer(200, "application/json", `{"response_type":"in_channel","text":"Hi"}`), want: slack.Ack{
			Status: 200, Body: `{"response_type":"in_channel","text":"Hi"}`,
			Message: &slack.Message{Body: []byte(`{"response_type":"in_channel","text":"Hi"}`)}}},
		"JSON that says nothing": {respond: answer(200, "application/json", `{}`), want: slack.Ack{
			Status: 200, Body: `{}`, Message: &slack.Message{Problems: []string{"no_text"}}}},
		"an error": {respond: answer(500, "", "oops"), want: slack.Ack{Status: 500, Body: "oops", Error: "dispatch_failed"}},
		"a redirect": {respond: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(http.StatusFound)
		}, want: slack.Ack{Status: 302, Error: "dispatch_failed"}},
		"a closed connection": {respond: func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, want: slack.Ack{Error: "dispatch_failed"}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.app.respond = tc.respond
			request, err := w.SendCommand(t.Context(), w.app.URL, slack.Command{TeamID: acme, UserID: ada, Command: "/meetings"})
			if err != nil {
				t.Fatal(err)
			}
			got := *request.Ack
			got.Latency = 0
			if got.Message != nil {
				got.Message.At, got.Message.TS, got.Message.Channel = time.Time{}, "", ""
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("ack (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCommandsThatNobodyCanType(t *testing.T) {
	w := newWorld(t)
	for name, c := range map[string]slack.Command{
		"unknown workspace":         {TeamID: "T0NOWHERE0", UserID: ada, Command: "/meetings"},
		"user of another workspace": {TeamID: acme, UserID: hank, Command: "/meetings"},
		"no slash":                  {TeamID: acme, UserID: ada, Command: "meetings"},
	} {
		if _, err := w.SendCommand(t.Context(), w.app.URL, c); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestProbes(t *testing.T) {
	w := newWorld(t)
	if _, err := w.SendProbe(t.Context(), w.app.URL, slack.SSLCheck); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(url.Values{"ssl_check": {"1"}, "token": {"deprecated"}}, w.app.form); diff != "" {
		t.Errorf("ssl_check (-want +got):\n%s", diff)
	}
	w.app.respond = func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, slack.Challenge) }
	ack, err := w.SendProbe(t.Context(), w.app.URL, slack.URLVerification)
	if err != nil || ack.Body != slack.Challenge {
		t.Errorf("ack = %+v, error %v; want the challenge", ack, err)
	}
	if !strings.Contains(string(w.app.body), `"type":"url_verification"`) {
		t.Errorf("body = %s", w.app.body)
	}
	if len(w.Requests()) != 0 {
		t.Error("a probe shows up as a user's request")
	}
}

func TestResponseURLs(t *testing.T) {
	w := newWorld(t)
	hook := w.typed(t).Get("response_url")
	post := func(body string) (int, string) {
		t.Helper()
		answer, err := http.Post(hook, "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		received, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer.StatusCode, string(received)
	}
	want := func(body string, status int, answer string) {
		t.Helper()
		if gotStatus, got := post(body); gotStatus != status || got != answer {
			t.Errorf("%s: answer %d %s, want %d %s", body, gotStatus, got, status, answer)
		}
	}
	want(`{`, 400, `{"error":"invalid_payload","ok":false}`)
	want(`{"txet":"typo"}`, 400, `{"error":"invalid_blocks","ok":false}`)
	want(`{}`, 400, `{"error":"no_text","ok":false}`)
	err := slackgo.PostWebhookContext(t.Context(), hook, &slackgo.WebhookMessage{Text: "1", ResponseType: slackgo.ResponseTypeEphemeral})
	wantError(t, err, "")
	for _, text := range []string{"2", "3", "4", "5"} {
		want(`{"text":"`+text+`"}`, 200, `{"ok":true}`)
	}
	want(`{"text":"6"}`, 404, `{"error":"used_url","ok":false}`)

	request := w.Requests()[0]
	if len(request.Messages) != 5 || !request.Messages[0].Ephemeral {
		t.Errorf("messages = %+v, want five ephemeral ones", request.Messages)
	}
	hook = w.typed(t).Get("response_url")
	w.clock.Advance(30 * time.Minute)
	want(`{"text":"in time"}`, 200, `{"ok":true}`)
	w.clock.Advance(time.Second)
	want(`{"text":"late"}`, 404, `{"error":"Expired url","ok":false}`)
	hook += "x"
	want(`{"text":"guessed"}`, 404, `{"error":"no_service","ok":false}`)
}

func TestADroppedAnswerHasDoneItsWork(t *testing.T) {
	w := newWorld(t)
	hook := w.typed(t).Get("response_url")
	for kind, messages := range map[fault.Kind]int{fault.Drop: 0, fault.DropAfter: 1} {
		before := len(w.Requests()[0].Messages)
		if err := w.Fail("response_url", fault.Fault{Kind: kind}); err != nil {
			t.Fatal(err)
		}
		if answer, err := http.Post(hook, "application/json", strings.NewReader(`{"text":"hello"}`)); err == nil {
			_ = answer.Body.Close()
			t.Errorf("%s: got an answer", kind)
		}
		if got := len(w.Requests()[0].Messages) - before; got != messages {
			t.Errorf("%s: the user sees %d messages, want %d", kind, got, messages)
		}
	}
}

func TestScreensShowEachUserTheirOwn(t *testing.T) {
	w := newWorld(t)
	if _, err := w.open(t.Context(), "xoxb-acme", w.typed(t).Get("trigger_id"), "req-1"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.SendCommand(t.Context(), w.app.URL, slack.Command{TeamID: globex, UserID: hank, Command: "/followup"}); err != nil {
		t.Fatal(err)
	}
	screens := w.Screens("", "")
	if len(screens) != 2 || screens[0].User != "Ada Lovelace" || screens[1].Workspace != "Globex" {
		t.Fatalf("screens = %+v, want Ada's and Hank's", screens)
	}
	if len(screens[0].Requests[0].Modals) != 1 || len(screens[1].Requests[0].Modals) != 0 {
		t.Errorf("screens = %+v, want one modal, on Ada's", screens)
	}
	if selected := w.Screens(globex, ""); len(selected) != 1 || selected[0].UserID != hank {
		t.Errorf("screens of Globex = %+v", selected)
	}
}

func TestConfigurationsThatCannotBe(t *testing.T) {
	ok := slack.Workspace{TeamID: acme, Token: "xoxb-acme"}
	app := slack.App{ID: "A0FOLLOWUP", SigningSecret: secret}
	tests := map[string]slack.Config{
		"no signing secret":     {App: slack.App{ID: "A0FOLLOWUP"}},
		"no token":              {App: app, Workspaces: []slack.Workspace{{TeamID: acme}}},
		"a team twice":          {App: app, Workspaces: []slack.Workspace{ok, ok}},
		"a token twice":         {App: app, Workspaces: []slack.Workspace{ok, {TeamID: globex, Token: "xoxb-acme"}}},
		"an org without its ID": {App: app, Workspaces: []slack.Workspace{{TeamID: acme, Token: "x", OrgInstall: true}}},
		"a user twice":          {App: app, Workspaces: []slack.Workspace{{TeamID: acme, Token: "x", Users: []slack.User{{ID: ada}, {ID: ada}}}}},
	}
	for name, c := range tests {
		if _, err := slack.New(c); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestALateAppIsATimeoutToTheUser(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // no listener in here: it would wait for ever
		var waited time.Duration
		double, err := slack.New(slack.Config{
			App:        slack.App{ID: "A0FOLLOWUP", SigningSecret: secret},
			Workspaces: []slack.Workspace{{TeamID: acme, Token: "xoxb-acme", Users: []slack.User{{ID: ada}}}},
			Client: &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
				start := time.Now()
				<-r.Context().Done()
				waited = time.Since(start)
				return nil, r.Context().Err()
			})},
		})
		if err != nil {
			t.Fatal(err)
		}
		request, err := double.SendCommand(t.Context(), "http://app.example", slack.Command{TeamID: acme, UserID: ada, Command: "/meetings"})
		if err != nil || request.Ack.Error != "operation_timeout" || waited != 3*time.Second {
			t.Errorf("ack = %+v after %s, error %v; want operation_timeout after 3s", request.Ack, waited, err)
		}
	})
}
