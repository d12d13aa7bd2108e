package followup

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// archive is all that a Finder looks into.
type archive struct {
	viewer *Viewer
	recent []Meeting
	shown  []Meeting

	findErr, shownErr error
	asked             bool // for recent recordings
	slow              time.Duration
}

func (a *archive) Find(context.Context, string) (Viewer, error) {
	if a.viewer == nil && a.findErr == nil {
		return Viewer{}, ErrUnknownViewer
	}
	if a.findErr != nil {
		return Viewer{}, a.findErr
	}
	return *a.viewer, nil
}
func (a *archive) Save(context.Context, Viewer) (Viewer, error) {
	return Viewer{}, errors.New("a search saves nobody")
}
func (a *archive) Shown(context.Context, Viewer) ([]Meeting, error) { return a.shown, a.shownErr }
func (a *archive) Recent(ctx context.Context) []Meeting {
	a.asked = true
	select {
	case <-time.After(a.slow):
		return a.recent
	case <-ctx.Done():
		return nil
	}
}

func (a *archive) find(t *testing.T, tenant tenancy.Tenant, typed string) []string {
	t.Helper()
	found, err := (&Finder{Recent: a, People: a, Shown: a, Now: func() time.Time { return noon }}).Find(t.Context(), tenant, "U1", typed)
	if err != nil {
		t.Fatal(err)
	}
	return ids(found)
}

func TestFindMatchesEachWordSomewhere(t *testing.T) {
	m := meeting(1, jane.Email)
	m.Title = "Perché no? Straße & Ångström"
	m.RecordedBy = Person{Name: "Zoë Jürgens", Email: "zoe@acme.com", Company: "acme.com"}
	m.Invitees = append(m.Invitees, Person{Name: "Łukasz", Email: "l@globex.example", Company: "globex.example"})
	tests := map[string]bool{
		"":                  true,
		"perche":            true,
		"PERCHÉ":            true,
		"perche\u0301":      true, // the accent as a character of its own
		"strasse":           true,
		"angstrom zoe":      true,
		"jurg":              true,
		"globex":            true,
		"l@globex.example":  true,
		"  no?  straße ":    true,
		"perche tomorrow":   false,
		"noe":               false,
		"no?strasse":        false,
		"jurgenszoe":        false, // across name and address
		"%":                 false,
		"\u0301":            true, // an accent alone is nothing
		"ｐｅｒｃｈｅ":            true, // as some keyboards write it
		"\xff not UTF-8 \n": false,
	}
	for typed, want := range tests {
		t.Run(typed, func(t *testing.T) {
			a := &archive{viewer: &jane, recent: []Meeting{m}}
			if got := a.find(t, acme, typed); (len(got) == 1) != want {
				t.Errorf("found %v, want it found: %v", got, want)
			}
		})
	}
}

func TestFindGivesOnlyWhatTheUserMaySee(t *testing.T) {
	viewer := func(email string, age time.Duration) *Viewer {
		v := jane
		v.Email, v.RefreshedAt = email, noon.Add(-age)
		return &v
	}
	mine, others := meeting(1, jane.Email), meeting(2, "eve@acme.com")
	shownMine, shownOthers := meeting(3, jane.Email), meeting(4, "eve@acme.com")
	uninvited := meeting(5, "eve@acme.com")
	asInvited := meeting(5, jane.Email)
	tests := map[string]struct {
		tenant tenancy.Tenant
		viewer *Viewer
		want   []string
	}{
		"their own":                             {acme, viewer(jane.Email, time.Hour), []string{"1", "3"}},
		"everyone's":                            {open, viewer(jane.Email, time.Hour), []string{"1", "2", "3", "4", "5"}},
		"the address is another one now":        {acme, viewer("new@acme.com", time.Hour), nil},
		"the address is a day old":              {acme, viewer(jane.Email, 24*time.Hour), nil},
		"an old address, where everyone's":      {open, viewer(jane.Email, 24*time.Hour), []string{"1", "2", "3", "4", "5"}},
		"no address":                            {acme, viewer("", time.Hour), nil},
		"an unknown user":                       {acme, nil, nil},
		"an unknown user, where everyone's":     {open, nil, []string{"1", "2", "5"}},
		"no visibility is the strict":           {tenancy.Tenant{}, viewer(jane.Email, time.Hour), []string{"1", "3"}},
		"took over an address with its meeting": {acme, viewer("eve@acme.com", time.Hour), []string{"2", "4", "5"}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			a := &archive{viewer: tc.viewer, recent: []Meeting{mine, others, uninvited}, shown: []Meeting{shownMine, shownOthers, asInvited}}
			if diff := cmp.Diff(tc.want, a.find(t, tc.tenant, "meeting")); diff != "" {
				t.Errorf("found (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFindGivesEachOnceNewestFirstUpToSlacksLimit(t *testing.T) {
	a := &archive{viewer: &jane}
	var want []string
	for n := range 120 {
		m := meeting(n+1, jane.Email)
		a.recent = append([]Meeting{m}, a.recent...)
		if n%3 == 0 {
			a.shown = append(a.shown, m)
		}
		if n < 100 {
			want = append(want, fmt.Sprint(n+1))
		}
	}
	if diff := cmp.Diff(want, a.find(t, acme, "")); diff != "" {
		t.Errorf("found (-want +got):\n%s", diff)
	}
}

// A user whom nothing can be shown costs no call to Fathom.
func TestFindAsksNobodyForAnUnknownUser(t *testing.T) {
	a := &archive{recent: []Meeting{meeting(1)}}
	a.find(t, acme, "x")
	if a.asked {
		t.Error("recent recordings were asked for")
	}
}

func TestFindFailsWithTheDatabase(t *testing.T) {
	for name, a := range map[string]*archive{
		"cannot find the viewer":     {findErr: errDB},
		"cannot find what was shown": {viewer: &jane, shownErr: errDB},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := (&Finder{Recent: a, People: a, Shown: a, Now: func() time.Time { return noon }}).Find(t.Context(), acme, "U1", "x")
			if !errors.Is(err, errDB) {
				t.Errorf("error %v, want %v", err, errDB)
			}
		})
	}
}

// A search that waits takes the place of another, and Slack does not wait long either.
func TestFindWaitsForASlowFathomNoLongerThanItIsWorth(t *testing.T) {
	shown := []Meeting{meeting(3, jane.Email)}
	tests := map[string]struct {
		archive *archive
		found   []string
		took    time.Duration
	}{
		"some were shown before":       {&archive{shown: shown, slow: time.Minute}, []string{"3"}, enoughTime},
		"shown before, not so slow":    {&archive{shown: shown, slow: 600 * time.Millisecond}, []string{"1", "3"}, 600 * time.Millisecond},
		"nothing else":                 {&archive{slow: time.Minute}, nil, FindTime},
		"nothing else, not quite slow": {&archive{slow: 1400 * time.Millisecond}, []string{"1"}, 1400 * time.Millisecond},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tc.archive.viewer, tc.archive.recent = &jane, []Meeting{meeting(1, jane.Email)}
				began := time.Now()
				found := tc.archive.find(t, acme, "")
				if diff := cmp.Diff(tc.found, found); diff != "" {
					t.Errorf("found (-want +got):\n%s", diff)
				}
				if took := time.Since(began); took != tc.took {
					t.Errorf("took %v, want %v", took, tc.took)
				}
			})
		})
	}
}
