package followup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/followup-dev/followup-operator/internal/crm"
	"github.com/followup-dev/followup-operator/internal/outcome"
)

var kinds = []Kind{GmailDraft, CalendarEvent, CRMNote, CRMTask, CRMDeal}

// asks is a click on that kind's button, or its form submitted.
func asks(s *studio, kind Kind) ActRequest {
	won := "Won"
	inputs := map[Kind]any{
		CalendarEvent: EventInput{Title: "Demo", Start: "2026-11-30T15:00", Minutes: 45, Zone: "Europe/Rome", Invite: true},
		CRMTask:       TaskInput{Type: "Call", Subject: "Call them", Due: "2026-11-27T09:00", Zone: "Europe/Rome"},
		CRMDeal:       DealInput{AccountID: "A1", DealID: "D1", Stage: &won},
	}
	req := ActRequest{SlackUserID: "U1", Kind: kind, SessionID: s.sessions[0].ID, Revision: 1, FormKey: "form", Holder: "click", AskedAt: s.now}
	if input, ok := inputs[kind]; ok {
		req.Input, _ = json.Marshal(input)
	}
	return req
}

// artefacts counts what is at the vendors; what was taken back is not.
func (s *studio) artefacts() map[Kind]int {
	there := func(all []posted) int {
		return len(slices.DeleteFunc(slices.Clone(all), func(p posted) bool { return p.gone }))
	}
	return map[Kind]int{
		GmailDraft: there(s.agency.drafts), CalendarEvent: there(s.agency.events),
		CRMNote: len(s.agency.crm.notes), CRMTask: len(s.agency.crm.tasks), CRMDeal: len(distinct(s.agency.crm.changes)),
	}
}

// distinct counts a change once: to make a deal twice what it is to be is to do it once.
func distinct(changes []crm.DealChange) map[string]crm.DealChange {
	all := map[string]crm.DealChange{}
	for _, change := range changes {
		all[change.ID] = change
	}
	return all
}

func only(kind Kind, n int) map[Kind]int {
	all := map[Kind]int{GmailDraft: 0, CalendarEvent: 0, CRMNote: 0, CRMTask: 0, CRMDeal: 0}
	all[kind] = n
	return all
}

func (s *studio) action(t *testing.T) Action {
	t.Helper()
	if len(s.actions) != 1 {
		t.Fatalf("%d actions, want 1", len(s.actions))
	}
	return s.actions[0].Action
}

// finished holds the studio to one artefact of that kind, and the card to telling it.
func (s *studio) finished(t *testing.T, kind Kind, when string) {
	t.Helper()
	if diff := cmp.Diff(only(kind, 1), s.artefacts()); diff != "" {
		t.Errorf("%s, at the vendors (-want +got):\n%s", when, diff)
	}
	if got := s.action(t); got.State != Done || got.Reason != "" {
		t.Errorf("%s, the action is %s %s", when, got.State, got.Reason)
	}
	if card := s.last(); len(card.Actions) != 1 || card.Actions[0].State != Done || card.Progress != "" {
		t.Errorf("%s, the card tells %+v", when, card.Actions)
	}
}

func TestActShowsThatItIsBeingDoneAndThatItIsDone(t *testing.T) {
	for _, kind := range kinds {
		t.Run(string(kind), func(t *testing.T) {
			s := prepared(t)
			s.cards = nil
			if err := s.act(t.Context(), asks(s, kind)); err != nil {
				t.Fatal(err)
			}
			s.finished(t, kind, "in the end")
			if diff := cmp.Diff([]Progress{Acting, ""}, s.progress()); diff != "" {
				t.Errorf("progress (-want +got):\n%s", diff)
			}
		})
	}
}

// This is the test of idempotency: a run dies at each point of each kind, and another run follows.
func TestActThatDiesAnywhereIsDoneOnceByTheNextRun(t *testing.T) {
	for _, kind := range kinds {
		t.Run(string(kind), func(t *testing.T) {
			point := 1
			for ; ; point++ {
				s := prepared(t)
				s.diesAt = point
				if err := s.act(t.Context(), asks(s, kind)); err == nil {
					break
				}
				if err := s.act(t.Context(), asks(s, kind)); err != nil {
					t.Fatalf("after a death at point %d: %v", point, err)
				}
				s.finished(t, kind, fmt.Sprintf("after a death at point %d", point))
			}
			if point < 20 {
				t.Errorf("only %d points", point)
			}
		})
	}
}

