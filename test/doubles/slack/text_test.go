package slack_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/followup-dev/followup-operator/test/doubles/slack"
)

func TestAScreenAsText(t *testing.T) {
	w := newWorld(t)
	form := w.typed(t)
	w.clock.Advance(12 * time.Millisecond)
	if _, err := w.open(t.Context(), "xoxb-acme", form.Get("trigger_id"), "req-1"); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(240 * time.Millisecond)
	view := modal("Meetings", "req-1", section("*Three* meetings"))
	if _, err := w.client("xoxb-acme").UpdateViewContext(t.Context(), view, "req-1", "", ""); err != nil {
		t.Fatal(err)
	}
	answer, err := http.Post(form.Get("response_url"), "application/json", strings.NewReader(`{"text":"*Done*\nReally"}`))
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	w.app.respond = func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "Paused") }
	if _, err := w.SendCommand(t.Context(), w.app.URL, slack.Command{TeamID: acme, UserID: ada, Command: "/followup", Text: "help"}); err != nil {
		t.Fatal(err)
	}
	want := `Ada Lovelace, in Acme, types: /meetings
╭──────────────────────────────────────────────────────────────────────╮
│ Meetings                                                           ✕ │
├──────────────────────────────────────────────────────────────────────┤
│ Three meetings                                                       │
├──────────────────────────────────────────────────────────────────────┤
│                                                            [ Close ] │
╰──────────────────────────────────────────────────────────────────────╯
  opened 12ms after the command, filled in after 252ms
┃ (only visible to you)
┃ Done
┃ Really
  252ms after the command

Ada Lovelace, in Acme, types: /followup help
┃ (only visible to you)
┃ Paused
`
	if diff := cmp.Diff(want, w.Screens(acme, ada)[0].String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
