package main

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	slackgo "github.com/slack-go/slack"

	"github.com/followup-dev/followup-operator/test/doubles/control"
	"github.com/followup-dev/followup-operator/test/doubles/fault"
	"github.com/followup-dev/followup-operator/test/doubles/slack"
)

// process is the program, running on ports of its own.
type process struct {
	*control.Client
	address map[string]string
}

func launch(t *testing.T) process {
	t.Helper()
	const free = "127.0.0.1:0"
	s, err := start(t.Context(), options{control: free, slack: free, fathom: free, aws: free, anthropic: free, crono: free, google: free, seed: "../../seed/testdata/seed.json"})
	if err != nil {
		t.Fatal(err)
	}
	p := process{address: map[string]string{}}
	for _, l := range s.listeners {
		p.address[l.name] = "http://" + l.Addr().String()
	}
	p.Client = control.NewClient(p.address["control"])
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- s.serve(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return p
}

// meetings is an app that opens a modal and says so.
func meetings(t *testing.T, slackURL string) string {
	t.Helper()
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		form, err := url.ParseQuery(string(body))
		if err != nil {
			t.Error(err)
		}
		if form.Get("ssl_check") != "" {
			return
		}
		title := slackgo.NewTextBlockObject(slackgo.PlainTextType, "Meetings", false, false)
		view := slackgo.ModalViewRequest{Type: slackgo.VTModal, Title: title, Blocks: slackgo.Blocks{BlockSet: []slackgo.Block{slackgo.NewDividerBlock()}}}
		client := slackgo.New("xoxb-acme", slackgo.OptionAPIURL(slackURL+"/api/"))
		if _, err := client.OpenViewContext(r.Context(), form.Get("trigger_id"), view); err != nil {
			_, _ = io.WriteString(w, err.Error())
			return
		}
		if err := slackgo.PostWebhookContext(r.Context(), form.Get("response_url"), &slackgo.WebhookMessage{Text: "done"}); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(app.Close)
	return app.URL
}

func TestACommandThroughTheControlAPI(t *testing.T) {
	p := launch(t)
	ctx := t.Context()
	if err := p.Healthy(ctx); err != nil {
		t.Fatal(err)
	}
	command := control.Command{Team: "T0ACME00001", User: "U0ADA000001", Command: "/meetings", WebhookURL: meetings(t, p.address["slack"])}
	sent, err := p.Send(ctx, command)
	if err != nil || sent.Status != 200 || sent.RequestID != "R1" || sent.Body != "" {
		t.Fatalf("sent = %+v, %v", sent, err)
	}
	if err := p.Fail(ctx, control.Slack, "views.open", fault.Fault{Kind: fault.Error, Code: "fatal_error", Times: fault.Always}); err != nil {
		t.Fatal(err)
	}
	if sent, err = p.Send(ctx, command); err != nil || sent.Body != "fatal_error" {
		t.Errorf("sent = %+v, %v; want the app to meet the fault", sent, err)
	}
	if err := p.ClearFaults(ctx); err != nil {
		t.Fatal(err)
	}

	calls, err := p.Calls(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]int{"ok": 1, "fault:error": 1}, calls.Counts[control.Slack]["views.open"]); diff != "" {
		t.Errorf("views.open (-want +got):\n%s", diff)
	}
	type row struct{ ModalsOpened, ModalUpdates, Messages int }
	var rows []row
	for _, r := range calls.Requests {
		rows = append(rows, row{r.ModalsOpened, r.ModalUpdates, r.Messages})
	}
	if diff := cmp.Diff([]row{{1, 0, 1}, {0, 0, 0}}, rows); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	screens, err := p.Screens(ctx, "T0ACME00001", "")
	if err != nil || len(screens) != 1 || !strings.Contains(screens[0].String(), "│ Meetings ") {
		t.Errorf("screens = %+v, %v", screens, err)
	}
	if err := p.ResetCalls(ctx); err != nil {
		t.Fatal(err)
	}
	if calls, err = p.Calls(ctx); err != nil || len(calls.Counts[control.Slack]) != 0 || len(calls.Requests) != 2 {
		t.Errorf("calls after the reset = %+v, %v", calls, err)
	}
	probed, err := p.Probe(ctx, control.Probe{Kind: slack.SSLCheck, WebhookURL: command.WebhookURL})
	if err != nil || probed.Status != 200 {
		t.Errorf("probe = %+v, %v", probed, err)
	}
}

func TestScreensAsText(t *testing.T) {
	p := launch(t)
	_, err := p.Send(t.Context(), control.Command{Team: "T0ACME00001", User: "U0ADA000001", Command: "/meetings", WebhookURL: meetings(t, p.address["slack"])})
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.Get(p.address["control"] + "/control/screens?format=text&user=U0ADA000001")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || !strings.HasPrefix(string(text), "Ada Lovelace, in Acme, types: /meetings\n╭─") {
		t.Errorf("text = %s, %v", text, err)
	}
}

func TestMistakesOfTheCallerAreNamed(t *testing.T) {
	p := launch(t)
	ctx := t.Context()
	_, unknownUser := p.Send(ctx, control.Command{Team: "T0ACME00001", User: "U0NOBODY", Command: "/meetings", WebhookURL: "http://x"})
	for want, err := range map[string]error{
		`user "U0NOBODY"`:     unknownUser,
		`vendor: "jira"`:      p.Fail(ctx, "jira", "x", fault.Fault{Kind: fault.Drop}),
		`operation "vi.open"`: p.Fail(ctx, control.Slack, "vi.open", fault.Fault{Kind: fault.Drop}),
		`kind: "explode"`:     p.Fail(ctx, control.AWS, "GetSecretValue", fault.Fault{Kind: "explode"}),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error = %v, want it to name %s", err, want)
		}
	}
	answer, err := http.Post(p.address["control"]+"/control/commands", "application/json", strings.NewReader(`{"usr":"x"}`))
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusBadRequest {
		t.Errorf("a misspelt property: status %d, want 400", answer.StatusCode)
	}
}

func TestEachDoubleHasItsPort(t *testing.T) {
	p := launch(t)
	for name, path := range map[string]string{"slack": "/api/users.info", "fathom": "/external/v1/meetings", "aws": "/"} {
		answer, err := http.Get(p.address[name] + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		want := map[string]string{"slack": "not_authed", "fathom": "unauthorized", "aws": "UnknownOperationException"}[name]
		if !strings.Contains(string(body), want) {
			t.Errorf("%s: answer %s, want %s", name, body, want)
		}
	}
}

func TestFlags(t *testing.T) {
	for name, args := range map[string][]string{
		"no seed":      nil,
		"unknown flag": {"--sed=x"},
		"an argument":  {"--seed=x", "y"},
	} {
		if _, err := parse(args); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
