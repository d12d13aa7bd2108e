package followup

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/followup-dev/followup-operator/internal/outcome"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// newsroom is all that an Announcer needs.
type newsroom struct {
	Board // of which Announce is asked for only

	meetings []Meeting // newest first
	since    time.Time
	told     []string          // "<user> <recording>", in the order of the messages
	kept     map[string]bool   // announced recordings
	users    map[string]string // Slack user IDs by address

	findErr, pageErr, keepErr, userErr error
	sendErr                            map[string]error // by recording
	stop                               context.CancelFunc
}

func newNewsroom(meetings ...Meeting) *newsroom {
	return &newsroom{
		meetings: meetings, since: noon.Add(-24 * time.Hour), kept: map[string]bool{}, users: map[string]string{"ada@acme.com": "UADA", "eve@acme.com": "UEVE"},
		sendErr: map[string]error{},
	}
}

func (n *newsroom) Find(_ context.Context, at Position) (Meeting, error) {
	for _, m := range n.meetings {
		if m.Position() == at && n.findErr == nil {
			return m, nil
		}
	}
	if n.findErr != nil {
		return Meeting{}, n.findErr
	}
	return Meeting{}, &Problem{Reason: MeetingGone}
}

func (n *newsroom) Read(context.Context, string) (Recording, error) {
	return Recording{}, errors.New("an announcement tells nothing of what was said")
}

// Page has two meetings, and is inclusive.
func (n *newsroom) Page(_ context.Context, span Span, cursor string) ([]Meeting, string, error) {
	if n.pageErr != nil {
		return nil, "", n.pageErr
	}
	var from int
	_, _ = fmt.Sscan(cursor, &from)
	to := min(from+2, len(n.meetings))
	if to == len(n.meetings) || n.meetings[to-1].CreatedAt.Before(span.After) {
		return n.meetings[from:to], "", nil
	}
	return n.meetings[from:to], fmt.Sprint(to), nil
}

func (n *newsroom) First(_ context.Context, recordingID string, _ time.Time) (bool, error) {
	first := !n.kept[recordingID]
	n.kept[recordingID] = true
	return first, n.keepErr
}

func (n *newsroom) Forget(ctx context.Context, recordingID string) error {
	if ctx.Err() == nil {
		delete(n.kept, recordingID)
	}
	return ctx.Err()
}

func (n *newsroom) Since(context.Context) (time.Time, error) { return n.since, n.keepErr }

func (n *newsroom) ByEmail(_ context.Context, email string) (string, error) {
	if n.userErr != nil {
		return "", n.userErr
	}
	if id, known := n.users[email]; known {
		return id, nil
	}
	return "", ErrUnknownViewer
}

func (n *newsroom) Announce(ctx context.Context, slackUserID string, meeting Meeting) error {
	if n.stop != nil {
		n.stop()
		return ctx.Err()
	}
	err := n.sendErr[meeting.RecordingID]
	if err == nil || outcome.ClassOf(err) == outcome.UnknownOutcome {
		n.told = append(n.told, slackUserID+" "+meeting.RecordingID)
	}
	return err
}

func (n *newsroom) announcer() *Announcer {
	return &Announcer{Content: n, Source: n, Announcements: n, Colleagues: n, Board: n, Now: func() time.Time { return noon }}
}

// recorded is a meeting whose entry was made so many hours before noon.
func recorded(id string, hours int, by string) Meeting {
	return Meeting{RecordingID: id, CreatedAt: noon.Add(-time.Duration(hours) * time.Hour), RecordedBy: Person{Email: by}, Invitees: []Person{{Email: "eve@acme.com"}}}
}

func (n *newsroom) announce(t *testing.T, m Meeting) error {
	t.Helper()
	return n.announcer().Announce(t.Context(), tenancy.Tenant{}, m.Position())
}

func (n *newsroom) wantTold(t *testing.T, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, n.told); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
}

func TestTheRecorderIsToldOnceHoweverARecordingIsFound(t *testing.T) {
	m := recorded("1", 1, "ada@acme.com")
	n := newNewsroom(m)
	for range 2 {
		if err := n.announce(t, m); err != nil {
			t.Fatal(err)
		}
		if err := n.announcer().Poll(t.Context(), tenancy.Tenant{}); err != nil {
			t.Fatal(err)
		}
	}
	n.wantTold(t, "UADA 1")
}

func TestNobodyElseIsToldOfARecording(t *testing.T) {
	stranger, nobody := recorded("1", 1, "bob@elsewhere.example"), recorded("2", 2, "")
	n := newNewsroom(stranger, nobody)
	for _, m := range n.meetings {
		if err := n.announce(t, m); err != nil {
			t.Error(err)
		}
		if !n.kept[m.RecordingID] {
			t.Error("Slack is asked again in each poll")
		}
	}
	n.wantTold(t)
}

func TestAPollTellsOfAllSinceThenOldestFirst(t *testing.T) {
	n := newNewsroom(
		recorded("5", 1, "ada@acme.com"), recorded("4", 2, "eve@acme.com"), recorded("3", 3, "ada@acme.com"), recorded("2", 24, "ada@acme.com"),
		recorded("1", 25, "ada@acme.com"),
	)
	n.kept["4"] = true
	if err := n.announcer().Poll(t.Context(), tenancy.Tenant{}); err != nil {
		t.Fatal(err)
	}
	n.wantTold(t, "UADA 2", "UADA 3", "UADA 5")
}

