package followup

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/followup-dev/followup-operator/internal/crm"
	"github.com/followup-dev/followup-operator/internal/outcome"
)

func (s *studio) open(ctx context.Context, req FormRequest) error {
	e := &Editor{Workbench: s.bench()}
	return survive(func() error { return e.Open(ctx, romans, req) })
}

func (s *studio) save(ctx context.Context, req SaveRequest) error {
	e := &Editor{Workbench: s.bench()}
	return survive(func() error { return e.Save(ctx, romans, req) })
}

func form(s *studio, name, subject string) FormRequest {
	return FormRequest{SlackUserID: "U1", Form: name, SessionID: s.sessions[0].ID, Revision: 1, Subject: subject, Key: "key"}
}

// opened is the form that was shown, after it was loading.
func opened[F Form](t *testing.T, s *studio, req FormRequest) F {
	t.Helper()
	if err := s.open(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	if s.journal[0] != "loading" || len(s.forms) != 1 {
		t.Fatalf("%d forms, told %v, calls %q", len(s.forms), s.problems, s.journal)
	}
	shown, ok := s.forms[0].(F)
	if !ok {
		t.Fatalf("the form is a %T", s.forms[0])
	}
	return shown
}

func TestFormsOfTheTextsHaveThem(t *testing.T) {
	s := prepared(t)
	if got := opened[*EditForm](t, s, form(s, FormEdit, "")); got.Revision.Texts.Summary != "We met." || got.Session.ID != s.sessions[0].ID {
		t.Errorf("form %+v", got)
	}
	s = prepared(t)
	s.tones["U1"] = "formal"
	if got := opened[*RegenerateForm](t, s, form(s, FormRegenerate, "")); got.Tone != "formal" || got.Revision.Number != 1 {
		t.Errorf("form %+v", got)
	}
}

func TestEventFormProposesWhatWasAgreedOrTheNextWorkday(t *testing.T) {
	agreed := &Proposal{Title: "Demo", Description: "Bring the offer", Start: "2026-11-30T15:00", Minutes: 45}
	tests := map[string]struct {
		now  time.Time
		said *Proposal
		want EventInput
	}{
		"agreed":        {noon, agreed, EventInput{Title: "Demo", Description: "Bring the offer", Start: "2026-11-30T15:00", Minutes: 45, Zone: "Europe/Rome"}},
		"nothing":       {noon, nil, EventInput{Title: "Kick-off", Start: "2026-11-24T10:00", Minutes: 30, Zone: "Europe/Rome"}},
		"over by now":   {noon.AddDate(0, 0, 8), agreed, EventInput{Title: "Demo", Description: "Bring the offer", Start: "2026-12-02T10:00", Minutes: 45, Zone: "Europe/Rome"}},
		"on a Friday":   {noon.AddDate(0, 0, 4), nil, EventInput{Title: "Kick-off", Start: "2026-11-30T10:00", Minutes: 30, Zone: "Europe/Rome"}},
		"late in a day": {time.Date(2026, 11, 23, 23, 30, 0, 0, time.UTC), nil, EventInput{Title: "Kick-off", Start: "2026-11-25T10:00", Minutes: 30, Zone: "Europe/Rome"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := prepared(t)
			s.revisions[s.sessions[0].ID][0].Texts.Event, s.now = test.said, test.now
			got := opened[*EventForm](t, s, form(s, FormEvent, ""))
			if diff := cmp.Diff(test.want, got.Input); diff != "" {
				t.Errorf("proposal (-want +got):\n%s", diff)
			}
			if len(got.Guests) != 3 || got.Guests[0].Email != "bob@client.example" {
				t.Errorf("guests %+v", got.Guests)
			}
		})
	}
}

func TestTaskFormProposesTheFirstNextStep(t *testing.T) {
	contact := crm.Contact{ID: "C1", Name: "Bob Stone", Email: "BOB@client.example", AccountID: "A9"}
	s := prepared(t)
	s.agency.crm.contacts = []crm.Contact{{ID: "C0", Name: "Bob Stone", Email: "another@x.example"}, contact}
	got := opened[*TaskForm](t, s, form(s, FormTask, ""))
	want := &TaskForm{
		Session: s.sessions[0].ID, Number: 1, Key: "key", CRM: s.agency.crm.can, Account: s.sessions[0].Account, Contact: &contact,
		Input: TaskInput{
			AccountID: "A9", ContactID: "C1", Type: "Call", Due: "2026-11-27T09:00", Zone: "Europe/Rome",
			Subject: "Send the offer", Description: "https://fathom.video/calls/123",
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("form (-want +got):\n%s", diff)
	}

	s = prepared(t)
	got = opened[*TaskForm](t, s, FormRequest{SlackUserID: "U1", Form: FormTask, Key: "key"})
	want = &TaskForm{Key: "key", CRM: s.agency.crm.can, Input: TaskInput{Type: "Call", Due: "2026-11-24T09:00", Zone: "Europe/Rome"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("form of a task that belongs to no meeting (-want +got):\n%s", diff)
	}
}

func TestAccountFormOffersWhatFits(t *testing.T) {
	s := prepared(t)
	s.sessions[0].Account = &Match{AccountID: "A9", AccountName: "Chosen before", Why: ByChoice}
	s.agency.crm.accounts = append(s.agency.crm.accounts, crm.Account{ID: "A2", Name: "Client Two", Website: "client.example"})
	got := opened[*AccountForm](t, s, form(s, FormAccount, string(CRMNote)))
	var names []string
	for _, m := range got.Candidates {
		names = append(names, m.AccountName)
	}
	if diff := cmp.Diff([]string{"Chosen before", "Client", "Client Two"}, names); diff != "" || got.Then != CRMNote || got.CRM != "Crono" {
		t.Errorf("form %+v, candidates (-want +got):\n%s", got, diff)
	}
}

func TestDealFormsAreOfTheAccount(t *testing.T) {
	deals := []crm.Deal{{ID: "D1", Name: "First"}, {ID: "D2", Name: "Second"}}
	s := prepared(t)
	s.agency.crm.deals = deals
	if got := opened[*DealList](t, s, form(s, FormDeals, "")); len(got.Deals) != 2 || got.Account.AccountID != "A1" {
		t.Errorf("list %+v", got)
	}
	s = prepared(t)
	s.agency.crm.deals = deals
	if got := opened[*DealForm](t, s, form(s, FormDeal, "D2")); got.Deal.Name != "Second" || len(got.Stages) != 2 || got.Key != "key" {
		t.Errorf("form %+v", got)
	}
	s = prepared(t)
	s.agency.crm.deals = deals
	opened[*DealList](t, s, form(s, FormDeal, "closed since"))
	s = prepared(t)
	s.sessions[0].Account = nil
	if got := opened[*AccountForm](t, s, form(s, FormDeals, "")); got.Then != "" {
		t.Errorf("then %q", got.Then)
	}
}

func TestFormsSayWhatIsInTheWay(t *testing.T) {
	tests := map[string]struct {
		change func(*studio, *FormRequest)
		want   Reason
	}{
		"somebody else's session": {func(_ *studio, r *FormRequest) { r.SlackUserID = "U2" }, MeetingGone},
		"no such session":         {func(_ *studio, r *FormRequest) { r.SessionID = uuid.New() }, MeetingGone},
		"no such revision":        {func(_ *studio, r *FormRequest) { r.Revision = 2 }, MeetingGone},
		"no CRM":                  {func(s *studio, _ *FormRequest) { s.agency.crm = nil }, CRMNotSetUp},
		"a CRM without tasks":     {func(s *studio, _ *FormRequest) { s.agency.crm.can.Tasks = false }, CRMNotSetUp},
		"a CRM without deals":     {func(s *studio, r *FormRequest) { s.agency.crm.can.Deals, r.Form = false, FormDeals }, CRMNotSetUp},
		"the key is refused":      {func(s *studio, r *FormRequest) { s.agency.crm.err, r.Form = failed(outcome.Unauthorized), FormDeals }, CRMReconnect},
		"no task without a CRM":   {func(s *studio, r *FormRequest) { s.agency.crm, r.SessionID = nil, uuid.Nil }, CRMNotSetUp},
		"no such form":            {func(_ *studio, r *FormRequest) { r.Form, r.Final = "x", true }, Internal},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := prepared(t)
			req := form(s, FormTask, "")
			test.change(s, &req)
			err := s.open(t.Context(), req)
			if (err != nil) != (test.want == Internal) || len(s.forms) > 0 || len(s.problems) != 1 || s.problems[0].Reason != test.want {
				t.Errorf("ended with %v, %d forms, told %v", err, len(s.forms), s.problems)
			}
		})
	}
}

// edited is what the form of revision 1 sends back.
func edited(s *studio) SaveRequest {
	was := s.revisions[s.sessions[0].ID][0].Texts
	return SaveRequest{
		SlackUserID: "U1", SessionID: s.sessions[0].ID, Revision: 1,
		Summary: was.Summary, Subject: was.Email.Subject, Body: was.Email.Body, Note: was.Note,
	}
}

func (s *studio) summaries() []string {
	var all []string
	for _, r := range s.revisions[s.sessions[0].ID] {
		all = append(all, r.Texts.Summary+"|"+r.Texts.Email.Subject)
	}
	return all
}

func TestSaveMakesARevisionOfWhatChanged(t *testing.T) {
	for point := 0; ; point++ { // wherever a run dies, 0 for nowhere
		s := prepared(t)
		s.diesAt = point
		req := edited(s)
		req.Summary = "We met, at last."
		err := s.save(t.Context(), req)
		if point > 0 && err == nil {
			return
		}
		if err := s.save(t.Context(), req); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"We met.|Thanks", "We met, at last.|Thanks"}, s.summaries()); diff != "" {
			t.Fatalf("after a death at point %d, revisions (-want +got):\n%s", point, diff)
		}
		card := s.last()
		if card.Revision.Number != 2 || !card.Revision.Edited || card.Revision.Texts.Event == nil || len(card.Revision.Texts.NextSteps) != 1 {
			t.Fatalf("after a death at point %d, the card shows %+v", point, card.Revision)
		}
	}
}

