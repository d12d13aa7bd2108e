package slackui

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/followup-dev/followup-operator/internal/blockkit"
	"github.com/followup-dev/followup-operator/internal/crm"
	"github.com/followup-dev/followup-operator/internal/followup"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

var (
	initech = *session.Account
	bigDeal = crm.Deal{
		ID: "d.1|x", AccountID: "acc-1", Name: "Rollout", Stage: "Proposal", Amount: "12500.50", Currency: "EUR",
		Description: "All sites", URL: "https://app.crono.one/deals/1",
	}
)

// forms are what can be filled in, by what it is.
func forms() []struct {
	name string
	form followup.Form
} {
	others := []followup.Match{
		{AccountID: "acc-1", AccountName: "Initech", Why: followup.ByName, Evidence: "Initech"},
		{AccountID: "acc-2", AccountName: "Initech US", Why: followup.ByChoice, ChosenBy: "U0ANA"},
	}
	event := followup.EventInput{Title: "Security review", Start: "2026-11-30T15:00", Minutes: 25, Zone: "Europe/Rome"}
	invited := event
	invited.Invite, invited.Meet = true, true
	due := followup.TaskInput{Type: "call", Due: "2026-11-24T09:00", Subject: "Call Al", Description: "About security"}
	return []struct {
		name string
		form followup.Form
	}{
		{"edit", &followup.EditForm{Session: session, Revision: revision}},
		{"regenerate", &followup.RegenerateForm{Session: session, Revision: revision}},
		{"regenerate in the usual tone", &followup.RegenerateForm{Session: session, Revision: revision, Tone: "formal"}},
		{"event", &followup.EventForm{Session: session, Revision: revision, Input: event, Guests: session.Recipients()}},
		{"event, all ticked", &followup.EventForm{Session: session, Revision: revision, Input: invited, Guests: session.Recipients()}},
		{"event without guests or proposal", &followup.EventForm{Session: session, Revision: revision}},
		{"account, several", &followup.AccountForm{Session: session, Revision: revision, CRM: "Crono", Candidates: others, Then: followup.CRMNote}},
		{"account, none", &followup.AccountForm{Session: session, Revision: revision, CRM: "Crono"}},
		{"task", &followup.TaskForm{
			Session: sessionID, Number: 2, Key: "key-1", CRM: crono, Input: due, Account: &initech,
			Contact: &crm.Contact{ID: "c1", Name: "Al Fa", Email: "al@x.co", AccountID: "acc-1"},
		}},
		{"task of no meeting", &followup.TaskForm{Key: "key-1", CRM: crono}},
		{"deals", &followup.DealList{Session: session, Revision: revision, CRM: "Crono", Account: initech, Deals: []crm.Deal{bigDeal, {ID: "d2"}}}},
		{"no deals", &followup.DealList{Session: session, Revision: revision, CRM: "Crono", Account: initech}},
		{"deal", &followup.DealForm{Session: session, Revision: revision, Key: "key-1", CRM: "Crono", Deal: bigDeal, Stages: []string{"Proposal", "Won"}}},
		{"deal of unknown stages", &followup.DealForm{Session: session, Revision: revision, Key: "key-1", CRM: "Crono", Deal: bigDeal}},
	}
}

// filled is what a form holds before anybody typed, by the name of the input; the names in brackets need not be filled in.
func filled(t *testing.T, p page) map[string]string {
	t.Helper()
	var view struct {
		Blocks []struct {
			Type     string
			BlockID  string `json:"block_id"`
			Optional bool
			Element  struct {
				Type           string
				ActionID       string                   `json:"action_id"`
				MaxLength      int                      `json:"max_length"`
				InitialValue   string                   `json:"initial_value"`
				InitialDate    string                   `json:"initial_date"`
				InitialTime    string                   `json:"initial_time"`
				InitialOptions []struct{ Value string } `json:"initial_options"`
				InitialOption  struct{ Value string }   `json:"initial_option"`
			}
		}
	}
	if err := json.Unmarshal(marshal(t, p.modal("")), &view); err != nil {
		t.Fatal(err)
	}
	held := map[string]string{}
	for _, b := range view.Blocks {
		if b.Type != "input" {
			continue
		}
		e := b.Element
		if b.BlockID != e.ActionID {
			t.Errorf("block_id %q, action_id %q: want the same", b.BlockID, e.ActionID)
		}
		if e.Type == "plain_text_input" && (e.MaxLength == 0 || e.MaxLength > maxTyped) {
			t.Errorf("%s: max_length %d", b.BlockID, e.MaxLength)
		}
		value := e.InitialValue + e.InitialDate + e.InitialTime + e.InitialOption.Value
		for _, o := range e.InitialOptions {
			value += "+" + o.Value
		}
		name := b.BlockID
		if b.Optional {
			name = "[" + name + "]"
		}
		held[name] = value
	}
	return held
}

