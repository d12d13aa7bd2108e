package slack_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	slackgo "github.com/slack-go/slack"

	"github.com/followup-dev/followup-operator/test/doubles/slack"
)

func TestMessagesToAPersonOrAChannel(t *testing.T) {
	w := newWorld(t)
	channel, ts, err := w.client("xoxb-acme").PostMessageContext(t.Context(), ada, slackgo.MsgOptionText("Hello", false), slackgo.MsgOptionBlocks(section("*Hello*")))
	if err != nil || channel != "D0ADA00001" || ts == "" {
		t.Fatalf("channel %s, ts %s, %v", channel, ts, err)
	}
	if _, _, err := w.client("xoxb-acme").PostMessageContext(t.Context(), channel, slackgo.MsgOptionText("Again", false)); err != nil {
		t.Error(err)
	}
	if _, _, err := w.client("xoxb-acme").PostMessageContext(t.Context(), "C0GENERAL1", slackgo.MsgOptionText("All", false)); err != nil {
		t.Error(err)
	}
	screens := w.Screens("", "")
	if len(screens) != 1 || len(screens[0].Posts) != 3 || screens[0].UserID != ada || screens[0].Posts[0].TS != ts {
		t.Errorf("screens = %+v, want three messages on Ada's", screens)
	}
}

