package followup

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/followup-dev/followup-operator/internal/crm"
	"github.com/followup-dev/followup-operator/internal/outcome"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// romans is a tenant whose people see the meetings that they were invited to.
var romans = tenancy.Tenant{Visibility: tenancy.Participants, TimeZone: "Europe/Rome", Locale: "it"}

func pick(s *studio) PrepareRequest {
	return PrepareRequest{SlackUserID: "U1", Pick: s.meeting.Position(), AskedAt: noon}
}

// prepared is a studio in which Jane has a follow-up.
func prepared(t *testing.T) *studio {
	t.Helper()
	s := newStudio()
	s.agency.crm.accounts = []crm.Account{{ID: "A1", Name: "Client", Website: "https://client.example"}}
	if err := s.prepare(t.Context(), romans, pick(s)); err != nil {
		t.Fatal(err)
	}
	s.journal, s.points = nil, 0
	return s
}

func (s *studio) progress() []Progress {
	var all []Progress
	for _, card := range s.cards {
		all = append(all, card.Progress)
	}
	return all
}

func TestPrepareShowsHowFarItIs(t *testing.T) {
	s := prepared(t)
	if diff := cmp.Diff([]Progress{Reading, Writing, ""}, s.progress()); diff != "" {
		t.Errorf("progress (-want +got):\n%s", diff)
	}
	card := s.last()
	if card.Revision == nil || card.Revision.Number != 1 || card.Revision.Model != "a-model" || card.Revision.Texts.Summary != "We met." {
		t.Errorf("revision on the card: %+v", card.Revision)
	}
	if got, want := card.Session.Card, (Place{Channel: "DU1", Timestamp: "1.0"}); got != want || s.sessions[0].Card != want {
		t.Errorf("the card is kept as at %+v", got)
	}
	want := &Match{AccountID: "A1", AccountName: "Client", Why: ByWebsite, Evidence: "client.example"}
	if diff := cmp.Diff(want, card.Session.Account); diff != "" {
		t.Errorf("account (-want +got):\n%s", diff)
	}
}

func TestPrepareAsksTheModelOnceForEachRevision(t *testing.T) {
	s := prepared(t)
	if err := s.prepare(t.Context(), romans, pick(s)); err != nil { // a second click on "Follow up"
		t.Fatal(err)
	}
	again := PrepareRequest{SlackUserID: "U1", SessionID: s.sessions[0].ID, From: 1, AskedAt: noon, Wishes: Wishes{Length: "shorter", Tone: "formal"}}
	for range 2 { // a job that is run again
		if err := s.prepare(t.Context(), romans, again); err != nil {
			t.Fatal(err)
		}
	}
	if len(s.briefs) != 2 || len(s.revisions[s.sessions[0].ID]) != 2 {
		t.Fatalf("model asked %d times for %d revisions", len(s.briefs), len(s.revisions[s.sessions[0].ID]))
	}
	brief := s.briefs[1]
	if brief.Previous == nil || brief.Previous.Summary != "We met." || brief.Wishes != again.Wishes {
		t.Errorf("written again from %+v, with %+v", brief.Previous, brief.Wishes)
	}
	if s.tones["U1"] != "formal" || s.last().Revision.Number != 2 {
		t.Errorf("usual tone %q, revision %d on the card", s.tones["U1"], s.last().Revision.Number)
	}
}

// interrupted is a Writer during whose work something happens.
type interrupted struct {
	Writer

	by func()
}

func (i interrupted) Write(ctx context.Context, brief Brief) (Texts, string, error) {
	i.by()
	return i.Writer.Write(ctx, brief)
}

// The user edits while the model writes: both are kept, what was written last.
func TestAnEditMeanwhileDoesNotLoseWhatIsWrittenAgain(t *testing.T) {
	s := prepared(t)
	id := s.sessions[0].ID
	p := &Preparer{Workbench: s.bench(), Content: s, Writer: interrupted{s, func() {
		s.revisions[id] = append(s.revisions[id], Revision{Number: 2, Edited: true, Texts: Texts{Summary: "As edited."}})
	}}}
	again := PrepareRequest{SlackUserID: "U1", SessionID: id, From: 1, AskedAt: noon, Wishes: Wishes{Length: "shorter"}}
	if err := p.Prepare(t.Context(), romans, again); err != nil {
		t.Fatal(err)
	}
	if kept := s.revisions[id]; len(kept) != 3 || kept[1].Texts.Summary != "As edited." || kept[2].Edited {
		t.Errorf("kept %+v", kept)
	}
}

