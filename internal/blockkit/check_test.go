package blockkit_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/followup-dev/followup-operator/internal/blockkit"
)

func repeat(n int, s string) string { return strings.TrimSuffix(strings.Repeat(s+",", n), ",") }

func section(text string) string {
	return fmt.Sprintf(`{"type":"section","text":{"type":"mrkdwn","text":%q}}`, text)
}

func modal(blocks string) string {
	return `{"type":"modal","title":{"type":"plain_text","text":"T"},"blocks":[` + blocks + `]}`
}

func messagesOf(problems []blockkit.Problem) []string {
	var messages []string
	for _, p := range problems {
		messages = append(messages, p.String())
	}
	return messages
}

func TestCheckView(t *testing.T) {
	button := `{"type":"button","action_id":"a","text":{"type":"plain_text","text":"B"}}`
	option := func(text, value string) string {
		return fmt.Sprintf(`{"text":{"type":"plain_text","text":%q},"value":%q}`, text, value)
	}
	selection := func(options string) string {
		return `{"type":"actions","elements":[{"type":"static_select","action_id":"s","options":[` + options + `]}]}`
	}
	tests := map[string]struct {
		view string
		want []string
	}{
		"all that is needed":     {view: modal("")},
		"a hundred blocks":       {view: modal(repeat(100, `{"type":"divider"}`))},
		"counted in code points": {view: modal(section(strings.Repeat("é", 3000)))},
		"a block too many": {view: modal(repeat(101, `{"type":"divider"}`)),
			want: []string{"[ERROR] no more than 100 items allowed [json-pointer:/view/blocks]"}},
		"empty text": {view: modal(section("")),
			want: []string{"[ERROR] must be more than 0 characters [json-pointer:/view/blocks/0/text/text]"}},
		"long option": {view: modal(selection(option(strings.Repeat("x", 76), strings.Repeat("v", 151)))), want: []string{
			"[ERROR] must be less than 76 characters [json-pointer:/view/blocks/0/elements/0/options/0/text/text]",
			"[ERROR] must be less than 151 characters [json-pointer:/view/blocks/0/elements/0/options/0/value]"}},
		"101 options": {view: modal(selection(repeat(101, option("x", "v")))),
			want: []string{"[ERROR] no more than 100 items allowed [json-pointer:/view/blocks/0/elements/0/options]"}},
		"eleven context elements": {view: modal(`{"type":"context","elements":[` + repeat(11, `{"type":"mrkdwn","text":"x"}`) + `]}`),
			want: []string{"[ERROR] no more than 10 items allowed [json-pointer:/view/blocks/0/elements]"}},
		"unknown block": {view: modal(`{"type":"sektion"}`),
			want: []string{"[ERROR] unsupported type: sektion is no block allowed here [json-pointer:/view/blocks/0/type]"}},
		"a message's block": {view: modal(`{"type":"markdown","text":"x"}`),
			want: []string{"[ERROR] unsupported type: markdown is no block allowed here [json-pointer:/view/blocks/0/type]"}},
		"mrkdwn in a header": {view: modal(`{"type":"header","text":{"type":"mrkdwn","text":"x"}}`),
			want: []string{"[ERROR] unsupported type: mrkdwn is no text object allowed here [json-pointer:/view/blocks/0/text/type]"}},
		"unknown property": {view: modal(`{"type":"divider","colour":"red"}`),
			want: []string{"[ERROR] unexpected property: colour [json-pointer:/view/blocks/0]"}},
		"a section of nothing": {view: modal(`{"type":"section"}`),
			want: []string{`[ERROR] must have at least one of ["text" "fields"] [json-pointer:/view/blocks/0]`}},
		"block_id twice": {view: modal(repeat(2, `{"type":"divider","block_id":"b"}`)),
			want: []string{`[ERROR] block_id "b" already exists [json-pointer:/view/blocks/1/block_id]`}},
		"action_id twice in a block": {view: modal(`{"type":"actions","elements":[` + repeat(2, button) + `]}`),
			want: []string{`[ERROR] action_id "a" already exists [json-pointer:/view/blocks/0]`}},
		"action_id twice, in two blocks": {view: modal(repeat(2, `{"type":"actions","elements":[`+button+`]}`))},
		"input without submit": {view: modal(`{"type":"input","label":{"type":"plain_text","text":"L"},"element":{"type":"plain_text_input"}}`),
			want: []string{"[ERROR] missing required field: submit [json-pointer:/view]"}},
		"no title": {view: `{"type":"modal","blocks":[]}`, want: []string{"[ERROR] missing required field: title [json-pointer:/view]"}},
		"home":     {view: `{"type":"home","blocks":[]}`, want: []string{"[ERROR] unsupported type: home is no view allowed here [json-pointer:/view/type]"}},
		"null":     {view: `null`, want: []string{"[ERROR] must be an object [json-pointer:/view]"}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, messagesOf(blockkit.CheckView(json.RawMessage(tc.view)))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestCheckMessage(t *testing.T) {
	tests := map[string]struct {
		message string
		want    []string
	}{
		"text":         {message: `{"text":"hello","response_type":"ephemeral","replace_original":false}`},
		"blocks":       {message: `{"blocks":[` + repeat(50, section("x")) + `]}`},
		"markdown":     {message: `{"blocks":[{"type":"markdown","text":"**x**"}]}`},
		"51 blocks":    {message: `{"blocks":[` + repeat(51, section("x")) + `]}`, want: []string{"[ERROR] no more than 50 items allowed [json-pointer:/blocks]"}},
		"unknown type": {message: `{"text":"x","response_type":"loud"}`, want: []string{`[ERROR] must be one of: ["ephemeral" "in_channel"] [json-pointer:/response_type]`}},
		"misspelt":     {message: `{"txet":"x"}`, want: []string{"[ERROR] unexpected property: txet [json-pointer:]"}},
		"not JSON":     {message: `{`, want: []string{"[ERROR] must be JSON: unexpected EOF [json-pointer:]"}},
		"two":          {message: `{} {}`, want: []string{"[ERROR] must be one JSON document [json-pointer:]"}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, messagesOf(blockkit.CheckMessage(json.RawMessage(tc.message)))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
