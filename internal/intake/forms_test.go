package intake

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/followup-dev/followup-operator/internal/jobs"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// fill reads the form of a payload case, with changes, on Monday 23 November 2026, 23:30 in Rome.
func fill(t *testing.T, name, locale string, changes map[string]any) (jobs.Stamped, *filled) {
	t.Helper()
	p, err := readInteraction([]byte(interactionOf(t, name, changes)))
	if err != nil {
		t.Fatal(err)
	}
	s := p.(submission)
	r := &request{tenant: tenancy.Tenant{TimeZone: "Europe/Rome", Locale: locale}}
	f := readFilled(s, r, time.Date(2026, 11, 23, 22, 30, 0, 0, time.UTC))
	return forms[s.name()](f), f
}

// typedInto changes what was typed into a form.
func typedInto(values map[string]map[string]any) map[string]any {
	inputs := map[string]any{}
	for name, value := range values {
		inputs[name] = map[string]any{name: value}
	}
	return map[string]any{"view.state": map[string]any{"values": inputs}}
}

func TestWhatIsWrongWithAFormIsSaidWhereItIs(t *testing.T) {
	event := func(date, clock, minutes, title string) map[string]any {
		return typedInto(map[string]map[string]any{
			"title": {"value": title}, "date": {"selected_date": date}, "time": {"selected_time": clock},
			"minutes": {"selected_option": map[string]any{"value": minutes}},
		})
	}
	deal := func(amount string) map[string]any {
		return typedInto(map[string]map[string]any{"amount": {"value": amount}})
	}
	const day, amount = "Choose a day from today on, and not more than 5 years ahead.",
		"Write the amount in digits, with a point or a comma before the decimals only: 12500.50"
	for name, tc := range map[string]struct {
		form, locale string
		changes      map[string]any
		wrong        map[string]string
	}{
		"today, earlier":      {form: "event", changes: event("2026-11-23", "00:00", "30", "Next"), wrong: map[string]string{}},
		"yesterday":           {form: "event", changes: event("2026-11-22", "23:59", "30", "Next"), wrong: map[string]string{"date": day}},
		"in five years":       {form: "event", changes: event("2031-11-23", "10:00", "30", "Next"), wrong: map[string]string{}},
		"later":               {form: "event", changes: event("2031-11-24", "10:00", "30", "Next"), wrong: map[string]string{"date": day}},
		"no day":              {form: "event", changes: event("30/11/2026", "10:00", "30", "Next"), wrong: map[string]string{"date": day}},
		"no time":             {form: "event", changes: event("2026-11-30", "25:00", "30", "Next"), wrong: map[string]string{"time": "Choose a time."}},
		"no length":           {form: "event", changes: event("2026-11-30", "10:00", "0", "Next"), wrong: map[string]string{"minutes": "Write how many minutes it takes, from 1 to 1440."}},
		"no title, in Italy":  {form: "event", locale: "it", changes: event("2026-11-30", "10:00", "30", " \n "), wrong: map[string]string{"title": "Compila questo campo."}},
		"a long title":        {form: "event", changes: event("2026-11-30", "10:00", "30", strings.Repeat("è", 301)), wrong: map[string]string{"title": "This is too long. Shorten it to 300 characters."}},
		"an amount":           {form: "deal", changes: deal("12500.5"), wrong: map[string]string{}},
		"thousands":           {form: "deal", changes: deal("12.500"), wrong: map[string]string{"amount": amount}},
		"a currency":          {form: "deal", changes: deal("100 €"), wrong: map[string]string{"amount": amount}},
		"less than nothing":   {form: "deal", changes: deal("-1"), wrong: map[string]string{"amount": amount}},
		"more than there is":  {form: "deal", changes: deal("1234567890123"), wrong: map[string]string{"amount": amount}},
		"digits of elsewhere": {form: "deal", changes: deal("١٢"), wrong: map[string]string{"amount": amount}},
	} {
		t.Run(name, func(t *testing.T) {
			_, f := fill(t, "submission_"+tc.form, tc.locale, tc.changes)
			if diff := cmp.Diff(tc.wrong, f.wrong); diff != "" || f.malformed != nil {
				t.Errorf("-want +got:\n%s%v", diff, f.malformed)
			}
		})
	}
}

func TestNoRowKeepsANUL(t *testing.T) {
	job, _ := fill(t, "submission_edit", "en", typedInto(map[string]map[string]any{
		"summary": {"value": "a\x00b"}, "subject": {"value": "\x00s"}, "body": {"value": "b"},
	}))
	if got := job.(jobs.SaveTexts); got.Summary != "ab" || got.Subject != "s" {
		t.Errorf("%+v", got)
	}
}

