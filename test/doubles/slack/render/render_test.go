package render_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/followup-dev/followup-operator/test/doubles/slack/render"
)

const meetings = `{
  "type": "modal",
  "title": {"type": "plain_text", "text": "Meetings"},
  "close": {"type": "plain_text", "text": "Close"},
  "submit": {"type": "plain_text", "text": "Go"},
  "blocks": [
    {"type": "context", "elements": [{"type": "mrkdwn", "text": "Meetings of the last 14 days, newest first."}]},
    {"type": "divider"},
    {"type": "section",
     "text": {"type": "mrkdwn", "text": "*QBR &amp; renewal*\nToday 15:00 · 45 min\nWith Björn (Globex), <mailto:eve@x.example|Eve>"},
     "accessory": {"type": "button", "text": {"type": "plain_text", "text": "Open"}, "url": "https://fathom.video/calls/1"}},
    {"type": "section", "text": {"type": "mrkdwn", "text": ":white_check_mark: *A title that is long enough to be broken where a space is*, once\n<https://fathom.video/calls/2|Open in Fathom>"}},
    {"type": "section", "fields": [{"type": "mrkdwn", "text": "*When*\nyesterday"}, {"type": "plain_text", "text": "Who\nZoë 👋"}]},
    {"type": "input", "label": {"type": "plain_text", "text": "Search"}, "element": {"type": "plain_text_input", "placeholder": {"type": "plain_text", "text": "Title"}}}
  ]
}`

func TestView(t *testing.T) {
	got, err := render.View(json.RawMessage(meetings))
	if err != nil {
		t.Fatal(err)
	}
	want := strings.TrimPrefix(`
╭──────────────────────────────────────────────────────────────────────╮
│ Meetings                                                           ✕ │
├──────────────────────────────────────────────────────────────────────┤
│ Meetings of the last 14 days, newest first.                          │
│ ──────────────────────────────────────────────────────────────────── │
│ QBR & renewal                                             [ Open ↗ ] │
│ Today 15:00 · 45 min                                                 │
│ With Björn (Globex), Eve ↗                                           │
│                                                                      │
│ ✅ A title that is long enough to be broken where a space is, once   │
│ Open in Fathom ↗                                                     │
│                                                                      │
│ When                               Who                               │
│ yesterday                          Zoë 👋                            │
│                                                                      │
│ Search                                                               │
│ [ Title                                                            ] │
├──────────────────────────────────────────────────────────────────────┤
│                                                     [ Close ] [ Go ] │
╰──────────────────────────────────────────────────────────────────────╯
`, "\n")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestMessage(t *testing.T) {
	tests := map[string]struct{ message, want string }{
		"text":            {`{"text": "*Paused* by <@U1>, see <https://x.example>"}`, "Paused by @U1, see https://x.example\n"},
		"blocks, if any":  {`{"text": "no", "blocks": [{"type": "section", "text": {"type": "plain_text", "text": "*yes*"}}]}`, "*yes*\n"},
		"markup in words": {`{"text": "snake_case_name and 2*3*4, but _this_ *and* ~that~ and *both _at once_*"}`, "snake_case_name and 2*3*4, but this and that and both at once\n"},
		"a date":          {`{"text": "<!date^1392734382^{date}|18 Feb>: <!here>"}`, "18 Feb: @here\n"},
		"escaped markup":  {`{"text": "&lt;b&gt; &amp;amp;"}`, "<b> &amp;\n"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := render.Message(json.RawMessage(tc.message))
			if err != nil || got != tc.want {
				t.Errorf("got %q, %v; want %q", got, err, tc.want)
			}
		})
	}
}
