package slackui

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/followup-dev/followup-operator/internal/credentials"
	"github.com/followup-dev/followup-operator/internal/followup"
	"github.com/followup-dev/followup-operator/internal/outcome"
	"github.com/followup-dev/followup-operator/internal/slackapi"
	"github.com/followup-dev/followup-operator/internal/tenancy"
	"github.com/followup-dev/followup-operator/internal/vendorhttp"
	"github.com/followup-dev/followup-operator/test/doubles/slack"
)

const team, jane = "T0ACME0001", "U0JANE0001"

// workspace is a person before Slack, and an app that acknowledges all they do.
type workspace struct {
	t      *testing.T
	slack  *slack.Server
	bot    *slackapi.Bot
	app    string // its URL
	now    time.Time
	clicks []interaction // what reached the app
}

// interaction is what a command's form and a payload have in common, and what was clicked on.
type interaction struct {
	Type        string `json:"type"`
	TriggerID   string `json:"trigger_id"`
	ResponseURL string `json:"response_url"`
	View        *struct {
		ID             string `json:"id"`
		CallbackID     string `json:"callback_id"`
		PreviousViewID string `json:"previous_view_id"`
	} `json:"view"`
	Container struct {
		Ephemeral bool `json:"is_ephemeral"`
	} `json:"container"`
	Actions []struct {
		ActionID       string `json:"action_id"`
		Value          string `json:"value"`
		SelectedOption struct {
			Value string `json:"value"`
		} `json:"selected_option"`
	} `json:"actions"`
}