func TestFormsAskForWhatJobsRead(t *testing.T) {
	want := map[string]map[string]string{
		"edit": {
			"summary": revision.Texts.Summary, "subject": revision.Texts.Email.Subject, "body": revision.Texts.Email.Body, "[note]": revision.Texts.Note,
		},
		"regenerate":                   {"[length]": "", "[language]": "", "[tone]": "", "[note]": ""},
		"regenerate in the usual tone": {"[length]": "", "[language]": "", "[tone]": "formal", "[note]": ""},
		"event": {
			"title": "Security review", "[description]": "", "date": "2026-11-30", "time": "15:00", "minutes": "25", "[options]": "",
		},
		"event, all ticked": {
			"title": "Security review", "[description]": "", "date": "2026-11-30", "time": "15:00", "minutes": "25", "[options]": "+invite+meet",
		},
		"event without guests or proposal": {"title": "", "[description]": "", "date": "", "time": "", "minutes": "30", "[options]": ""},
		"account, several":                 {"[candidate]": "", "[followup_account_find]": ""},
		"account, none":                    {"followup_account_find": ""},
		"task": {
			"type": "call", "date": "2026-11-24", "time": "09:00", "[followup_contact]": "c1|acc-1", "subject": "Call Al", "[description]": "About security",
		},
		"task of no meeting":     {"type": "", "date": "", "time": "", "[followup_contact]": "", "subject": "", "[description]": ""},
		"deals":                  {},
		"no deals":               {},
		"deal":                   {"[stage]": "Proposal", "[amount]": "12500.50", "[description]": "All sites"},
		"deal of unknown stages": {"[stage]": "Proposal", "[amount]": "12500.50", "[description]": "All sites"},
	}
	for _, f := range forms() {
		if diff := cmp.Diff(want[f.name], filled(t, english.form(f.form, noon))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", f.name, diff)
		}
	}
}

// What is submitted says what it belongs to.
func TestFormsCarryWhatTheyAreAbout(t *testing.T) {
	tenant := tenancy.Tenant{ID: uuid.New(), Locale: "en"}
	id := tenant.ID.String()
	ref := Ref{Session: sessionID, Revision: 2}
	deal, note := ref, ref
	deal.Subject, note.Subject = bigDeal.ID, "crm_note"
	want := map[string]struct {
		callback string
		about    Metadata
		submit   bool
	}{
		"edit":               {"followup_form_edit", Metadata{Tenant: id, Ref: ref}, true},
		"regenerate":         {"followup_form_regenerate", Metadata{Tenant: id, Ref: ref}, true},
		"event":              {"followup_form_event", Metadata{Tenant: id, Ref: ref}, true},
		"account, several":   {"followup_form_account", Metadata{Tenant: id, Ref: note}, true},
		"account, none":      {"followup_form_account", Metadata{Tenant: id, Ref: ref}, true},
		"task":               {"followup_form_task", Metadata{Tenant: id, Ref: ref, Key: "key-1"}, true},
		"task of no meeting": {"followup_form_task", Metadata{Tenant: id, Key: "key-1"}, true},
		"deals":              {"followup_form_deals", Metadata{Tenant: id, Ref: ref}, false},
		"deal":               {"followup_form_deal", Metadata{Tenant: id, Ref: deal, Key: "key-1"}, true},
	}
	for _, f := range forms() {
		expected, listed := want[f.name]
		if !listed {
			continue
		}
		view := audienceOf(tenant).form(f.form, noon).modal("")
		about, err := ParseMetadata(view.PrivateMetadata)
		if err != nil || about != expected.about || view.CallbackID != expected.callback || (view.Submit != nil) != expected.submit {
			t.Errorf("%s: callback_id %s, %+v, %v, submit %v; want %+v", f.name, view.CallbackID, about, err, view.Submit, expected)
		}
	}
}

