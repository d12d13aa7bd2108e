package slackui

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/slack-go/slack"

	"github.com/followup-dev/followup-operator/internal/crm"
	"github.com/followup-dev/followup-operator/internal/followup"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

var (
	sessionID = uuid.MustParse("0b7c1c1e-0000-4000-8000-000000000001")
	actionID  = uuid.MustParse("0b7c1c1e-0000-4000-8000-00000000000a")
	crono     = crm.Capabilities{Name: "Crono", MaxNote: 5000, Tasks: true, Deals: true, TaskTypes: []string{"email", "call"}}
	allOf     = followup.Connected{Google: true, CRM: &crono}
	soon      = noon.Add(5 * time.Minute)
)

var session = followup.Session{
	ID: sessionID, Meeting: followup.Meeting{
		RecordingID: "4711", Title: qbr.Title, URL: qbr.URL, CreatedAt: earlier.CreatedAt, Start: qbr.Start, Duration: qbr.Duration,
		RecordedBy: qbr.RecordedBy, Invitees: qbr.Invitees,
	},
	Viewer: followup.Viewer{SlackUserID: "U0JANE", Profile: followup.Profile{Email: "jane@acme.com"}}, Revision: 2,
	Account: &followup.Match{
		AccountID: "acc-1", AccountName: "Initech", AccountURL: "https://app.crono.one/accounts/1",
		Why: followup.ByWebsite, Evidence: "initech.example", TimesUsed: 12,
	},
}

var revision = followup.Revision{
	Number: 2, Model: "claude-sonnet-5-5", Texts: followup.Texts{
		Language: "en",
		Summary:  "Initech wants to start in January.\n\nThe price is fine; security has questions.",
		Email:    followup.Email{Subject: "Our next steps", Body: "Hi Al,\n\nthank you for your time.\n\nJane"},
		Note:     "Wants to start in January.",
		NextSteps: []followup.NextStep{
			{What: "Send the security paper", Owner: "Jane Roe", Due: "2026-11-30"}, {What: "Ask legal"},
		},
		Event: &followup.Proposal{Title: "Security review", Start: "2026-11-30T15:00", Minutes: 30},
		Insights: followup.Insights{
			PainPoints: []followup.Insight{{Text: "Reports take days", Quote: "It takes us three days, every month.", Second: 754}},
			Objections: []followup.Insight{{Text: "Security is not convinced"}},
		},
	},
}

func action(kind followup.Kind, state followup.ActionState, change func(*followup.Action)) followup.Action {
	a := followup.Action{ID: actionID, Kind: kind, Target: "t", Revision: 2, State: state}
	if change != nil {
		change(&a)
	}
	return a
}

func at(url string) func(*followup.Action) {
	return func(a *followup.Action) { a.Artefact = followup.Artefact{ExternalID: "x1", URL: url} }
}

func because(reason followup.Reason) func(*followup.Action) {
	return func(a *followup.Action) { a.Reason = reason }
}

func meant(input any) func(*followup.Action) {
	return func(a *followup.Action) { a.Input, _ = json.Marshal(input) }
}