func TestActLooksWhereTheVendorMayHaveDoneIt(t *testing.T) {
	for _, kind := range kinds {
		for _, point := range []string{"before ", "after "} { // refused or taken, the answer is lost
			t.Run(point+string(kind), func(t *testing.T) {
				s := prepared(t)
				s.fail(point+string(kind), failed(outcome.UnknownOutcome))
				err := s.act(t.Context(), asks(s, kind))
				if err != nil {
					if got := s.action(t); got.State != Unknown {
						t.Errorf("the action is %s before the next run", got.State)
					}
					err = s.act(t.Context(), asks(s, kind))
				}
				if err != nil {
					t.Fatal(err)
				}
				s.finished(t, kind, "in the end")
			})
		}
	}
}

func TestActIsDoneOnceForHoweverManyClicks(t *testing.T) {
	for _, kind := range kinds {
		t.Run(string(kind), func(t *testing.T) {
			s := prepared(t)
			for _, click := range []string{"first", "first", "second"} {
				req := asks(s, kind)
				req.Holder = click
				if err := s.act(t.Context(), req); err != nil {
					t.Fatal(err)
				}
			}
			s.finished(t, kind, "after three")
		})
	}
}

func TestActWaitsForAnotherRunThatIsAtIt(t *testing.T) {
	s := prepared(t)
	for s.diesAt = 1; len(s.actions) == 0 || s.actions[0].State != Sending; s.diesAt++ {
		s.points = 0
		if err := s.act(t.Context(), asks(s, CRMNote)); err == nil {
			t.Fatal("it never died while sending")
		}
	}
	s.diesAt = 0
	req := asks(s, CRMNote)
	req.Holder = "another"
	later, ok := errors.AsType[*Later](s.act(t.Context(), req))
	if !ok || !later.At.Equal(noon.Add(Lease)) {
		t.Fatalf("ended with %v", later)
	}
	s.now = later.At
	if err := s.act(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	s.finished(t, CRMNote, "after the lease")
}

func TestTwoUsersOfARecordingDoNotDisturbEachOther(t *testing.T) {
	s := prepared(t)
	req := pick(s)
	req.SlackUserID = "U2"
	if err := s.prepare(t.Context(), romans, req); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []Kind{GmailDraft, CalendarEvent, CRMNote} {
		for i, user := range []string{"U1", "U2"} {
			ask := asks(s, kind)
			ask.SlackUserID, ask.SessionID, ask.Holder = user, s.sessions[i].ID, user
			s.fail("after "+string(kind), failed(outcome.UnknownOutcome)) // so that each looks for its own
			for range 2 {
				if err := s.act(t.Context(), ask); err == nil {
					break
				}
			}
		}
	}
	want := map[Kind]int{GmailDraft: 2, CalendarEvent: 2, CRMNote: 2, CRMTask: 0, CRMDeal: 0}
	if diff := cmp.Diff(want, s.artefacts()); diff != "" {
		t.Errorf("at the vendors (-want +got):\n%s", diff)
	}
	owners := map[string]bool{}
	for _, p := range slices.Concat(s.agency.drafts, s.agency.events) {
		owners[p.owner] = true
		for _, to := range p.draft.To {
			if to.Email == p.owner {
				t.Errorf("%s writes to themselves", p.owner)
			}
		}
	}
	if diff := cmp.Diff([]string{"bea@acme.com", "jane@acme.com"}, slices.Sorted(maps.Keys(owners))); diff != "" {
		t.Errorf("owners (-want +got):\n%s", diff)
	}
}

func TestActDoesNothingForAStranger(t *testing.T) {
	done := prepared(t)
	if err := done.act(t.Context(), asks(done, GmailDraft)); err != nil {
		t.Fatal(err)
	}
	task := asks(done, CRMTask)
	task.SessionID = uuid.Nil
	if err := done.act(t.Context(), task); err != nil {
		t.Fatal(err)
	}
	before, id := done.artefacts(), done.actions[0].ID
	stranger := map[string]ActRequest{
		"undo": {Verb: VerbUndo, ActionID: id}, "retry": {Verb: VerbRetry, ActionID: id},
		"was done": {Verb: VerbWasDone, ActionID: id}, "somebody's form": task, "a draft without a session": {Kind: GmailDraft},
	}
	for _, kind := range kinds {
		stranger[string(kind)] = asks(done, kind)
	}
	for name, req := range stranger {
		t.Run(name, func(t *testing.T) {
			req.SlackUserID, done.problems, done.cards = "U2", nil, nil
			if err := done.act(t.Context(), req); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]Problem{{Reason: MeetingGone}}, done.problems); diff != "" || len(done.cards) > 0 {
				t.Errorf("told (-want +got):\n%s\nand %d cards", diff, len(done.cards))
			}
			if diff := cmp.Diff(before, done.artefacts()); diff != "" {
				t.Errorf("at the vendors (-want +got):\n%s", diff)
			}
		})
	}
}

