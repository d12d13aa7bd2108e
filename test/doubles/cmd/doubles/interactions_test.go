package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	slackgo "github.com/slack-go/slack"

	"github.com/followup-dev/followup-operator/test/doubles/control"
	"github.com/followup-dev/followup-operator/test/doubles/slack"
)

// finder is an app with a button and a search box in a modal.
func finder(t *testing.T, slackURL string) string {
	t.Helper()
	text := func(s string) *slackgo.TextBlockObject {
		return slackgo.NewTextBlockObject(slackgo.PlainTextType, s, false, false)
	}
	view := slackgo.ModalViewRequest{
		Type: slackgo.VTModal, Title: text("Meetings"), Submit: text("Done"), NotifyOnClose: true,
		Blocks: slackgo.Blocks{BlockSet: []slackgo.Block{slackgo.NewActionBlock("paging",
			slackgo.NewButtonBlockElement("older", "1", text("Older")),
			slackgo.NewOptionsSelectBlockElement(slackgo.OptTypeExternal, text("Search"), "find"),
		)}},
	}
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		payload := r.PostForm.Get("payload")
		if strings.Contains(payload, `"type":"block_suggestion"`) {
			_, _ = io.WriteString(w, `{"options":[{"text":{"type":"plain_text","text":"Weekly"},"value":"7"}]}`)
		}
		if payload != "" {
			return
		}
		client := slackgo.New("xoxb-acme", slackgo.OptionAPIURL(slackURL+"/api/"))
		if _, err := client.OpenViewContext(r.Context(), r.PostForm.Get("trigger_id"), view); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(app.Close)
	return app.URL
}

func TestInteractionsThroughTheControlAPI(t *testing.T) {
	p := launch(t)
	app := finder(t, p.address["slack"])
	if _, err := p.Send(t.Context(), control.Command{Team: "T0ACME00001", User: "U0ADA000001", Command: "/meetings", WebhookURL: app}); err != nil {
		t.Fatal(err)
	}
	for _, i := range []control.Interaction{
		{Kind: slack.KindBlockActions, ActionID: "older"},
		{Kind: slack.KindBlockSuggestion, ActionID: "find", Text: "week"},
		{Kind: slack.KindBlockActions, ActionID: "find", Option: "7"},
		{Kind: slack.KindShortcut, CallbackID: "meetings"},
		{Kind: slack.KindMessageAction, CallbackID: "meetings", Text: "About that call"},
		{Kind: slack.KindViewSubmission},
	} {
		i.Team, i.User, i.WebhookURL = "T0ACME00001", "U0ADA000001", app
		sent, err := p.Interact(t.Context(), i)
		if err != nil || sent.Status != http.StatusOK || sent.Error != "" || (i.Kind == slack.KindBlockSuggestion) != (len(sent.Options) == 1) {
			t.Errorf("%s: sent = %+v, %v", i.Kind, sent, err)
		}
	}
	for want, i := range map[string]control.Interaction{
		"no modal open":          {Kind: slack.KindViewClosed},
		`kind: "explode"`:        {Kind: "explode"},
		"text: want the message": {Kind: slack.KindMessageAction},
		`sees no action "older"`: {Kind: slack.KindBlockActions, ActionID: "older"},
	} {
		i.Team, i.User, i.WebhookURL = "T0ACME00001", "U0ADA000001", app
		if _, err := p.Interact(t.Context(), i); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error = %v, want it to say %s", err, want)
		}
	}
	calls, err := p.Calls(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var labels []string
	for _, r := range calls.Requests {
		labels = append(labels, string(r.Kind)+" "+r.Label)
	}
	want := []string{
		"command ", "block_actions Older", "block_actions Weekly", "shortcut meetings", "message_action meetings", "view_submission Meetings",
	}
	if diff := cmp.Diff(want, labels); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func TestAnUninstallationThroughTheControlAPI(t *testing.T) {
	p := launch(t)
	available := false
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if !available {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	t.Cleanup(app.Close)
	if err := p.SetInstallation(t.Context(), control.Installation{Team: "T0ACME00001"}); err != nil {
		t.Fatal(err)
	}
	client := slackgo.New("xoxb-acme", slackgo.OptionAPIURL(p.address["slack"]+"/api/"))
	if _, err := client.AuthTestContext(t.Context()); err == nil || err.Error() != "account_inactive" {
		t.Errorf("auth.test = %v, want account_inactive", err)
	}
	event := control.Event{Event: slack.Event{TeamID: "T0ACME00001", Type: slack.AppUninstalled}, WebhookURL: app.URL}
	if sent, err := p.SendEvent(t.Context(), event); err != nil || sent.Due.IsZero() {
		t.Errorf("delivery = %+v, %v; want a retry to come", sent, err)
	}
	available = true
	if retried, err := p.RetryEvents(t.Context()); err != nil || len(retried) != 1 || len(retried[0].Attempts) != 2 || !retried[0].Due.IsZero() {
		t.Errorf("retried = %+v, %v; want it taken", retried, err)
	}
	if err := p.SetInstallation(t.Context(), control.Installation{Team: "T0ACME00001", Token: "xoxb-acme"}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.AuthTestContext(t.Context()); err != nil {
		t.Errorf("auth.test after the new installation = %v", err)
	}
}