// cards are what a follow-up can look like, by what it is.
func cards() []struct {
	name string
	card followup.Card
} {
	fresh, unmatched := session, session
	fresh.Revision, fresh.Account, unmatched.Account = 0, nil, nil
	chosen := session
	chosen.Account = &followup.Match{AccountID: "acc-2", AccountName: "Initech US", Why: followup.ByChoice, ChosenBy: "U0ANA"}
	draft, event, note, task, deal := followup.GmailDraft, followup.CalendarEvent, followup.CRMNote, followup.CRMTask, followup.CRMDeal
	written := func(has followup.Connected, actions ...followup.Action) followup.Card {
		return followup.Card{Session: session, Revision: &revision, Has: has, Actions: actions}
	}
	older := action(draft, followup.Done, at("https://mail.google.com/mail/u/0/#drafts/1"))
	older.Revision = 1
	return []struct {
		name string
		card followup.Card
	}{
		{"reading", followup.Card{Session: fresh, Has: allOf, Progress: followup.Reading}},
		{"not yet", followup.Card{Session: fresh, Has: allOf, Progress: followup.NotYet, Until: soon}},
		{"nothing said", followup.Card{Session: fresh, Has: allOf, Problem: &followup.Problem{Reason: followup.NothingSaid}}},
		{"the writer is busy", followup.Card{Session: fresh, Has: allOf, Problem: &followup.Problem{Reason: followup.WriterBusy}, Until: soon}},
		{"ready", written(allOf)},
		{"nothing connected", written(followup.Connected{})},
		{"writing again", followup.Card{Session: session, Revision: &revision, Has: allOf, Progress: followup.Writing}},
		{"writing again was refused", followup.Card{Session: session, Revision: &revision, Has: allOf, Problem: &followup.Problem{Reason: followup.WriterRefused}}},
		{"no account", followup.Card{Session: unmatched, Revision: &revision, Has: allOf}},
		{"account chosen by a colleague", followup.Card{Session: chosen, Revision: &revision, Has: allOf}},
		{"being done", followup.Card{
			Session: session, Revision: &revision, Has: allOf, Progress: followup.Acting, Actions: []followup.Action{action(draft, followup.Sending, nil)},
		}},
		{"done", written(allOf,
			action(draft, followup.Done, at("https://mail.google.com/mail/u/0/#drafts/1")),
			action(event, followup.Done, at("https://www.google.com/calendar/event?eid=1")),
			action(note, followup.Done, func(a *followup.Action) { a.Target, a.URL = "acc-1", "https://app.crono.one/accounts/1" }),
			action(task, followup.Done, meant(followup.TaskInput{Subject: "Call Al"})),
			action(deal, followup.Done, at("https://evil.example/deal")))},
		{"done for earlier texts", written(allOf, older)},
		{"failed", written(allOf, action(draft, followup.Failed, because(followup.GoogleReconnect)), action(task, followup.Failed, because(followup.CRMRefused)))},
		{"unknown", written(allOf, action(draft, followup.Unknown, because(followup.GoogleDown)), action(task, followup.Unknown, because(followup.NotSure)))},
		{"waiting", func() followup.Card {
			c := written(allOf, action(note, followup.Planned, func(a *followup.Action) { a.Target, a.Reason = "acc-1", followup.CRMBusy }))
			c.Until = soon
			return c
		}()},
		{"undone", written(allOf, action(event, followup.Undone, nil))},
	}
}