// What a deal's form does not change stays as it is, though it was cut to be shown, or a colleague changes it meanwhile.
func TestDealIsAskedForWhatIsDifferent(t *testing.T) {
	for name, tc := range map[string]struct {
		typed map[string]map[string]any
		want  string // the input, "" for no job
	}{
		"nothing":           {typed: map[string]map[string]any{"stage": {"selected_option": map[string]any{"value": "Open"}}, "amount": {"value": "100"}, "description": {"value": "Long"}}},
		"a description":     {typed: map[string]map[string]any{"description": {"value": "Short"}}, want: `{"account_id":"","deal_id":"deal_7","description":"Short"}`},
		"no description":    {typed: map[string]map[string]any{"description": {"value": nil}}, want: `{"account_id":"","deal_id":"deal_7","description":""}`},
		"no stage, nothing": {typed: map[string]map[string]any{"stage": {"selected_option": nil}, "amount": {"value": ""}, "description": {"value": "Long"}}},
	} {
		t.Run(name, func(t *testing.T) {
			job, f := fill(t, "submission_deal", "en", typedInto(tc.typed))
			if f.malformed != nil || len(f.wrong) > 0 {
				t.Fatal(f.malformed, f.wrong)
			}
			var got string
			if act, asked := job.(jobs.Act); asked {
				got = string(act.Input)
			}
			if got != tc.want {
				t.Errorf("asks for %s, want %s", got, tc.want)
			}
		})
	}
}

// Slack would not let these through: nobody could correct them.
func TestFormsThatAreNotOursAreRefused(t *testing.T) {
	b := newTestbed(t)
	b.sync(t, record("acme", "T0123456789"))
	const session = "0b5f8e0a-7d0c-4a52-9a55-0d4a4f4b8c11"
	for name, tc := range map[string]struct {
		form    string
		changes map[string]any
	}{
		"an edit of no session":   {"submission_edit", map[string]any{"view.private_metadata": "||"}},
		"a reference cut short":   {"submission_edit", map[string]any{"view.private_metadata": "||" + session}},
		"a revision of tomorrow":  {"submission_edit", map[string]any{"view.private_metadata": "||" + session + ".99999999999999."}},
		"a deal without its ID":   {"submission_deal", map[string]any{"view.private_metadata": "|key|" + session + ".2."}},
		"a deal without its key":  {"submission_deal", map[string]any{"view.private_metadata": "||" + session + ".2.deal_7"}},
		"a task without its key":  {"submission_task", map[string]any{"view.private_metadata": "||" + session + ".2."}},
		"an ID with a blank":      {"submission_account_candidate", typedInto(map[string]map[string]any{"candidate": {"selected_option": map[string]any{"value": "acc 1"}}})},
		"a state that is a list":  {"submission_edit", map[string]any{"view.state": []any{}}},
		"a value that is a list":  {"submission_edit", typedInto(map[string]map[string]any{"summary": {"value": []any{}}})},
		"blocks that are a text":  {"submission_edit", map[string]any{"view.blocks": "customer text"}},
		"no ID of the view":       {"submission_edit", map[string]any{"view.id": nil}},
		"a view below that is no": {"submission_edit", map[string]any{"view.previous_view_id": "customer text"}},
	} {
		t.Run(name, func(t *testing.T) {
			status, text := b.send(t, signedFor("/slack/interactions", interactionOf(t, tc.form, tc.changes), b.Now()))
			if status != http.StatusBadRequest || b.lastOutcome(t) != "malformed" || !fieldNamed.MatchString(text) {
				t.Errorf("answer %d %q, outcome %s", status, text, b.lastOutcome(t))
			}
		})
	}
	if n := b.count(t, countJobs); n != 0 {
		t.Errorf("%d jobs", n)
	}
}

// A form that can't be taken now stays open with what was typed, and is taken later, once.
func TestFormIsSubmittedAgainAndTakenOnce(t *testing.T) {
	b := newTestbed(t)
	id := b.sync(t, record("acme", "T0123456789"))
	b.useUp(t, id)
	submit := func(trigger string) string {
		body := interactionOf(t, "submission_edit", map[string]any{"trigger_id": trigger})
		status, text := b.send(t, signedFor("/slack/interactions", body, b.Now()))
		if status != http.StatusOK {
			t.Errorf("answer %d", status)
		}
		return text
	}
	var answer struct{ Errors map[string]string }
	if err := json.Unmarshal([]byte(submit("1")), &answer); err != nil || !strings.Contains(answer.Errors["summary"], "too often") {
		t.Errorf("answer %+v, %v", answer, err)
	}
	if _, err := b.admin.Exec(t.Context(), `UPDATE followup.tenant_runtime SET used = 0`); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if text := submit("2"); text != "" {
			t.Errorf("answer %q, want an empty one, which closes the form", text)
		}
	}
	if n := b.count(t, countJobs); n != 1 || b.told() != nil {
		t.Errorf("%d jobs, want 1", n)
	}
	if strings.Contains(b.log.String(), "Summary") {
		t.Errorf("the log has what was typed:\n%s", b.log)
	}
}