func TestActTellsWhyItFailed(t *testing.T) {
	busy := &outcome.Error{Class: outcome.Throttled, RetryAfter: 5 * time.Minute}
	tests := map[string]struct {
		kind  Kind
		point string
		err   error
		final bool

		again  bool
		later  time.Duration
		state  ActionState
		reason Reason
	}{
		"refused":                {kind: CRMNote, err: failed(outcome.Permanent), state: Failed, reason: CRMRefused},
		"the account is gone":    {kind: CRMNote, err: crm.ErrNotFound, state: Failed, reason: CRMRefused},
		"key refused":            {kind: GmailDraft, err: failed(outcome.Unauthorized), state: Failed, reason: GoogleReconnect},
		"to be reconnected":      {kind: GmailDraft, err: &Problem{Reason: GoogleReconnect}, state: Failed, reason: GoogleReconnect},
		"busy":                   {kind: CalendarEvent, err: busy, later: 5 * time.Minute, state: Planned, reason: GoogleBusy},
		"busy in the last run":   {kind: CRMTask, err: busy, final: true, later: 5 * time.Minute, state: Planned, reason: CRMBusy},
		"down":                   {kind: CRMDeal, err: failed(outcome.Transient), again: true, state: Planned, reason: CRMDown},
		"down in the last run":   {kind: CRMDeal, err: failed(outcome.Transient), final: true, state: Failed, reason: CRMDown},
		"nobody knows":           {kind: CRMNote, err: failed(outcome.UnknownOutcome), again: true, state: Unknown, reason: CRMDown},
		"nobody knows, last run": {kind: CRMNote, err: failed(outcome.UnknownOutcome), final: true, state: Unknown, reason: CRMDown},
		"we failed":              {kind: CRMNote, err: errDB, again: true, state: Unknown, reason: Internal},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := prepared(t)
			s.fail("before "+string(test.kind), test.err)
			req := asks(s, test.kind)
			req.Final = test.final
			err := s.act(t.Context(), req)
			later, waits := errors.AsType[*Later](err)
			if (err != nil) != (test.again || test.later > 0) || waits != (test.later > 0) || (waits && later.At.Sub(noon) != test.later) {
				t.Errorf("ended with %v", err)
			}
			card := s.last()
			if got := card.Actions[0]; got.State != test.state || got.Reason != test.reason {
				t.Errorf("the card tells %s %s", got.State, got.Reason)
			}
			if waits != !card.Until.IsZero() || (waits && !card.Until.Equal(later.At)) {
				t.Errorf("the card says that we try again at %s", card.Until)
			}
			if len(s.problems) > 0 {
				t.Errorf("told beside the card: %v", s.problems)
			}
			if err := s.act(t.Context(), ActRequest{Verb: VerbRetry, ActionID: s.action(t).ID, SlackUserID: "U1", Holder: "retry", AskedAt: noon}); err != nil {
				t.Fatal(err)
			}
			s.finished(t, test.kind, "after a retry")
		})
	}
}

func TestActWithoutAnOfficeSaysSo(t *testing.T) {
	s := prepared(t)
	s.agency.google = false
	if err := s.act(t.Context(), asks(s, GmailDraft)); err != nil || s.action(t).State != Failed || s.action(t).Reason != GoogleNotSetUp {
		t.Errorf("ended with %v, the action is %+v", err, s.action(t))
	}
}

func TestATaskWithoutAMeetingIsToldInWords(t *testing.T) {
	s := prepared(t)
	req := asks(s, CRMTask)
	req.SessionID, s.cards = uuid.Nil, nil
	for range 2 {
		if err := s.act(t.Context(), req); err != nil {
			t.Fatal(err)
		}
	}
	if len(s.told) != 2 || s.told[1].State != Done || len(s.cards) > 0 || len(s.agency.crm.tasks) != 1 {
		t.Errorf("told %+v, %d cards, %d tasks", s.told, len(s.cards), len(s.agency.crm.tasks))
	}
	if got := s.agency.crm.tasks[0].Ref; got != RefOf(nil, "task/form") {
		t.Errorf("ref %q", got)
	}
}