// What can be clicked, and what comes back.
func TestCardsOfferWhatCanBeDone(t *testing.T) {
	const edit, regenerate, account = "followup_form_edit", "followup_form_regenerate", "followup_form_account"
	const draft, event, note, task, deals = "followup_act_gmail_draft", "followup_form_event", "followup_act_crm_note", "followup_form_task", "followup_form_deals"
	want := map[string][]string{
		"reading":                       nil,
		"not yet":                       nil,
		"nothing said":                  {ActionStart},
		"the writer is busy":            nil,
		"ready":                         {account, edit, regenerate, draft, event, note, task, deals},
		"nothing connected":             {edit, regenerate},
		"writing again":                 {account, draft, event, note, task, deals},
		"writing again was refused":     {account, edit, regenerate, draft, event, note, task, deals},
		"no account":                    {account, edit, regenerate, draft, event, account, task, deals},
		"account chosen by a colleague": {account, edit, regenerate, draft, event, note, task, deals},
		"being done":                    {account, edit, regenerate, event, note, task, deals},
		"done":                          {account, ActionUndo, ActionUndo, edit, regenerate, task, deals},
		"done for earlier texts":        {account, ActionUndo, edit, regenerate, draft, event, note, task, deals},
		"failed":                        {account, ActionRetry, ActionRetry, edit, regenerate, event, note, task, deals},
		"unknown":                       {account, ActionRetry, ActionWasDone, ActionWasNotDone, edit, regenerate, event, note, task, deals},
		"waiting":                       {account, edit, regenerate, draft, event, task, deals},
		"undone":                        {account, edit, regenerate, draft, event, note, task, deals},
	}
	for _, c := range cards() {
		var got []string
		for _, b := range buttons(english.card(c.card, noon)) {
			got = append(got, b.ActionID)
			checkValue(t, c.name, b)
		}
		if diff := cmp.Diff(want[c.name], got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

// checkValue holds a button of a card to what intake reads from it.
func checkValue(t *testing.T, card string, b *slack.ButtonBlockElement) {
	t.Helper()
	switch b.ActionID {
	case ActionStart:
		if at, err := followup.ParsePosition(b.Value); err != nil || at != session.Meeting.Position() {
			t.Errorf("%s, %s: value %q, %v", card, b.ActionID, b.Value, err)
		}
	case ActionRetry, ActionUndo, ActionWasDone, ActionWasNotDone:
		if b.Value != actionID.String() {
			t.Errorf("%s, %s: value %q, want the action's ID", card, b.ActionID, b.Value)
		}
		if (b.Confirm != nil) != (b.ActionID == ActionUndo) {
			t.Errorf("%s, %s: asks before: %t", card, b.ActionID, b.Confirm != nil)
		}
	default:
		ref, err := ParseRef(b.Value)
		if err != nil || ref.Session != sessionID || ref.Revision != 2 {
			t.Errorf("%s, %s: value %q, %v", card, b.ActionID, b.Value, err)
		}
	}
}

func buttons(p page) (all []*slack.ButtonBlockElement) {
	for _, block := range p.blocks {
		switch b := block.(type) {
		case *slack.SectionBlock:
			if b.Accessory != nil && b.Accessory.ButtonElement != nil {
				all = append(all, b.Accessory.ButtonElement)
			}
		case *slack.ActionBlock:
			for _, element := range b.Elements.ElementSet {
				if button, ok := element.(*slack.ButtonBlockElement); ok {
					all = append(all, button)
				}
			}
		}
	}
	return all
}

// A note without an account asks for one, and then is written.
func TestANoteWithoutAnAccountAsksForOne(t *testing.T) {
	for _, c := range cards() {
		if c.name != "no account" {
			continue
		}
		found := 0
		for _, b := range buttons(english.card(c.card, noon)) {
			if ref, _ := ParseRef(b.Value); b.ActionID == ActionForm+followup.FormAccount && ref.Subject == string(followup.CRMNote) {
				found++
			}
		}
		if found != 1 {
			t.Errorf("%d buttons lead to the account with the note after it, want one", found)
		}
	}
}

// A note to another account than before is another note.
func TestANoteIsOfferedAgainAfterTheAccountChanged(t *testing.T) {
	card := followup.Card{Session: session, Revision: &revision, Has: allOf, Actions: []followup.Action{
		action(followup.CRMNote, followup.Done, func(a *followup.Action) { a.Target = "acc-before" }),
	}}
	for _, b := range buttons(english.card(card, noon)) {
		if b.ActionID == ActionAct+string(followup.CRMNote) {
			return
		}
	}
	t.Error("no button for the note to the account as it is now")
}

func TestLinksLeadToVendorsOnly(t *testing.T) {
	text := strings.Join(texts(english.card(cards()[11].card, noon)), "\n")
	for _, want := range []string{
		"<https://fathom.video/calls/1?timestamp=754|12:34>", "<https://mail.google.com/mail/u/0/#drafts/1|Open in Gmail>",
		"<https://www.google.com/calendar/event?eid=1|Open in Google Calendar>", "<https://app.crono.one/accounts/1|Initech>",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no link %s", want)
		}
	}
	if strings.Contains(text, "evil") {
		t.Errorf("a link elsewhere: %s", text)
	}
}

// It is written why an account is taken for the meeting's.
func TestAccountsSayWhy(t *testing.T) {
	tests := map[followup.MatchWhy]string{
		followup.ByDeclaration: "because initech.example is set to belong to it",
		followup.ByChoice:      "chosen by <@U0ANA>",
		followup.ByImport:      "because the imported list has initech.example there",
		followup.ByMapping:     "because it was found for initech.example before",
		followup.ByContact:     "because Crono knows initech.example there",
		followup.ByWebsite:     "because its website in Crono is initech.example",
		followup.ByName:        "because its name is like “initech.example”",
	}
	for why, want := range tests {
		match := followup.Match{AccountName: "Initech", Why: why, Evidence: "initech.example", ChosenBy: "U0ANA"}
		if got := english.why(match, "Crono", "U0JANE"); got != want {
			t.Errorf("%s: %q, want %q", why, got, want)
		}
	}
	used := followup.Match{Why: followup.ByChoice, ChosenBy: "U0JANE", TimesUsed: 12}
	if got, want := english.why(used, "Crono", "U0JANE"), "chosen by you, used 12 times"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	used.ChosenBy = "!channel"
	if got, want := english.why(used, "Crono", "U0JANE"), "chosen by a colleague, used 12 times"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// What does not fit is cut, and the card says where all of it is.
func TestLongTextsAreCutVisibly(t *testing.T) {
	long := revision
	long.Texts.Summary = strings.Repeat("word ", 2000)
	long.Texts.Email.Body = strings.Repeat("word ", 2000)
	long.Texts.NextSteps = make([]followup.NextStep, 40)
	for i := range long.Texts.NextSteps {
		long.Texts.NextSteps[i].What = strings.Repeat("step ", 20)
	}
	text := strings.Join(texts(english.card(followup.Card{Session: session, Revision: &long}, noon)), "\n")
	if got := strings.Count(text, "View &amp; edit shows all"); got != 3 {
		t.Errorf("%d places are said to be cut, want summary, e-mail and next steps", got)
	}
}

// A modal's card is known by its callback, and its tenant alone is in the metadata: the buttons say the rest.
func TestACardsModalNamesItsTenant(t *testing.T) {
	tenant := tenancy.Tenant{ID: uuid.New(), Locale: "en"}
	view := audienceOf(tenant).card(cards()[4].card, noon).modal("")
	if view.CallbackID != CallbackCard || view.PrivateMetadata != tenant.ID.String() {
		t.Errorf("callback_id %q, private_metadata %q", view.CallbackID, view.PrivateMetadata)
	}
}

// Undo is there for what is known by its ID, of a vendor who is connected and takes it back.
func TestUndoIsOfferedWhereItCanBeDone(t *testing.T) {
	link := at("https://mail.google.com/mail/u/0/#drafts/1")
	unnamed := func(a *followup.Action) { a.URL = "https://mail.google.com/mail/u/0/#drafts/1" }
	for name, tc := range map[string]struct {
		act  followup.Action
		has  followup.Connected
		want bool
	}{
		"a draft":                  {action(followup.GmailDraft, followup.Done, link), allOf, true},
		"an event":                 {action(followup.CalendarEvent, followup.Done, link), allOf, true},
		"a note":                   {action(followup.CRMNote, followup.Done, link), allOf, false},
		"a draft without an ID":    {action(followup.GmailDraft, followup.Done, unnamed), allOf, false},
		"a draft, Google is gone":  {action(followup.GmailDraft, followup.Done, link), followup.Connected{CRM: &crono}, false},
		"a draft that was deleted": {action(followup.GmailDraft, followup.Undone, link), allOf, false},
	} {
		found := buttons(english.task(tc.act, tc.has, time.Time{}, nil))
		if got := len(found) == 1 && found[0].ActionID == ActionUndo; got != tc.want {
			t.Errorf("%s: undo is offered: %t", name, got)
		}
	}
}
