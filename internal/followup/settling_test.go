package followup

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/followup-dev/followup-operator/internal/outcome"
)

func TestWhatCannotBeLookedUpIsForItsUserToSay(t *testing.T) {
	tests := map[string]struct {
		point string
		said  string
		want  int
	}{
		"it is there":     {"after ", VerbWasDone, 1},
		"it is not there": {"before ", VerbWasNotDone, 1},
	}
	for name, test := range tests {
		for how, err := range map[string]error{"the answer is lost": failed(outcome.UnknownOutcome), "the run dies": nil} {
			t.Run(name+", "+how, func(t *testing.T) {
				s := prepared(t)
				s.agency.crm.can.FindsTasks = false
				if err != nil {
					s.fail(test.point+string(CRMTask), err)
				} else {
					s.faults[test.point+string(CRMTask)] = []func() error{func() error { panic(errDied) }}
					if err := s.act(t.Context(), asks(s, CRMTask)); !errors.Is(err, errDied) {
						t.Fatal(err)
					}
				}
				if err := s.act(t.Context(), asks(s, CRMTask)); err != nil {
					t.Fatal(err)
				}
				if got := s.last().Actions[0]; got.State != Unknown || got.Reason != NotSure {
					t.Fatalf("the card tells %s %s", got.State, got.Reason)
				}
				s.now = s.now.Add(time.Minute)
				verb := ActRequest{SlackUserID: "U1", ActionID: s.action(t).ID, Verb: test.said, Holder: "said", AskedAt: s.now}
				retry := verb
				retry.Verb, retry.Holder = VerbRetry, "retry"
				for _, req := range []ActRequest{verb, verb, retry} { // said by a job that is run again
					if err := s.act(t.Context(), req); err != nil {
						t.Fatal(err)
					}
				}
				s.finished(t, CRMTask, "in the end")
			})
		}
	}
}

func TestUndoTakesBackAndCanBeDoneAgain(t *testing.T) {
	for _, kind := range []Kind{GmailDraft, CalendarEvent} {
		t.Run(string(kind), func(t *testing.T) {
			s := prepared(t)
			first := asks(s, kind)
			if err := s.act(t.Context(), first); err != nil {
				t.Fatal(err)
			}
			s.now = s.now.Add(time.Minute)
			undo := ActRequest{SlackUserID: "U1", ActionID: s.action(t).ID, Verb: VerbUndo, Holder: "undo", AskedAt: s.now}
			s.now = s.now.Add(time.Second)
			for _, req := range []ActRequest{undo, undo, first} { // the job of the first click is run again, late
				if err := s.act(t.Context(), req); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(only(kind, 0), s.artefacts()); diff != "" || s.last().Actions[0].State != Undone {
					t.Fatalf("card %+v, at the vendors (-want +got):\n%s", s.last().Actions, diff)
				}
			}
			s.now = s.now.Add(time.Minute)
			second := asks(s, kind)
			second.Holder = "second"
			s.now = s.now.Add(time.Second)
			for _, req := range []ActRequest{second, undo} { // and so is that of the undo
				if err := s.act(t.Context(), req); err != nil {
					t.Fatal(err)
				}
				s.finished(t, kind, "done again")
			}
		})
	}
}

func TestUndoSaysWhyItFailed(t *testing.T) {
	tests := map[string]struct {
		kind  Kind
		point string
		err   error
		final bool
		told  Reason
	}{
		"no way to":            {kind: CRMNote, told: CannotUndo},
		"refused":              {kind: GmailDraft, point: "before delete draft", err: failed(outcome.Permanent), told: GoogleRefused},
		"busy":                 {kind: GmailDraft, point: "before delete draft", err: failed(outcome.Throttled), told: GoogleBusy},
		"down":                 {kind: CalendarEvent, point: "before delete event", err: failed(outcome.Transient)},
		"down in the last run": {kind: CalendarEvent, point: "before delete event", err: failed(outcome.Transient), final: true, told: GoogleDown},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := prepared(t)
			if err := s.act(t.Context(), asks(s, test.kind)); err != nil {
				t.Fatal(err)
			}
			s.fail(test.point, test.err)
			err := s.act(t.Context(), ActRequest{SlackUserID: "U1", ActionID: s.action(t).ID, Verb: VerbUndo, AskedAt: noon, Final: test.final})
			if (err != nil) != (test.told == "") {
				t.Errorf("ended with %v", err)
			}
			if len(s.problems) > 0 && s.problems[0].Reason != test.told || len(s.problems) == 0 && test.told != "" {
				t.Errorf("told %v, want %s", s.problems, test.told)
			}
			s.finished(t, test.kind, "not taken back")
		})
	}
}

func TestWhatAUserSaidHoldsForWhatTheySaw(t *testing.T) {
	s := prepared(t)
	s.agency.crm.can.FindsTasks = false
	click := func(verb, holder string) ActRequest {
		s.now = s.now.Add(time.Minute)
		req := ActRequest{SlackUserID: "U1", Verb: verb, Holder: holder, ActionID: s.actions[0].ID, AskedAt: s.now}
		s.now = s.now.Add(time.Second)
		return req
	}
	do := func(req ActRequest) {
		t.Helper()
		if err := s.act(t.Context(), req); err != nil {
			t.Fatal(err)
		}
	}
	s.fail("after "+string(CRMTask), failed(outcome.UnknownOutcome))
	s.fail("after "+string(CRMTask), failed(outcome.UnknownOutcome))
	do(asks(s, CRMTask))
	said := click(VerbWasNotDone, "said")
	do(said)
	do(click(VerbRetry, "retry"))
	do(said) // its job is run again: it was not said of the second
	if got := s.action(t); got.State != Unknown || got.Reason != NotSure {
		t.Errorf("the action is %s %s", got.State, got.Reason)
	}
}
