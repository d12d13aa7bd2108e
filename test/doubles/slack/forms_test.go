package slack_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/followup-dev/followup-operator/test/doubles/slack"
)

func option(value string) map[string]any { return map[string]any{"text": text(value), "value": value} }

func input(name, kind string, optional bool, more map[string]any) map[string]any {
	element := map[string]any{"type": kind, "action_id": name}
	maps.Copy(element, more)
	return map[string]any{"type": "input", "block_id": name, "label": text(name), "optional": optional, "element": element}
}

// fields is a form with an input of each kind that people here can fill in.
var fields = map[string]any{"submit": text("Save"), "blocks": []any{
	input("subject", "plain_text_input", false, map[string]any{"initial_value": "Call", "max_length": 10}),
	input("note", "plain_text_input", true, map[string]any{"multiline": true}),
	input("type", "static_select", false, map[string]any{"options": []any{option("call"), option("email")}}),
	input("who", "external_select", true, map[string]any{"min_query_length": 1}),
	input("which", "radio_buttons", true, map[string]any{"options": []any{option("a"), option("b")}}),
	input("more", "checkboxes", true, map[string]any{"options": []any{option("invite"), option("meet")}}),
	input("date", "datepicker", false, map[string]any{"initial_date": "2026-11-30"}),
	input("time", "timepicker", true, nil),
}}

// An input has what it was given, what the person chose, or nothing.
func TestAFormIsFilledIn(t *testing.T) {
	w := newWorld(t)
	w.opened(t, fields)
	w.app.answer(`{"options":[{"text":{"type":"plain_text","text":"Al Fa"},"value":"c1|acc-1"}]}`)
	if _, err := w.SendTyping(t.Context(), w.app.URL, slack.Typing{TeamID: acme, UserID: ada, ActionID: "who", Text: "al"}); err != nil {
		t.Fatal(err)
	}
	_, raw := w.received(t)
	if raw["type"] != "block_suggestion" || raw["block_id"] != "who" || at(raw, "view", "private_metadata") != "secret" || at(raw, "container", "type") != "view" {
		t.Errorf("block_suggestion = %v", raw)
	}
	w.app.answer("")
	request, err := w.SendSubmission(t.Context(), w.app.URL, slack.Submission{TeamID: acme, UserID: ada, Values: map[string]string{
		"type": "email", "who": "c1|acc-1", "more": "invite,meet", "time": "15:00", "note": "two\nlines",
	}})
	if err != nil || request.Ack.Error != "" {
		t.Fatal(request.Ack, err)
	}
	got, raw := w.received(t)
	held := got.View.State.Values
	values := []string{
		held["subject"]["subject"].Value, held["note"]["note"].Value, held["type"]["type"].SelectedOption.Value, held["who"]["who"].SelectedOption.Value,
		held["more"]["more"].SelectedOptions[1].Value, held["date"]["date"].SelectedDate, held["time"]["time"].SelectedTime,
	}
	if diff := cmp.Diff([]string{"Call", "two\nlines", "email", "c1|acc-1", "meet", "2026-11-30", "15:00"}, values); diff != "" {
		t.Errorf("state (-want +got):\n%s", diff)
	}
	which := at(raw, "view", "state", "values", "which", "which")
	if diff := cmp.Diff(map[string]any{"type": "radio_buttons", "selected_option": nil}, which); diff != "" {
		t.Errorf("nothing chosen (-want +got):\n%s", diff)
	}
}

// The client lets people submit only what fits.
func TestFormsThatCannotBeSubmitted(t *testing.T) {
	for name, values := range map[string]map[string]string{
		"a required one is empty":   {"subject": "", "type": "call"},
		"a required one is missing": {},
		"an option that is not":     {"type": "fax"},
		"an option not offered":     {"type": "call", "who": "c2"},
		"a box that is not":         {"type": "call", "more": "invite,gift"},
		"a day that is not":         {"type": "call", "date": "2026-02-30"},
		"a time that is not":        {"type": "call", "time": "25:00"},
		"too long":                  {"type": "call", "subject": "far too long"},
		"no such input":             {"type": "call", "nope": "x"},
	} {
		w := newWorld(t)
		w.opened(t, fields)
		if _, err := w.SendSubmission(t.Context(), w.app.URL, slack.Submission{TeamID: acme, UserID: ada, Values: values}); err == nil {
			t.Errorf("%s: it was submitted", name)
		}
		if strings.Contains(w.app.form.Encode(), "view_submission") {
			t.Errorf("%s: the app heard of it", name)
		}
	}
}

// Slack sends no block_actions for the inputs of a form.
func TestAnInputIsNoButton(t *testing.T) {
	w := newWorld(t)
	w.opened(t, fields)
	if _, err := w.SendAction(t.Context(), w.app.URL, slack.Action{TeamID: acme, UserID: ada, ActionID: "type", Option: "call"}); err == nil {
		t.Error("the app heard of a choice before the form was submitted")
	}
}

// The answer to a submission may lay another view over the form, or name what is wrong with an input that it has.
func TestAnswersToAForm(t *testing.T) {
	form := string(list(t, "Next", fields))
	for name, tc := range map[string]struct {
		answer, failure, top string
	}{
		"push":              {answer: `{"response_action":"push","view":` + form + `}`, top: "Next"},
		"push of no view":   {answer: `{"response_action":"push"}`, failure: "dispatch_failed", top: "Meetings"},
		"errors":            {answer: `{"response_action":"errors","errors":{"subject":"say more"}}`, top: "Meetings"},
		"errors of nothing": {answer: `{"response_action":"errors","errors":{"nope":"say more"}}`, failure: "dispatch_failed", top: "Meetings"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.opened(t, fields)
			w.app.answer(tc.answer)
			request, err := w.SendSubmission(t.Context(), w.app.URL, slack.Submission{TeamID: acme, UserID: ada, Values: map[string]string{"type": "call"}})
			if err != nil || request.Ack.Error != tc.failure {
				t.Fatalf("the person is told %q, %v; want %q", request.Ack.Error, err, tc.failure)
			}
			w.app.answer("")
			again, err := w.SendSubmission(t.Context(), w.app.URL, slack.Submission{TeamID: acme, UserID: ada, Values: map[string]string{"type": "call"}})
			if err != nil || again.Label != tc.top {
				t.Errorf("%q is on top, %v; want %q", again.Label, err, tc.top)
			}
		})
	}
}
