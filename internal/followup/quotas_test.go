package followup

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func usedUp(resource Resource) *Limit {
	return &Limit{Resource: resource, Period: "daily", Number: 20, ResetsAt: noon.Add(12 * time.Hour)}
}

func TestAChangeInTheCRMThatTheLimitForbidsIsKeptToBeTriedAgain(t *testing.T) {
	for _, kind := range []Kind{CRMNote, CRMTask, CRMDeal} {
		t.Run(string(kind), func(t *testing.T) {
			s := prepared(t)
			s.usedUp = usedUp(CRMWrites)
			if err := s.act(t.Context(), asks(s, kind)); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(only(kind, 0), s.artefacts()); diff != "" {
				t.Errorf("at the vendors (-want +got):\n%s", diff)
			}
			if got := s.action(t); got.State != Failed || got.Reason != LimitReached {
				t.Errorf("the action is %s %s", got.State, got.Reason)
			}
			if problem := s.last().Problem; problem == nil || !cmp.Equal(problem.Limit, s.usedUp) {
				t.Errorf("the card tells of %+v", problem)
			}

			s.usedUp = nil
			retry := ActRequest{SlackUserID: "U1", ActionID: s.action(t).ID, Verb: VerbRetry, Holder: "another click", AskedAt: s.now}
			if err := s.act(t.Context(), retry); err != nil {
				t.Fatal(err)
			}
			s.finished(t, kind, "when there is room")
		})
	}
}

func TestGoogleHasNoLimit(t *testing.T) {
	s := prepared(t)
	s.usedUp = usedUp(CRMWrites)
	if err := s.act(t.Context(), asks(s, GmailDraft)); err != nil {
		t.Fatal(err)
	}
	s.finished(t, GmailDraft, "with the CRM's limit used up")
}

func TestTextsThatTheLimitForbidsAreAskedOfNobody(t *testing.T) {
	s := newStudio()
	s.usedUp = usedUp(MeetingsProcessed)
	req := pick(s)
	if err := s.prepare(t.Context(), romans, req); err != nil {
		t.Fatal(err)
	}
	if len(s.briefs) != 0 {
		t.Error("the model was asked")
	}
	if problem := s.last().Problem; problem == nil || !cmp.Equal(problem.Limit, s.usedUp) {
		t.Errorf("the card tells of %+v", problem)
	}
	s.usedUp = nil
	if err := s.prepare(t.Context(), romans, req); err != nil {
		t.Fatal(err)
	}
	if s.last().Revision == nil {
		t.Error("there are no texts when there is room")
	}
}

func TestOnlyTextsThatAreWrittenAreCharged(t *testing.T) {
	s := newStudio()
	req := pick(s)
	req.Key = "click"
	for range 2 {
		if err := s.prepare(t.Context(), romans, req); err != nil {
			t.Fatal(err)
		}
	}
	req.Key = "a click on what is there already"
	if err := s.prepare(t.Context(), romans, req); err != nil {
		t.Fatal(err)
	}
	charges := slices.DeleteFunc(slices.Clone(s.journal), func(call string) bool { return call != "charge" })
	if want := map[string]bool{"meetings_processed click": true}; len(charges) != 1 || !cmp.Equal(s.charged, want) {
		t.Errorf("%d charges: %v", len(charges), s.charged)
	}
}
