package slack_test

import (
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