// Each deal's button opens the form of that deal.
func TestDealsAreToldApart(t *testing.T) {
	list := buttons(english.form(forms()[10].form, noon))
	if len(list) != 2 {
		t.Fatalf("%d buttons, want 2", len(list))
	}
	for i, id := range []string{bigDeal.ID, "d2"} {
		if ref, err := ParseRef(list[i].Value); err != nil || ref.Subject != id || list[i].ActionID != "followup_form_deal" {
			t.Errorf("button %d: %s, %+v, %v; want deal %s", i, list[i].ActionID, ref, err, id)
		}
	}
}

func TestATextTooLongForAnInputIsSaidToBeCut(t *testing.T) {
	long := revision
	long.Texts.Summary = strings.Repeat("🚀", 3001)
	raw := string(marshal(t, english.form(&followup.EditForm{Session: session, Revision: long}, noon).modal("")))
	if strings.Count(raw, `"hint"`) != 1 || !strings.Contains(raw, "the rest is lost if you save") {
		t.Error("nothing is said of what is cut")
	}
	if problems := blockkit.CheckView(json.RawMessage(raw)); problems != nil {
		t.Error(problems)
	}
}

func TestSuggestionsOfTheCRM(t *testing.T) {
	contacts := ContactSuggestions([]crm.Contact{
		{ID: "c1", Name: "Al Fa", Email: "al@x.co", AccountID: "acc-1"}, {ID: "c2", Email: "be@x.co"}, {Name: "nobody"}, {ID: strings.Repeat("x", 200)},
	})
	accounts := AccountSuggestions([]crm.Account{{ID: "acc-1", Name: "Initech", Website: "initech.example"}, {ID: "acc-2"}})
	for name, got := range map[string]Options{"contacts": contacts, "accounts": accounts} {
		if problems := blockkit.CheckOptions(marshal(t, got)); problems != nil {
			t.Errorf("%s: %v", name, problems)
		}
	}
	labels := func(o Options) (all []string) {
		for _, option := range o.Options {
			all = append(all, option.Value+" "+option.Text.Text)
		}
		return all
	}
	want := []string{"c1|acc-1 Al Fa · al@x.co", "c2| be@x.co", "acc-1 Initech · initech.example", "acc-2 acc-2"}
	if diff := cmp.Diff(want, append(labels(contacts), labels(accounts)...)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	many := make([]crm.Account, 130)
	for i := range many {
		many[i].ID = uuid.NewString()
	}
	if got := len(AccountSuggestions(many).Options); got != 100 {
		t.Errorf("%d options, Slack takes 100", got)
	}
	if got := string(marshal(t, AccountSuggestions(nil))); got != `{"options":[]}` {
		t.Errorf("none found: %s", got)
	}
}

func TestRefsAndMetadataComeBackAsTheyWent(t *testing.T) {
	for _, m := range []Metadata{
		{Tenant: "t"},
		{Tenant: "t", Ref: Ref{Session: sessionID, Revision: 3, Subject: "a.b|c"}},
		{Tenant: "t", Ref: Ref{Session: sessionID}, Key: "k"},
		{Tenant: "t", Key: "k"},
	} {
		if got, err := ParseMetadata(m.String()); err != nil || got != m {
			t.Errorf("%q: %+v, %v; want %+v", m.String(), got, err, m)
		}
	}
	for _, bad := range []string{
		"x", "x.1.", sessionID.String(), sessionID.String() + ".1", sessionID.String() + ".-1.", sessionID.String() + ".a.",
		sessionID.String() + ".1." + strings.Repeat("x", 255),
	} {
		if ref, err := ParseRef(bad); err == nil {
			t.Errorf("%q is read as %+v", bad, ref)
		}
		if m, err := ParseMetadata("t|k|" + bad); err == nil {
			t.Errorf("%q is read as %+v", bad, m)
		}
	}
	if m, err := ParseMetadata("t|k"); err == nil {
		t.Errorf("half of it is read as %+v", m)
	}
}