func TestPrepareUsesTheUsualTone(t *testing.T) {
	s := newStudio()
	s.tones["U1"] = "friendly"
	if err := s.prepare(t.Context(), romans, pick(s)); err != nil {
		t.Fatal(err)
	}
	if got := s.briefs[0].Wishes.Tone; got != "friendly" {
		t.Errorf("tone %q", got)
	}
}

func TestPrepareThatDiesAnywhereIsFinishedByTheNextRun(t *testing.T) {
	for point := 1; ; point++ {
		s := newStudio()
		s.diesAt = point
		err := s.prepare(t.Context(), romans, pick(s))
		if err == nil {
			if point < 25 {
				t.Fatalf("only %d points", point)
			}
			return
		}
		lost := len(s.briefs) > 0 && len(s.revisions) == 0 // the one gap: written and not kept
		if err := s.prepare(t.Context(), romans, pick(s)); err != nil {
			t.Fatalf("after a death at point %d: %v", point, err)
		}
		if want := map[bool]int{true: 2, false: 1}[lost]; len(s.briefs) != want {
			t.Errorf("after a death at point %d: model asked %d times, want %d", point, len(s.briefs), want)
		}
		if card := s.last(); card.Progress != "" || card.Revision == nil || card.Revision.Number != 1 {
			t.Errorf("after a death at point %d: card %+v", point, card)
		}
	}
}

func TestPrepareLooksAgainWhileFathomIsNotReady(t *testing.T) {
	tests := map[string]struct {
		elapsed, next time.Duration // next 0: given up
	}{
		"at once":              {0, time.Minute},
		"too early":            {59 * time.Second, time.Minute},
		"after the first wait": {time.Minute, 3 * time.Minute},
		"after the second":     {3*time.Minute + time.Second, 8 * time.Minute},
		"after the third":      {8 * time.Minute, 18 * time.Minute},
		"after the fourth":     {20 * time.Minute, 48 * time.Minute},
		"after the last":       {48 * time.Minute, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newStudio()
			s.readErr, s.now = ErrNotWritten, noon.Add(test.elapsed)
			err := s.prepare(t.Context(), romans, pick(s))
			later, waits := errors.AsType[*Later](err)
			if waits != (test.next > 0) || (waits && !later.At.Equal(noon.Add(test.next))) {
				t.Fatalf("ended with %v", err)
			}
			card := s.last()
			if waits && (card.Progress != NotYet || !card.Until.Equal(later.At) || card.Problem != nil) {
				t.Errorf("card while waiting: %+v", card)
			}
			if !waits && (err != nil || card.Problem == nil || card.Problem.Reason != NothingSaid) {
				t.Errorf("ended with %v, card %+v", err, card)
			}
		})
	}
}

func TestPrepareSaysThatNothingWasSaid(t *testing.T) {
	s := newStudio()
	s.recording.Lines = []Line{{Text: " "}}
	if err := s.prepare(t.Context(), romans, pick(s)); err != nil || s.last().Problem == nil || s.last().Problem.Reason != NothingSaid || len(s.briefs) > 0 {
		t.Errorf("ended with %v, card %+v", err, s.last())
	}
}

func TestPrepareTellsWhatIsInTheWay(t *testing.T) {
	busy := &outcome.Error{Class: outcome.Throttled, RetryAfter: 5 * time.Minute}
	tests := map[string]struct {
		point string
		err   error
		final bool
		after time.Duration // since the click

		again bool // another run is worth it
		later time.Duration
		card  Reason
		only  Reason // where there is no card
	}{
		"the meeting is gone":                   {point: "after find meeting", err: &Problem{Reason: MeetingGone}, only: MeetingGone},
		"Fathom's key is refused":               {point: "after find meeting", err: failed(outcome.Unauthorized), only: FathomKeyRefused},
		"Fathom is down before there is a card": {point: "after find meeting", err: failed(outcome.Transient), again: true},
		"Fathom is down to the end":             {point: "after find meeting", err: failed(outcome.Transient), final: true, only: FathomDown},
		"Fathom is down":                        {point: "after read recording", err: failed(outcome.Transient), again: true},
		"Fathom is down in the last run":        {point: "after read recording", err: failed(outcome.Transient), final: true, card: FathomDown},
		"Fathom is busy":                        {point: "after read recording", err: &Problem{Reason: FathomBusy, RetryAfter: time.Minute}, later: time.Minute, card: FathomBusy},
		"the model is busy":                     {point: "after write", err: busy, later: 5 * time.Minute, card: WriterBusy},
		"the model is busy, who knows how long": {point: "after write", err: failed(outcome.Throttled), final: true, later: leastWait, card: WriterBusy},
		"the model is busy for an hour":         {point: "after write", err: busy, after: time.Hour, card: WriterBusy},
		"the model would not":                   {point: "after write", err: &Problem{Reason: WriterRefused}, card: WriterRefused},
		"the model is down":                     {point: "after write", err: &Problem{Reason: WriterDown}, again: true},
		"the database is away":                  {point: "before add revision", err: errDB, again: true},
		"the database is away in the last run":  {point: "before add revision", err: errDB, final: true, again: true, only: Internal},
		"Slack does not take the card":          {point: "before show", err: &Problem{Reason: SlackTokenDead}, card: SlackTokenDead},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newStudio()
			s.fail(test.point, test.err)
			s.now = noon.Add(test.after)
			req := pick(s)
			req.Final = test.final
			err := s.prepare(t.Context(), romans, req)
			later, waits := errors.AsType[*Later](err)
			if waits != (test.later > 0) || (waits && later.At.Sub(s.now) != test.later) || (err != nil) != (test.again || waits) {
				t.Errorf("ended with %v", err)
			}
			var card, only Reason
			if s.last().Problem != nil {
				card = s.last().Problem.Reason
			}
			if len(s.problems) > 0 {
				only = s.problems[0].Reason
			}
			if card != test.card || only != test.only {
				t.Errorf("told %q on the card, %q elsewhere", card, only)
			}
		})
	}
}

