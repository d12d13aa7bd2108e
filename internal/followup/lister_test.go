package followup

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/followup-dev/followup-operator/internal/tenancy"
)

var (
	noon  = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	jane  = Viewer{ID: uuid.MustParse("11111111-1111-4111-8111-111111111111"), SlackUserID: "U1", Profile: Profile{Name: "Jane", Email: "jane@acme.com"}, RefreshedAt: noon.Add(-time.Hour)}
	acme  = tenancy.Tenant{Visibility: tenancy.Participants}
	open  = tenancy.Tenant{Visibility: tenancy.Everyone}
	errDB = errors.New("database is away")
)

// world is everything around a Lister; its journal says in which order it was called.
type world struct {
	journal []string

	known    *Viewer
	findErr  error
	saveErr  error
	profile  Profile
	slackErr error

	pages     [][]Meeting
	sourceErr error
	asked     []time.Time
	hang      bool

	loadingErr error
	shown      *List
	problem    *Problem
	saved      []Viewer
	listed     []Meeting
	listErr    error
}

func (w *world) note(what string) { w.journal = append(w.journal, what) }

func (w *world) Loading(context.Context) error { w.note("loading"); return w.loadingErr }
func (w *world) Meetings(_ context.Context, list List) error {
	w.note("meetings")
	w.shown = &list
	return nil
}
func (w *world) Problem(_ context.Context, p Problem) error {
	w.note("problem")
	w.problem = &p
	return nil
}
func (w *world) Find(context.Context, string) (Viewer, error) {
	w.note("find")
	if w.findErr != nil || w.known == nil {
		return Viewer{}, errors.Join(w.findErr, map[bool]error{true: ErrUnknownViewer}[w.findErr == nil])
	}
	return *w.known, nil
}
func (w *world) Save(_ context.Context, v Viewer) (Viewer, error) {
	w.note("save")
	v.ID = jane.ID
	w.saved = append(w.saved, v)
	return v, w.saveErr
}
func (w *world) Profile(context.Context, string) (Profile, error) {
	w.note("ask Slack")
	return w.profile, w.slackErr
}
func (w *world) Page(ctx context.Context, since time.Time, cursor string) ([]Meeting, string, error) {
	w.note("ask Fathom" + cursor)
	if w.hang {
		<-ctx.Done()
		return nil, "", &Problem{Reason: FathomDown}
	}
	w.asked = append(w.asked, since)
	n := len(w.asked) - 1
	if w.sourceErr != nil || n >= len(w.pages) {
		return nil, "", w.sourceErr
	}
	if n == len(w.pages)-1 {
		return w.pages[n], "", nil
	}
	return w.pages[n], fmt.Sprintf(" page %d", n+2), nil
}
func (w *world) SaveListed(_ context.Context, v Viewer, m []Meeting) error {
	w.note("save listed")
	w.listed = m
	if v.ID != jane.ID {
		return errors.New("meetings listed for somebody else")
	}
	return w.listErr
}

func (w *world) list(ctx context.Context, tenant tenancy.Tenant, final bool) error {
	l := &Lister{Screen: w, Source: w, People: w, Profiles: w, Sessions: w, Now: func() time.Time { return noon }}
	return l.List(ctx, tenant, Request{SlackUserID: "U1", Final: final})
}

// meeting is the n-th youngest of the recordings, with these invitees.
func meeting(n int, invitees ...string) Meeting {
	m := Meeting{RecordingID: fmt.Sprint(n), Title: fmt.Sprintf("Meeting %d", n), Start: noon.Add(-time.Duration(n) * time.Hour)}
	for _, email := range invitees {
		m.Invitees = append(m.Invitees, Person{Email: email})
	}
	return m
}

func ids(meetings []Meeting) []string {
	var all []string
	for _, m := range meetings {
		all = append(all, m.RecordingID)
	}
	return all
}

func TestListShowsLoadingBeforeItAsksAnybody(t *testing.T) {
	w := &world{profile: jane.Profile, pages: [][]Meeting{{meeting(1, jane.Email)}}}
	if err := w.list(t.Context(), acme, false); err != nil {
		t.Fatal(err)
	}
	want := []string{"loading", "find", "ask Slack", "save", "ask Fathom", "save listed", "meetings"}
	if diff := cmp.Diff(want, w.journal); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}