func TestANoteNeedsAnAccount(t *testing.T) {
	s := prepared(t)
	s.sessions[0].Account, s.agency.crm.accounts = nil, nil
	if err := s.act(t.Context(), asks(s, CRMNote)); err != nil || len(s.actions) > 0 || s.last().Session.Account != nil {
		t.Fatalf("ended with %v, actions %+v", err, s.actions)
	}
	a := &Actor{Workbench: s.bench()}
	s.agency.crm.accounts = []crm.Account{{ID: "A2", Name: "Chosen"}}
	choice := ChooseRequest{SlackUserID: "U1", SessionID: s.sessions[0].ID, Revision: 1, AccountID: "A2", Then: CRMNote, Holder: "choice", AskedAt: noon}
	for range 2 {
		if err := a.Choose(t.Context(), romans, choice); err != nil {
			t.Fatal(err)
		}
	}
	s.finished(t, CRMNote, "once it is chosen")
	if got := s.last().Session.Account; got == nil || got.AccountID != "A2" || got.Why != ByChoice || s.agency.crm.notes[0].AccountID != "A2" {
		t.Errorf("account %+v, note %+v", got, s.agency.crm.notes)
	}
	choice.SlackUserID = "U2"
	if err := a.Choose(t.Context(), romans, choice); err != nil || len(s.problems) != 1 || s.problems[0].Reason != MeetingGone {
		t.Errorf("a stranger's choice ended with %v, told %v", err, s.problems)
	}
}

func TestKeysAndRefsTellUsersApart(t *testing.T) {
	a, b := uuid.MustParse("11111111-1111-4111-8111-111111111111"), uuid.MustParse("22222222-2222-4222-8222-222222222222")
	key := keyOf(a, GmailDraft, "jane@acme.com", 2)
	if want := "11111111-1111-4111-8111-111111111111/gmail_draft/jane@acme.com/2"; key != want {
		t.Errorf("key %q, want %q", key, want)
	}
	m := &Meeting{RecordingID: "123"}
	if got, want := RefOf(m, key), "ref: fathom-123-616bcf632c3c"; got != want {
		t.Errorf("ref %q, want %q", got, want)
	}
	if RefOf(m, key) == RefOf(m, keyOf(b, GmailDraft, "jane@acme.com", 2)) {
		t.Error("two sessions have one ref")
	}
}

func TestWhatWasDoneIsKeptAlthoughTheRunIsStopped(t *testing.T) {
	s := prepared(t)
	s.agency.crm.can.FindsTasks = false // so that nothing but the row tells
	ctx, stop := context.WithCancel(t.Context())
	s.faults["after "+string(CRMTask)] = []func() error{func() error { stop(); return nil }}
	if err := s.act(ctx, asks(s, CRMTask)); err != nil && !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if got := s.action(t).State; got != Done {
		t.Errorf("the action is %s", got)
	}
}

func TestADraftGoesToNoOtherMailboxThanWhenItWasAskedFor(t *testing.T) {
	s := prepared(t)
	s.fail("before "+string(GmailDraft), failed(outcome.Permanent))
	if err := s.act(t.Context(), asks(s, GmailDraft)); err != nil {
		t.Fatal(err)
	}
	s.sessions[0].Viewer.Email = "jane@elsewhere.example"
	if err := s.act(t.Context(), ActRequest{SlackUserID: "U1", Verb: VerbRetry, ActionID: s.action(t).ID, Holder: "retry", AskedAt: noon}); err != nil {
		t.Fatal(err)
	}
	if got := s.action(t); got.State != Failed || got.Reason != GoogleNotYours || len(s.agency.drafts) > 0 {
		t.Errorf("the action is %s %s, drafts %+v", got.State, got.Reason, s.agency.drafts)
	}
}

func TestANoteIsAsLongAsTheCRMTakes(t *testing.T) {
	s := prepared(t)
	s.agency.crm.can.MaxNote = maxRef + 5
	if err := s.act(t.Context(), asks(s, CRMNote)); err != nil || s.agency.crm.notes[0].Text != "A go…" {
		t.Errorf("ended with %v, notes %+v", err, s.agency.crm.notes)
	}
}

func TestOnlyWhoIsToBeInvitedIsAnAttendee(t *testing.T) {
	for invite, want := range map[bool]int{true: 3, false: 0} {
		s := prepared(t)
		req := asks(s, CalendarEvent)
		req.Input, _ = json.Marshal(EventInput{Title: "Demo", Start: "2026-11-30T15:00", Minutes: 45, Zone: "Europe/Rome", Invite: invite})
		if err := s.act(t.Context(), req); err != nil {
			t.Fatal(err)
		}
		event := s.agency.events[0].event
		if len(event.Attendees) != want || !event.Start.Equal(time.Date(2026, 11, 30, 14, 0, 0, 0, time.UTC)) || event.Length != 45*time.Minute {
			t.Errorf("invite %t: %+v", invite, event)
		}
	}
}