func TestPrepareIsForThoseWhoMaySeeTheMeetingNow(t *testing.T) {
	s := prepared(t)
	s.meeting.Invitees, s.meeting.RecordedBy = s.meeting.Invitees[1:2], Person{} // Jane was taken off
	again := PrepareRequest{SlackUserID: "U1", SessionID: s.sessions[0].ID, From: 1, AskedAt: noon}
	if err := s.prepare(t.Context(), romans, again); err != nil {
		t.Fatal(err)
	}
	if got := s.last().Problem; got == nil || got.Reason != MeetingGone || len(s.briefs) != 1 {
		t.Errorf("told %v, model asked %d times", got, len(s.briefs))
	}
	for name, req := range map[string]PrepareRequest{
		"somebody who was not there": {SlackUserID: "U3", Pick: s.meeting.Position(), AskedAt: noon},
		"somebody else's session":    {SlackUserID: "U2", SessionID: s.sessions[0].ID, From: 1, AskedAt: noon},
		"a session of nobody's":      {SlackUserID: "U1", SessionID: uuid.New(), From: 1, AskedAt: noon},
	} {
		t.Run(name, func(t *testing.T) {
			s.people["U3"] = Viewer{ID: uuid.New(), SlackUserID: "U3", Profile: Profile{Email: "eve@acme.com"}, RefreshedAt: noon}
			s.problems, s.cards = nil, nil
			if err := s.prepare(t.Context(), romans, req); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]Problem{{Reason: MeetingGone}}, s.problems); diff != "" || len(s.cards) > 0 || len(s.briefs) != 1 {
				t.Errorf("told (-want +got):\n%s\n%d cards, model asked %d times", diff, len(s.cards), len(s.briefs))
			}
		})
	}
}

func TestSlackFailingIsInTheWayOnlyWhereTheAddressDecides(t *testing.T) {
	old := jane
	old.RefreshedAt = noon.Add(-profileLife)
	everyone := romans
	everyone.Visibility = tenancy.Everyone
	tests := map[string]struct {
		tenant  tenancy.Tenant
		problem []Problem
	}{
		"participants see it": {romans, []Problem{{Reason: SlackDown}}},
		"everyone sees it":    {everyone, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newStudio()
			s.people["U1"], s.profileErr = old, &Problem{Reason: SlackDown}
			req := pick(s)
			req.Final = true
			if err := s.prepare(t.Context(), test.tenant, req); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.problem, s.problems); diff != "" || (len(s.briefs) == 1) != (test.problem == nil) {
				t.Errorf("told (-want +got):\n%s\nmodel asked %d times", diff, len(s.briefs))
			}
		})
	}
}

func TestACRMThatFailsIsInNobodysWay(t *testing.T) {
	s := newStudio()
	s.agency.crm.err = failed(outcome.Unauthorized)
	if err := s.prepare(t.Context(), romans, pick(s)); err != nil || s.last().Problem != nil || s.last().Revision == nil || s.last().Session.Account != nil {
		t.Errorf("ended with %v, card %+v", err, s.last())
	}
}

func TestPrepareTellsOfAModelThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStudio()
		s.hangs = true
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		req := pick(s)
		req.Final = true
		if err := s.prepare(ctx, romans, req); err != nil || s.last().Problem == nil || s.last().Problem.Reason != WriterDown {
			t.Errorf("ended with %v, card %+v", err, s.last())
		}
	})
}