func TestSaveOfAnOldRevisionIsMadeFromTheNewest(t *testing.T) {
	s := prepared(t)
	first, second, third := edited(s), edited(s), edited(s)
	first.Subject, second.Summary, third.Summary = "Thank you", "Second", "Third"
	for _, req := range []SaveRequest{first, second, third, second} { // the job of the second is run again, late
		if err := s.save(t.Context(), req); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"We met.|Thanks", "We met.|Thank you", "Second|Thank you", "Third|Thank you"}
	if diff := cmp.Diff(want, s.summaries()); diff != "" {
		t.Errorf("revisions (-want +got):\n%s", diff)
	}
	if got := s.last().Revision.Number; got != 4 {
		t.Errorf("the card shows revision %d", got)
	}
}

func TestSaveOfNothingNewIsNoRevision(t *testing.T) {
	s := prepared(t)
	if err := s.save(t.Context(), edited(s)); err != nil || len(s.summaries()) != 1 || len(s.problems) > 0 {
		t.Errorf("ended with %v, revisions %q", err, s.summaries())
	}
	stranger := edited(s)
	stranger.SlackUserID, stranger.Summary = "U2", "Mine"
	if err := s.save(t.Context(), stranger); err != nil || len(s.summaries()) != 1 || len(s.problems) != 1 || s.problems[0].Reason != MeetingGone {
		t.Errorf("a stranger's ended with %v, revisions %q, told %v", err, s.summaries(), s.problems)
	}
}