func TestMessagesThatCannotBePosted(t *testing.T) {
	tests := map[string]struct {
		args    map[string]any
		scopes  []string
		want    string
		outcome string
	}{
		"no channel":              {args: map[string]any{"text": "x"}, want: "invalid_arguments"},
		"unknown channel":         {args: map[string]any{"channel": "C0NOWHERE", "text": "x"}, want: "channel_not_found"},
		"person elsewhere":        {args: map[string]any{"channel": hank, "text": "x"}, want: "channel_not_found", outcome: "wrong_team"},
		"nothing to say":          {args: map[string]any{"channel": ada}, want: "no_text"},
		"blocks that break":       {args: map[string]any{"channel": ada, "blocks": []any{map[string]any{"type": "nope"}}}, want: "invalid_blocks"},
		"blocks that are no list": {args: map[string]any{"channel": ada, "blocks": "["}, want: "invalid_arguments"},
		"unknown argument":        {args: map[string]any{"channel": ada, "text": "x", "txet": "y"}, want: "invalid_arguments"},
		"without the scope":       {args: map[string]any{"channel": ada, "text": "x"}, scopes: []string{"commands"}, want: "missing_scope"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, func(c *slack.Config) { c.Workspaces[0].Scopes = tc.scopes })
			w.want(t, tc.want, "xoxb-acme", "chat.postMessage", tc.args)
			if tc.outcome == "" {
				tc.outcome = tc.want
			}
			if diff := cmp.Diff(map[string]int{tc.outcome: 1}, w.Calls()["chat.postMessage"]); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTokensEnd(t *testing.T) {
	w := newWorld(t)
	ends := func(want, token string) {
		t.Helper()
		_, err := w.client(token).AuthTestContext(t.Context())
		wantError(t, err, want)
	}
	identity, err := w.client("xoxb-acme").AuthTestContext(t.Context())
	if err != nil || identity.TeamID != acme || identity.UserID != "U0FOLLOWUP" || identity.BotID != "B0FOLLOWUP" {
		t.Errorf("identity = %+v, %v", identity, err)
	}
	if err := w.Uninstall(acme); err != nil {
		t.Fatal(err)
	}
	ends("account_inactive", "xoxb-acme")
	ends("", "xoxb-globex")
	if err := w.Install(acme, "xoxb-acme-2"); err != nil {
		t.Fatal(err)
	}
	ends("token_revoked", "xoxb-acme")
	ends("", "xoxb-acme-2")
	if err := w.Revoke(acme); err != nil {
		t.Fatal(err)
	}
	ends("token_revoked", "xoxb-acme-2")
	if w.Revoke("T0NOWHERE0") == nil {
		t.Error("a token of an unknown workspace could be revoked")
	}
}

// A message is changed by where it is; Ada sees it as it is now.
func TestAMessageIsChanged(t *testing.T) {
	w := newWorld(t)
	bot := w.client("xoxb-acme")
	channel, ts, err := bot.PostMessageContext(t.Context(), ada, slackgo.MsgOptionText("Loading", false), slackgo.MsgOptionBlocks(section("Loading")))
	if err != nil {
		t.Fatal(err)
	}
	at, when, text, err := bot.UpdateMessageContext(t.Context(), channel, ts, slackgo.MsgOptionText("Done", false), slackgo.MsgOptionBlocks(section("All done")))
	if err != nil || at != channel || when != ts || text != "Done" {
		t.Errorf("changed at %s, %s to %q, %v", at, when, text, err)
	}
	if _, _, _, err := bot.UpdateMessageContext(t.Context(), channel, ts, slackgo.MsgOptionText("Only the text", false)); err != nil {
		t.Error(err)
	}
	posts := w.Screens(acme, ada)[0].Posts
	if len(posts) != 1 || posts[0].Replaced != 2 || !strings.Contains(posts[0].String(), "All done") || !strings.Contains(string(posts[0].Body), "Only the text") {
		t.Errorf("posts = %+v, want one, which keeps its blocks where none came", posts)
	}
}

func TestMessagesThatCannotBeChanged(t *testing.T) {
	w := newWorld(t)
	posted := w.want(t, "", "xoxb-acme", "chat.postMessage", map[string]any{"channel": ada, "text": "x"})
	channel, ts := posted["channel"], posted["ts"]
	change := func(want, token string, more map[string]any) {
		t.Helper()
		args := map[string]any{"channel": channel, "ts": ts, "text": "y"}
		maps.Copy(args, more)
		w.want(t, want, token, "chat.update", args)
	}
	change("message_not_found", "xoxb-acme", map[string]any{"ts": "1.000001"})
	change("channel_not_found", "xoxb-acme", map[string]any{"channel": ada}) // of a direct message its own ID is wanted
	change("invalid_arguments", "xoxb-acme", map[string]any{"ts": ""})
	change("invalid_arguments", "xoxb-acme", map[string]any{"unfurl_links": false})
	change("invalid_blocks", "xoxb-acme", map[string]any{"blocks": []any{map[string]any{"type": "nope"}}})
	change("channel_not_found", "xoxb-globex", nil)
	change("", "xoxb-acme", nil)
	if deleted := w.DeleteMessages(acme, ada); deleted != 1 {
		t.Errorf("%d messages deleted, want one", deleted)
	}
	change("message_not_found", "xoxb-acme", nil)
	want := map[string]int{"ok": 1, "message_not_found": 2, "channel_not_found": 1, "wrong_team": 1, "invalid_arguments": 2, "invalid_blocks": 1}
	if diff := cmp.Diff(want, w.Calls()["chat.update"]); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

// A click in a message of the app tells which one it was in, and the app answers there.
func TestAClickInADirectMessage(t *testing.T) {
	w := newWorld(t)
	buttons := []any{map[string]any{"type": "actions", "elements": []any{
		map[string]any{"type": "button", "action_id": "act", "text": text("One"), "value": "1"},
	}}, map[string]any{"type": "actions", "elements": []any{
		map[string]any{"type": "button", "action_id": "act", "text": text("Two"), "value": "2"},
	}}}
	posted := w.want(t, "", "xoxb-acme", "chat.postMessage", map[string]any{"channel": ada, "text": "Card", "blocks": buttons})
	request := w.click(t, slack.Action{TeamID: acme, UserID: ada, ActionID: "act", Value: "2"})
	got, raw := w.received(t)
	if got.ActionCallback.BlockActions[0].Value != "2" || request.Label != "Two" {
		t.Errorf("worked %q with the value %q", request.Label, got.ActionCallback.BlockActions[0].Value)
	}
	if got.Container.MessageTs != posted["ts"] || got.Container.ChannelID != posted["channel"] || got.Message.Timestamp != posted["ts"] || got.Channel.ID != posted["channel"] {
		t.Errorf("container = %+v, channel %s, message %s", got.Container, got.Channel.ID, got.Message.Timestamp)
	}
	if at(raw, "container", "is_ephemeral") != false || got.ResponseURL == "" || got.TriggerID == "" {
		t.Errorf("payload = %v", raw)
	}
	if _, err := w.SendAction(t.Context(), w.app.URL, slack.Action{TeamID: acme, UserID: ada, ActionID: "act", Value: "3"}); err == nil {
		t.Error("a button was pressed that is not there")
	}
}

func TestPeopleAreFoundByAddress(t *testing.T) {
	w := newWorld(t)
	user, err := w.client("xoxb-acme").GetUserByEmailContext(t.Context(), "ADA@acme.example")
	if err != nil || user.ID != ada || user.Profile.Email != "ada@acme.example" {
		t.Errorf("user = %+v, %v", user, err)
	}
	for _, email := range []string{"", "nobody@acme.example"} {
		w.want(t, "users_not_found", "xoxb-acme", "users.lookupByEmail", map[string]any{"email": email})
	}
	w.want(t, "users_not_found", "xoxb-globex", "users.lookupByEmail", map[string]any{"email": "ada@acme.example"})
	blind := newWorld(t, func(c *slack.Config) { c.Workspaces[0].Scopes = []string{"users:read"} })
	blind.want(t, "missing_scope", "xoxb-acme", "users.lookupByEmail", map[string]any{"email": "ada@acme.example"})
}