func TestListKeepsWhatTheUserMaySee(t *testing.T) {
	recorded := meeting(3)
	recorded.RecordedBy = Person{Email: "JANE@acme.com"}
	blank := meeting(6, "")
	all := []Meeting{meeting(2, "bob@acme.com", " Jane@Acme.Com "), meeting(1, jane.Email), recorded, meeting(4, "janet@acme.com"), meeting(5), blank, meeting(7, "\u212a@acme.com")}
	tests := map[string]struct {
		tenant tenancy.Tenant
		email  string
		want   []string
	}{
		"recorder or invitee":         {acme, jane.Email, []string{"1", "2", "3"}},
		"somebody else":               {acme, "eve@acme.com", nil},
		"a letter that folds to k":    {acme, "k@acme.com", nil},
		"an address that is missing":  {acme, "", nil},
		"everyone sees all":           {open, jane.Email, []string{"1", "2", "3", "4", "5", "6", "7"}},
		"no visibility is the strict": {tenancy.Tenant{}, jane.Email, []string{"1", "2", "3"}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			known := jane
			known.Email = tc.email
			w := &world{known: &known, pages: [][]Meeting{append([]Meeting(nil), all...)}}
			if err := w.list(t.Context(), tc.tenant, false); err != nil {
				t.Fatal(err)
			}
			if w.shown == nil {
				if tc.want != nil || w.problem == nil {
					t.Fatalf("problem %v, want meetings %v", w.problem, tc.want)
				}
				return
			}
			if diff := cmp.Diff(tc.want, ids(w.shown.Meetings)); diff != "" {
				t.Errorf("shown (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.want, ids(w.listed)); diff != "" {
				t.Errorf("saved as listed (-want +got):\n%s", diff)
			}
			if w.shown.Recordings != len(all) {
				t.Errorf("looked through %d recordings, want %d", w.shown.Recordings, len(all))
			}
		})
	}
}

func TestListPages(t *testing.T) {
	page := func(from int) (all []Meeting) {
		for n := from; n < from+10; n++ {
			all = append(all, meeting(n, jane.Email))
		}
		return all
	}
	tests := map[string]struct {
		pages              [][]Meeting
		recordings, listed int
		dropped            int
		older              bool
		first              string
	}{
		"nothing":               {nil, 0, 0, 0, false, ""},
		"one page":              {[][]Meeting{page(1)}, 10, 10, 0, false, "1"},
		"oldest first":          {[][]Meeting{page(21), page(1)}, 20, 20, 0, false, "1"},
		"more than fit":         {[][]Meeting{page(1), page(11), page(21)}, 30, 20, 10, false, "1"},
		"more than are asked":   {[][]Meeting{page(1), page(11), page(21), page(31), page(41), page(51)}, 50, 20, 30, true, "1"},
		"the same one twice":    {[][]Meeting{page(1), page(10)}, 19, 19, 0, false, "1"},
		"recordings without ID": {[][]Meeting{{{Title: "?"}, meeting(9, jane.Email)}}, 1, 1, 0, false, "9"},
		"an empty page between": {[][]Meeting{page(1), {}, page(11)}, 20, 20, 0, false, "1"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := &world{known: &jane, pages: tc.pages}
			if err := w.list(t.Context(), acme, false); err != nil {
				t.Fatal(err)
			}
			got := *w.shown
			if got.Recordings != tc.recordings || len(got.Meetings) != tc.listed || got.Older != tc.older || got.Dropped != tc.dropped {
				t.Errorf("recordings %d, listed %d, dropped %d, older %v; want %d, %d, %d, %v",
					got.Recordings, len(got.Meetings), got.Dropped, got.Older, tc.recordings, tc.listed, tc.dropped, tc.older)
			}
			if tc.first != "" && got.Meetings[0].RecordingID != tc.first {
				t.Errorf("first is %s, want %s", got.Meetings[0].RecordingID, tc.first)
			}
			if want := noon.AddDate(0, 0, -14); !w.asked[0].Equal(want) {
				t.Errorf("asked since %s, want %s", w.asked[0], want)
			}
		})
	}
}

func TestListAsksSlackOnlyWhenItMust(t *testing.T) {
	aged := func(age time.Duration) *Viewer {
		v := jane
		v.RefreshedAt = noon.Add(-age)
		return &v
	}
	hidden := jane
	hidden.Email = ""
	tests := map[string]struct {
		tenant tenancy.Tenant
		known  *Viewer
		asks   bool
		saves  bool
	}{
		"known":                        {acme, aged(time.Hour), false, false},
		"known for a day":              {acme, aged(24 * time.Hour), true, true},
		"new":                          {acme, nil, true, true},
		"address was hidden":           {acme, &hidden, true, true},
		"new, where everyone sees all": {open, nil, false, true},
		"old, where everyone sees all": {open, aged(24 * time.Hour), false, false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := &world{known: tc.known, profile: Profile{Name: "Jane Roe", Email: "jane@new.example"}}
			if err := w.list(t.Context(), tc.tenant, false); err != nil {
				t.Fatal(err)
			}
			asked := false
			for _, call := range w.journal {
				asked = asked || call == "ask Slack"
			}
			if asked != tc.asks || (len(w.saved) == 1) != tc.saves {
				t.Errorf("asked Slack: %v, saved %v; want %v, %v", asked, w.saved, tc.asks, tc.saves)
			}
			if tc.asks {
				want := Viewer{ID: jane.ID, SlackUserID: "U1", Profile: w.profile, RefreshedAt: noon}
				if diff := cmp.Diff(want, w.saved[0]); diff != "" {
					t.Errorf("saved (-want +got):\n%s", diff)
				}
				if w.shown.Email != "jane@new.example" {
					t.Errorf("matched by %q", w.shown.Email)
				}
			}
		})
	}
}

