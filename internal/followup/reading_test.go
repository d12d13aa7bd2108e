package followup

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// restless is a Fathom that promises as little as it documents: of recordings made in the same second any may come first,
// a page is in any order, created_before may be inclusive, a cursor counts pages, and recordings arrive all the time.
type restless struct {
	r         *rand.Rand
	all       []arrived
	inclusive bool
	arrivals  float64 // at each call
	busy      float64
}

type arrived struct {
	Meeting
	tie int // decides among those of the same second
}

func (f *restless) arrive(created time.Time) {
	m := arrived{tie: f.r.Int()}
	m.RecordingID, m.CreatedAt = strconv.Itoa(f.r.IntN(1e6)*1000+len(f.all)), created.Add(time.Duration(f.r.IntN(1000))*time.Millisecond)
	m.Invitees = []Person{{Email: []string{jane.Email, "eve@acme.com"}[f.r.IntN(2)]}}
	f.all = append(f.all, m)
}

// Page implements MeetingSource.
func (f *restless) Page(_ context.Context, span Span, cursor string) ([]Meeting, string, error) {
	if f.r.Float64() < f.busy {
		return nil, "", &Problem{Reason: FathomBusy}
	}
	if f.r.Float64() < f.arrivals {
		newest := noon
		for _, m := range f.all {
			newest = slices.MaxFunc([]time.Time{newest, m.Position().CreatedAt}, time.Time.Compare)
		}
		f.arrive(newest.Add(time.Duration(f.r.IntN(2)) * time.Second))
	}
	matching := slices.DeleteFunc(slices.Clone(f.all), func(m arrived) bool {
		if span.Before.IsZero() {
			return false
		}
		return m.CreatedAt.After(span.Before) || (!f.inclusive && m.CreatedAt.Equal(span.Before))
	})
	slices.SortFunc(matching, func(a, b arrived) int {
		return cmp.Or(b.CreatedAt.Truncate(time.Second).Compare(a.CreatedAt.Truncate(time.Second)), cmp.Compare(a.tie, b.tie))
	})
	n, _ := strconv.Atoi(cursor)
	var page []Meeting
	for _, m := range matching[min(n*10, len(matching)):min(n*10+10, len(matching))] {
		page = append(page, m.Meeting)
	}
	f.r.Shuffle(len(page), func(i, j int) { page[i], page[j] = page[j], page[i] })
	if n*10+10 >= len(matching) {
		return page, "", nil
	}
	return page, strconv.Itoa(n + 1), nil
}

// walk presses Older to the end and returns all that was shown.
func walk(t *testing.T, f *restless, tenant tenancy.Tenant) []Meeting {
	t.Helper()
	w := &world{known: &jane}
	l := &Lister{Screen: w, Source: f, People: w, Profiles: w, Sessions: w, Quotas: w, Now: func() time.Time { return noon }}
	var seen []Meeting
	var before Position
	for range 300 {
		w.shown, w.problem = nil, nil
		if err := l.List(t.Context(), tenant, Request{SlackUserID: "U1", Before: before}); err != nil {
			t.Fatal(err)
		}
		if w.problem != nil { // the user tries again
			continue
		}
		seen = append(seen, w.shown.Meetings...)
		if len(w.shown.Meetings) > pageSize {
			t.Errorf("%d meetings on a page", len(w.shown.Meetings))
		}
		if w.shown.Older.IsZero() {
			return seen
		}
		var err error
		if before, err = ParsePosition(w.shown.Older.String()); err != nil {
			t.Fatal(err)
		}
	}
	t.Fatal("there is no end of older meetings")
	return nil
}

func TestWalkingBackShowsEachMeetingOnceNewestFirst(t *testing.T) {
	for seed := range uint64(400) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 0))
			f := &restless{r: r, inclusive: r.IntN(2) == 0, arrivals: []float64{0, 0.5}[r.IntN(2)]}
			seconds := []int{1 + r.IntN(10), 1000}[r.IntN(2)]
			for range r.IntN(90) {
				f.arrive(noon.Add(-time.Duration(r.IntN(seconds)) * time.Second))
			}
			tenant := []tenancy.Tenant{acme, open}[r.IntN(2)]
			if seconds > 10 { // so that a page that is cut short ends between two seconds
				f.busy = []float64{0, 0.2}[r.IntN(2)]
			}
			var want []Position
			for _, m := range f.all {
				if jane.sees(tenant.Visibility)(m.Meeting) {
					want = append(want, m.Position())
				}
			}
			slices.SortFunc(want, Position.compare)

			var all, got []Position
			for _, m := range walk(t, f, tenant) {
				all = append(all, m.Position())
				if slices.Contains(want, m.Position()) { // the others arrived meanwhile: they may be shown, or not
					got = append(got, m.Position())
				}
			}
			if diff := gocmp.Diff(want, got); diff != "" {
				t.Errorf("shown (-want +got):\n%s", diff)
			}
			if !slices.IsSortedFunc(all, Position.compare) || len(slices.Compact(all)) != len(all) {
				t.Errorf("not newest first, each once: %v", all)
			}
		})
	}
}

func TestParsePositionReadsWhatStringWrote(t *testing.T) {
	latest := Position{CreatedAt: year10000.Add(-time.Second), RecordingID: "9223372036854775807"}
	for _, p := range []Position{{}, meeting(1).Position(), latest} {
		got, err := ParsePosition(p.String())
		if err != nil || got != p {
			t.Errorf("%q is read as %v, %v", p, got, err)
		}
	}
	if len(latest.String()) > 75 {
		t.Errorf("%q does not fit into an option of Slack's", latest)
	}
}

func TestParsePositionRefuses(t *testing.T) {
	tests := map[string]string{
		"no ID": "1700000000.", "no dot": "1700000000", "no time": ".1", "a word": "1700000000.x", "negative ID": "1700000000.-1",
		"before 1970": "-1.1", "1970": "0.1", "year 10000": "253402300800.1", "leading zero": "01700000000.1", "a sign": "+1700000000.1",
		"more": "1700000000.1.2", "a long ID": "1700000000.12345678901234567890", "a long time": "99999999999999999999.1", "space": " ",
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			if p, err := ParsePosition(text); err == nil {
				t.Errorf("%q is read as %v", text, p)
			}
		})
	}
}