func TestARecordingThatNobodyWasToldOfIsAnnouncedTheNextTime(t *testing.T) {
	tests := map[string]struct {
		broken func(*newsroom)
		again  bool // another run is worth it
		later  time.Duration
		known  bool // it is kept all the same
	}{
		"Slack fails": {broken: func(n *newsroom) { n.sendErr["1"] = &outcome.Error{Class: outcome.Transient} }, again: true},
		"Slack is busy": {broken: func(n *newsroom) {
			n.sendErr["1"] = &outcome.Error{Class: outcome.Throttled, RetryAfter: 7 * time.Second}
		}, later: 7 * time.Second},
		"Slack does not know":  {broken: func(n *newsroom) { n.userErr = &outcome.Error{Class: outcome.Transient} }, again: true},
		"the token is dead":    {broken: func(n *newsroom) { n.sendErr["1"] = &Problem{Reason: SlackTokenDead} }},
		"Slack may have it":    {broken: func(n *newsroom) { n.sendErr["1"] = &outcome.Error{Class: outcome.UnknownOutcome} }, known: true},
		"Fathom is busy":       {broken: func(n *newsroom) { n.findErr = &Problem{Reason: FathomBusy, RetryAfter: time.Second} }, later: time.Second},
		"Fathom is just busy":  {broken: func(n *newsroom) { n.findErr = &Problem{Reason: FathomBusy} }, later: time.Minute},
		"Fathom is down":       {broken: func(n *newsroom) { n.findErr = &Problem{Reason: FathomDown} }, again: true},
		"Fathom has no key":    {broken: func(n *newsroom) { n.findErr = &Problem{Reason: FathomKeyRefused} }},
		"the recording's gone": {broken: func(n *newsroom) { n.findErr = &Problem{Reason: MeetingGone} }},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			m := recorded("1", 1, "ada@acme.com")
			n := newNewsroom(m)
			tc.broken(n)
			err := n.announce(t, m)
			later, waits := errors.AsType[*Later](err)
			if (err != nil) != (tc.again || tc.later > 0) || waits != (tc.later > 0) || (waits && later.At.Sub(noon) != tc.later) {
				t.Errorf("ended with %v", err)
			}
			if n.kept["1"] != tc.known {
				t.Errorf("kept as announced: %v", n.kept["1"])
			}
			n.findErr, n.userErr, n.sendErr = nil, nil, map[string]error{}
			if err := n.announcer().Poll(t.Context(), tenancy.Tenant{}); err != nil {
				t.Fatal(err)
			}
			n.wantTold(t, "UADA 1")
		})
	}
}

func TestARunThatIsStoppedForgetsWhatItDidNotTell(t *testing.T) {
	n := newNewsroom(recorded("1", 1, "ada@acme.com"))
	ctx, stop := context.WithCancel(t.Context())
	n.stop = stop
	if err := n.announcer().Poll(ctx, tenancy.Tenant{}); !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v", err)
	}
	if n.kept["1"] {
		t.Error("kept as announced, and nobody was told")
	}
}

func TestOneRecordingThatCannotBeAnnouncedIsInNobodysWay(t *testing.T) {
	n := newNewsroom(recorded("3", 1, "ada@acme.com"), recorded("2", 2, "ada@acme.com"), recorded("1", 3, "ada@acme.com"))
	n.sendErr["2"] = &outcome.Error{Class: outcome.Permanent}
	if err := n.announcer().Poll(t.Context(), tenancy.Tenant{}); outcome.ClassOf(err) != outcome.Permanent {
		t.Errorf("ended with %v", err)
	}
	n.wantTold(t, "UADA 1", "UADA 3")
}

func TestAPollStopsWhereItMakesNoSenseToGoOn(t *testing.T) {
	tests := map[string]struct {
		err   error
		later bool
	}{
		"Slack is busy":     {&outcome.Error{Class: outcome.Throttled, RetryAfter: time.Second}, true},
		"the token is dead": {&Problem{Reason: SlackTokenDead}, false},
		"the token is bad":  {&outcome.Error{Class: outcome.Unauthorized}, false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			n := newNewsroom(recorded("3", 1, "ada@acme.com"), recorded("2", 2, "ada@acme.com"), recorded("1", 3, "ada@acme.com"))
			n.sendErr["2"] = tc.err
			_, later := errors.AsType[*Later](n.announcer().Poll(t.Context(), tenancy.Tenant{}))
			if later != tc.later {
				t.Errorf("later: %v", later)
			}
			n.wantTold(t, "UADA 1")
		})
	}
}

func TestAPollOfAFathomThatFails(t *testing.T) {
	n := newNewsroom(recorded("1", 1, "ada@acme.com"))
	n.pageErr = &Problem{Reason: FathomBusy, RetryAfter: time.Second}
	if _, later := errors.AsType[*Later](n.announcer().Poll(t.Context(), tenancy.Tenant{})); !later {
		t.Error("not to be run later")
	}
	n.pageErr = errDB
	if err := n.announcer().Poll(t.Context(), tenancy.Tenant{}); !errors.Is(err, errDB) {
		t.Errorf("ended with %v", err)
	}
	n.wantTold(t)
}