func TestListEndsOnTheScreen(t *testing.T) {
	busy := &Problem{Reason: FathomBusy, RetryAfter: 20 * time.Second}
	tests := map[string]struct {
		world   world
		final   bool
		problem *Problem
		err     error
	}{
		"token dead at the first call": {world: world{loadingErr: &Problem{Reason: SlackTokenDead}}, problem: &Problem{Reason: SlackTokenDead}},
		"address hidden":               {world: world{profile: Profile{Name: "Jane"}}, problem: &Problem{Reason: EmailHidden}},
		"Slack down":                   {world: world{slackErr: &Problem{Reason: SlackDown}}, problem: &Problem{Reason: SlackDown}},
		"Fathom busy":                  {world: world{known: &jane, sourceErr: busy}, problem: busy},
		"cannot find":                  {world: world{findErr: errDB}, err: errDB},
		"cannot save viewer":           {world: world{profile: jane.Profile, saveErr: errDB}, err: errDB},
		"cannot save listed":           {world: world{known: &jane, listErr: errDB}, err: errDB},
		"last run, still failing":      {world: world{findErr: errDB}, final: true, problem: &Problem{Reason: Internal}, err: errDB},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := tc.world
			err := w.list(t.Context(), acme, tc.final)
			if !errors.Is(err, tc.err) {
				t.Errorf("error %v, want %v", err, tc.err)
			}
			if diff := cmp.Diff(tc.problem, w.problem); diff != "" {
				t.Errorf("problem (-want +got):\n%s", diff)
			}
			if w.shown != nil {
				t.Errorf("meetings shown: %v", w.shown)
			}
		})
	}
}

// A vendor that hangs must leave time to say so before the job itself is cut off.
func TestListLosesPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		w := &world{known: &jane, hang: true}
		if err := w.list(ctx, acme, false); err != nil {
			t.Fatal(err)
		}
		if w.problem == nil || w.problem.Reason != FathomDown || ctx.Err() != nil {
			t.Errorf("problem %v, context %v", w.problem, ctx.Err())
		}
	})
}

// A shutdown looks like a vendor that fails; the job runs again elsewhere, so the user must not be told of a failure.
func TestListSaysNothingWhenStopped(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w := &world{known: &jane, hang: true}
	if err := w.list(ctx, acme, false); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want to run again", err)
	}
	if w.problem != nil {
		t.Errorf("told %v", w.problem)
	}
}

func TestParticipants(t *testing.T) {
	in, out := Person{Email: "in@acme.com"}, Person{Email: "out@x.co", External: true}
	host := Person{Email: "host@acme.com"}
	tests := map[string]struct {
		meeting Meeting
		want    []Person
	}{
		"external first":             {Meeting{Invitees: []Person{in, out}}, []Person{out, in}},
		"recorder was not invited":   {Meeting{Invitees: []Person{out}, RecordedBy: host}, []Person{out, host}},
		"recorder was invited":       {Meeting{Invitees: []Person{{Email: "HOST@acme.com"}, out}, RecordedBy: host}, []Person{out, {Email: "HOST@acme.com"}}},
		"nobody":                     {Meeting{}, nil},
		"impromptu, with a recorder": {Meeting{RecordedBy: host}, []Person{host}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, tc.meeting.Participants()); diff != "" {
				t.Errorf("participants (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSameAddress(t *testing.T) {
	tests := []struct {
		a, b string
		want bool
	}{
		{"jane@acme.com", "jane@acme.com", true},
		{" Jane@ACME.com", "jane@acme.com ", true},
		{"jane@acme.com", "janet@acme.com", false},
		{"", "", false}, // nobody is nobody else
		{" ", "", false},
		{"k@acme.com", "\u212a@acme.com", false}, // the Kelvin sign folds to k
	}
	for _, tc := range tests {
		if got := SameAddress(tc.a, tc.b); got != tc.want {
			t.Errorf("SameAddress(%q, %q) = %v", tc.a, tc.b, got)
		}
	}
}