func newWorkspace(t *testing.T) *workspace {
	t.Helper()
	w := &workspace{t: t, now: noon}
	double, err := slack.New(slack.Config{
		App: slack.App{ID: "A0FOLLOWUP", SigningSecret: "signing"}, Now: func() time.Time { return w.now },
		Workspaces: []slack.Workspace{{TeamID: team, Name: "Acme", Token: "xoxb-acme", Users: []slack.User{{ID: jane, Name: "jane", RealName: "Jane Roe"}}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	vendor, app := httptest.NewServer(double), httptest.NewServer(http.HandlerFunc(w.acknowledge))
	t.Cleanup(vendor.Close)
	t.Cleanup(app.Close)
	double.SetHooksURL(vendor.URL)
	api, err := slackapi.New(vendorhttp.New(nil, func(outcome.Call) {}), vendor.URL+"/api/", vendor.URL, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	w.slack, w.app, w.bot = double, app.URL, api.Bot(credentials.NewSecret("xoxb-acme"))
	return w
}

func (w *workspace) acknowledge(rw http.ResponseWriter, r *http.Request) {
	got := interaction{TriggerID: r.PostFormValue("trigger_id"), ResponseURL: r.PostFormValue("response_url")}
	if payload := r.PostFormValue("payload"); payload != "" {
		if err := json.Unmarshal([]byte(payload), &got); err != nil {
			w.t.Error(err)
		}
	}
	w.clicks = append(w.clicks, got)
	if got.Type == "block_suggestion" {
		rw.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(rw).Encode(Suggestions([]followup.Meeting{picked}, italy))
	}
}

var (
	italy  = tenancy.Tenant{Locale: "it", TimeZone: "Europe/Rome"}
	picked = followup.Meeting{RecordingID: "7", CreatedAt: time.Unix(1795447800, 0), Title: "Revisione"}
)

// screen answers the last thing that the person did.
func (w *workspace) screen() *Screen {
	last := w.clicks[len(w.clicks)-1]
	req := Request{Key: last.TriggerID, TriggerID: last.TriggerID, ResponseURL: last.ResponseURL, ReceivedAt: noon, SlackUserID: jane}
	if last.View != nil {
		req.ViewID = last.View.ID
	}
	req.InMessage = last.Type == "block_actions" && last.View == nil
	return New(w.bot, req, italy, func() time.Time { return w.now }, slog.New(slog.DiscardHandler))
}

func (w *workspace) do(steps ...error) {
	w.t.Helper()
	for _, err := range steps {
		if err != nil {
			w.t.Fatal(err)
		}
	}
}

func (w *workspace) command() error {
	_, err := w.slack.SendCommand(w.t.Context(), w.app, slack.Command{TeamID: team, UserID: jane, Command: "/meetings"})
	return err
}

func (w *workspace) press(action, option string) error {
	_, err := w.slack.SendAction(w.t.Context(), w.app, slack.Action{TeamID: team, UserID: jane, ActionID: action, Option: option})
	return err
}

// sees is the person's screen as text.
func (w *workspace) sees() string {
	w.t.Helper()
	screens := w.slack.Screens(team, jane)
	if len(screens) != 1 {
		w.t.Fatalf("%d screens", len(screens))
	}
	return screens[0].String()
}

func (w *workspace) modals() (all []*slack.Modal) {
	for _, r := range w.slack.Requests() {
		all = append(all, r.Modals...)
	}
	return all
}

// show runs a job on the screen: loading, then the result.
func (w *workspace) show(result func(*Screen) error) {
	w.t.Helper()
	screen := w.screen()
	w.do(screen.Loading(w.t.Context()), result(screen))
}

func (w *workspace) meetings(list followup.List) func(*Screen) error {
	return func(s *Screen) error { return s.Meetings(w.t.Context(), list) }
}

func TestAPersonPagesAndSearchesInOneModal(t *testing.T) {
	w := newWorkspace(t)
	w.do(w.command())
	w.show(w.meetings(some(followup.List{Newest: true, Older: earlier})))

	w.do(w.press(ActionOlder, ""))
	click := w.clicks[1]
	if diff := cmp.Diff(earlier.String(), click.Actions[0].Value); diff != "" || click.View.CallbackID != CallbackMeetings {
		t.Errorf("the click says %+v", click)
	}
	w.show(w.meetings(followup.List{}))
	if !strings.Contains(w.sees(), "Non ci sono riunioni precedenti.") {
		t.Errorf("after a click on older:\n%s", w.sees())
	}

	found, err := w.slack.SendTyping(t.Context(), w.app, slack.Typing{TeamID: team, UserID: jane, ActionID: ActionFind, Text: "r"})
	w.do(err)
	if diff := cmp.Diff([]slack.Option{{Text: "Revisione · 23 nov 2026", Value: "1795447800.7"}}, found.Options); diff != "" {
		t.Errorf("options (-want +got):\n%s", diff)
	}
	w.do(w.press(ActionFind, "1795447800.7"))
	if got := w.clicks[len(w.clicks)-1].Actions[0].SelectedOption.Value; got != "1795447800.7" {
		t.Errorf("picked %q", got)
	}
	w.show(func(s *Screen) error { return s.Meeting(t.Context(), picked, "") })
	if !strings.Contains(w.sees(), "Revisione") {
		t.Errorf("after a pick:\n%s", w.sees())
	}

	w.do(w.press(ActionNewest, ""))
	w.slack.CloseModals(team, jane)
	w.show(w.meetings(some(followup.List{Newest: true})))

	modals := w.modals()
	if len(modals) != 1 || modals[0].Updates() != 5 { // filled, then loading and filled for two clicks
		t.Errorf("%d modals:\n%s", len(modals), w.sees())
	}
	if seen := w.sees(); strings.Contains(seen, "only visible to you") {
		t.Errorf("a message beside the modal:\n%s", seen)
	}
}

func TestAPersonPagesInAMessage(t *testing.T) {
	tests := map[string]func(*workspace) error{
		"of a command": (*workspace).command,
		"of a global shortcut": func(w *workspace) error {
			_, err := w.slack.SendShortcut(w.t.Context(), w.app, slack.Shortcut{TeamID: team, UserID: jane, CallbackID: ShortcutMeetings})
			return err
		},
		"of a shortcut on a message": func(w *workspace) error {
			_, err := w.slack.SendShortcut(w.t.Context(), w.app, slack.Shortcut{TeamID: team, UserID: jane, CallbackID: ShortcutMeetings, Message: "hello"})
			return err
		},
	}
	for name, ask := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorkspace(t)
			w.do(ask(w))
			w.now = noon.Add(10 * time.Second) // no trigger lives that long
			w.show(w.meetings(some(followup.List{Newest: true, Older: earlier})))
			if !strings.Contains(w.sees(), "QBR") || len(w.modals()) != 0 {
				t.Fatalf("instead of a modal:\n%s", w.sees())
			}
			w.do(w.press(ActionOlder, ""))
			w.show(w.meetings(followup.List{}))
			if seen := w.sees(); !strings.Contains(seen, "Non ci sono riunioni precedenti.") || strings.Contains(seen, "QBR") {
				t.Errorf("after a click on older:\n%s", seen)
			}
		})
	}
}

func TestANoticeLiesOverTheModal(t *testing.T) {
	w := newWorkspace(t)
	w.do(w.command())
	w.show(w.meetings(some(followup.List{Newest: true, Older: earlier})))
	w.do(w.press(ActionOlder, ""))
	w.do(w.bot.PushView(t.Context(), w.clicks[1].TriggerID, NoticeModal("it", "Followup è in pausa.")))
	if !strings.Contains(w.sees(), "Followup è in pausa.") || len(w.modals()) != 2 {
		t.Errorf("after a push:\n%s", w.sees())
	}
}
