package followup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
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
	failAt    int // page from which sourceErr is returned
	asked     []Span
	hang      bool

	loadingErr error
	chargeErr  error
	shown      *List
	picked     *Meeting
	pickedFor  string
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
func (w *world) Meeting(_ context.Context, m Meeting, viewerEmail string) error {
	w.note("meeting")
	w.picked, w.pickedFor = &m, viewerEmail
	return nil
}
func (w *world) Problem(_ context.Context, p Problem) error {
	w.note("problem")
	w.problem = &p
	return nil
}
func (w *world) Charge(context.Context, Resource, string) error {
	w.note("charge")
	return w.chargeErr
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
func (w *world) Page(ctx context.Context, span Span, cursor string) ([]Meeting, string, error) {
	w.note("ask Fathom" + cursor)
	if w.hang {
		<-ctx.Done()
		return nil, "", &Problem{Reason: FathomDown}
	}
	w.asked = append(w.asked, span)
	n := len(w.asked) - 1
	if w.sourceErr != nil && n >= w.failAt {
		return nil, "", w.sourceErr
	}
	if n >= len(w.pages) {
		return nil, "", nil
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
	return w.request(ctx, tenant, Request{SlackUserID: "U1", Final: final})
}

func (w *world) request(ctx context.Context, tenant tenancy.Tenant, req Request) error {
	l := &Lister{Screen: w, Source: w, People: w, Profiles: w, Sessions: w, Quotas: w, Now: func() time.Time { return noon }}
	return l.List(ctx, tenant, req)
}

// meeting is the n-th youngest of the recordings, with these invitees.
func meeting(n int, invitees ...string) Meeting {
	end := noon.Add(-time.Duration(n) * time.Hour)
	m := Meeting{RecordingID: fmt.Sprint(n), Title: fmt.Sprintf("Meeting %d", n), Start: end.Add(-time.Hour), CreatedAt: end}
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
	want := []string{"loading", "charge", "find", "ask Slack", "save", "ask Fathom", "save listed", "meetings"}
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

func TestListShowsAPage(t *testing.T) {
	page := func(from int, invitees ...string) (all []Meeting) {
		for n := from; n < from+10; n++ {
			all = append(all, meeting(n, invitees...))
		}
		return all
	}
	mine := func(from int) []Meeting { return page(from, jane.Email) }
	others := func(from int) []Meeting { return page(from, "eve@acme.com") }
	some := slices.Concat(mine(1)[:3], others(4)[:7])
	sameSecond := func(from int) []Meeting {
		all := mine(from)
		for i := range all {
			all[i].CreatedAt = noon
		}
		return all
	}
	undated := Meeting{RecordingID: "8", Invitees: []Person{{Email: jane.Email}}}
	busy := &Problem{Reason: FathomBusy, RetryAfter: 20 * time.Second}
	type page3 struct {
		ids        []string
		recordings int
		oldest     string // recording
		older      string
		pages      int
		cut        *Problem
	}
	to := func(from, to int) (ids []string) {
		for n := from; n <= to; n++ {
			ids = append(ids, fmt.Sprint(n))
		}
		return ids
	}
	tests := map[string]struct {
		pages  [][]Meeting
		before Position
		failAt int // page from which Fathom is busy
		want   page3
	}{
		"nothing":                       {want: page3{pages: 1}},
		"less than a page":              {pages: [][]Meeting{mine(1)[:4]}, want: page3{to(1, 4), 4, "4", "", 1, nil}},
		"just a page":                   {pages: [][]Meeting{mine(1)}, want: page3{to(1, 10), 10, "10", "", 1, nil}},
		"a page, and more":              {pages: [][]Meeting{mine(1), mine(11)[:1]}, want: page3{to(1, 10), 10, "10", "10", 2, nil}},
		"no page more than is needed":   {pages: [][]Meeting{mine(1), mine(11), mine(21)}, want: page3{to(1, 10), 10, "10", "10", 2, nil}},
		"out of order":                  {pages: [][]Meeting{{meeting(2, jane.Email), meeting(3, jane.Email), meeting(1, jane.Email)}}, want: page3{to(1, 3), 3, "3", "", 1, nil}},
		"oldest page first":             {pages: [][]Meeting{mine(11), mine(1)}, want: page3{to(1, 10), 10, "10", "10", 2, nil}},
		"few are the user's":            {pages: [][]Meeting{some, others(11), others(21), mine(31)}, want: page3{to(1, 3), 29, "29", "29", 3, nil}},
		"none is the user's":            {pages: [][]Meeting{others(1), others(11), others(21), mine(31)}, want: page3{nil, 29, "29", "29", 3, nil}},
		"none at all is the user's":     {pages: [][]Meeting{others(1), others(11)}, want: page3{nil, 20, "20", "", 2, nil}},
		"others' up to the next":        {pages: [][]Meeting{mine(1), others(11), others(21)}, want: page3{to(1, 10), 19, "19", "19", 2, nil}},
		"others' to the end":            {pages: [][]Meeting{mine(1), others(11)}, want: page3{to(1, 10), 20, "20", "", 2, nil}},
		"the same one twice":            {pages: [][]Meeting{mine(1), mine(10)[:3]}, want: page3{to(1, 10), 10, "10", "10", 2, nil}},
		"an empty page between":         {pages: [][]Meeting{mine(1)[:5], {}, mine(6)[:5]}, want: page3{to(1, 10), 10, "10", "", 3, nil}},
		"recordings that have no place": {pages: [][]Meeting{{{Title: "?", CreatedAt: noon}, undated, meeting(9, jane.Email)}}, want: page3{[]string{"9"}, 1, "9", "", 1, nil}},
		"older ones":                    {pages: [][]Meeting{mine(3)}, before: meeting(5).Position(), want: page3{to(6, 12), 7, "12", "", 1, nil}},
		"a page of one second": {
			pages: [][]Meeting{sameSecond(1), sameSecond(11), mine(1001)},
			want:  page3{[]string{"20", "19", "18", "17", "16", "15", "14", "13", "12", "11"}, 10, "11", "11", 3, nil},
		},
		"busy at the second page":         {pages: [][]Meeting{mine(1)}, failAt: 1, want: page3{to(1, 9), 9, "9", "9", 2, busy}},
		"busy, and none found":            {pages: [][]Meeting{others(1)}, failAt: 1, want: page3{nil, 9, "9", "9", 2, busy}},
		"busy after a page of one second": {pages: [][]Meeting{sameSecond(1)}, failAt: 1, want: page3{[]string{"10", "9", "8", "7", "6", "5", "4", "3", "2", "1"}, 10, "1", "1", 2, busy}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := &world{known: &jane, pages: tc.pages, failAt: tc.failAt}
			if tc.failAt > 0 {
				w.sourceErr = busy
				w.pages = append(w.pages, nil) // so that the one before is not the last
			}
			at := map[string]Position{}
			for _, page := range tc.pages {
				for _, m := range page {
					at[m.RecordingID] = m.Position()
				}
			}
			at[""] = Position{}
			if err := w.request(t.Context(), acme, Request{SlackUserID: "U1", Before: tc.before}); err != nil {
				t.Fatal(err)
			}
			if w.shown == nil {
				t.Fatalf("problem %v", w.problem)
			}
			want := List{
				Visibility: tenancy.Participants, Email: jane.Email, Recordings: tc.want.recordings, Cut: tc.want.cut,
				Oldest: at[tc.want.oldest].CreatedAt, Older: at[tc.want.older], Newest: tc.before.IsZero(),
			}
			if diff := cmp.Diff(want, *w.shown, cmpopts.IgnoreFields(List{}, "Meetings")); diff != "" {
				t.Errorf("list (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.want.ids, ids(w.shown.Meetings)); diff != "" {
				t.Errorf("meetings (-want +got):\n%s", diff)
			}
			if len(w.asked) != tc.want.pages {
				t.Errorf("asked Fathom for %d pages, want %d", len(w.asked), tc.want.pages)
			}
		})
	}
}

// Whether Fathom takes the very second of created_before in or not, what was made in it comes.
func TestListAsksForTheSecondOfThePositionToo(t *testing.T) {
	w := &world{known: &jane}
	if err := w.request(t.Context(), acme, Request{SlackUserID: "U1", Before: meeting(5).Position()}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Span{{Before: meeting(5).CreatedAt.Add(time.Second)}}, w.asked); diff != "" {
		t.Errorf("asked for (-want +got):\n%s", diff)
	}
}

func TestPickShowsTheOneMeeting(t *testing.T) {
	mine, others := meeting(5, jane.Email), meeting(5, "eve@acme.com")
	neighbour := mine
	neighbour.RecordingID = "6"
	tests := map[string]struct {
		tenant    tenancy.Tenant
		pages     [][]Meeting
		sourceErr error
		problem   Reason
		email     string
	}{
		"the user's":              {tenant: acme, pages: [][]Meeting{{neighbour, mine}}, email: jane.Email},
		"on a page further on":    {tenant: acme, pages: [][]Meeting{{neighbour}, {mine}}, email: jane.Email},
		"everyone's":              {tenant: open, pages: [][]Meeting{{others}}},
		"gone":                    {tenant: acme, pages: [][]Meeting{{neighbour}}, problem: MeetingGone},
		"not the user's any more": {tenant: acme, pages: [][]Meeting{{others}}, problem: MeetingGone},
		"Fathom busy":             {tenant: acme, sourceErr: &Problem{Reason: FathomBusy}, problem: FathomBusy},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := &world{known: &jane, pages: tc.pages, sourceErr: tc.sourceErr}
			if err := w.request(t.Context(), tc.tenant, Request{SlackUserID: "U1", Pick: mine.Position()}); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(Span{After: mine.CreatedAt.Add(-time.Second), Before: mine.CreatedAt.Add(time.Second)}, w.asked[0]); diff != "" {
				t.Errorf("asked for (-want +got):\n%s", diff)
			}
			if tc.problem != "" {
				if w.problem == nil || w.problem.Reason != tc.problem || w.picked != nil || w.listed != nil {
					t.Errorf("problem %v, shown %v, saved %v; want %s alone", w.problem, w.picked, w.listed, tc.problem)
				}
				return
			}
			if w.picked == nil || w.picked.RecordingID != "5" || w.pickedFor != tc.email || len(w.listed) != 1 || w.shown != nil {
				t.Errorf("shown %v to %q, saved %v, problem %v", w.picked, w.pickedFor, w.listed, w.problem)
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
	busy, refused := &Problem{Reason: FathomBusy, RetryAfter: 20 * time.Second}, &Problem{Reason: FathomKeyRefused}
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
		"key refused while reading":    {world: world{known: &jane, pages: [][]Meeting{{meeting(1)}, {}}, failAt: 1, sourceErr: refused}, problem: refused},
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
