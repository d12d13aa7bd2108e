package adapters

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/followup-dev/followup-operator/internal/followup"
)

// lavish is a Fathom that always has one more page of these.
type lavish []followup.Meeting

// Page implements followup.MeetingSource.
func (l lavish) Page(context.Context, followup.Span, string) ([]followup.Meeting, string, error) {
	return l, "more", nil
}

// keptOf is what is remembered of a Fathom like this.
func keptOf(t *testing.T, source lavish) []followup.Meeting {
	t.Helper()
	var all recents
	now := func() time.Time { return time.Unix(0, 0) }
	if err := all.read(t.Context(), "acme", source, now); err != nil {
		t.Fatal(err)
	}
	return all.known("acme", now())
}

func recordingsWith(n, invitees int) lavish {
	all := make(lavish, n)
	for i := range all {
		all[i] = followup.Meeting{RecordingID: fmt.Sprint(i + 1), CreatedAt: time.Unix(1000, 0), Invitees: make([]followup.Person, invitees)}
	}
	return all
}

func TestWhatIsKeptForTheSearchIsBounded(t *testing.T) {
	tests := map[string]struct {
		source                     lavish
		recordings, people, oldest int // people of all, and of the oldest recording
	}{
		"many recordings":          {recordingsWith(1000, 5), maxRecent, 5 * maxRecent, 5},
		"many people in one":       {recordingsWith(1, 10000), recentPages, recentPages * maxInvitees, maxInvitees},
		"many in each":             {recordingsWith(1000, 30), maxRecent, maxPeople, 0},
		"no place in the list":     {lavish{{RecordingID: "1"}, {CreatedAt: time.Unix(1000, 0)}}, 0, 0, 0},
		"a number that never ends": {lavish{{RecordingID: strings.Repeat("1", 1000), CreatedAt: time.Unix(1000, 0)}}, 0, 0, 0},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			kept := keptOf(t, tc.source)
			people := 0
			for _, m := range kept {
				people += cap(m.Invitees)
			}
			want(t, "recordings", len(kept), tc.recordings)
			want(t, "people", people, tc.people)
			if len(kept) > 0 {
				want(t, "people of the oldest", len(kept[len(kept)-1].Invitees), tc.oldest)
			}
		})
	}
}

func TestTextsKeptForTheSearchAreBounded(t *testing.T) {
	long := func(n int) string { return strings.Repeat("é", n) }
	eve := followup.Person{Name: long(maxName + 1), Email: long(maxAddress + 1), Company: long(maxAddress + 1), External: true}
	source := lavish{{
		RecordingID: "1", CreatedAt: time.Unix(1000, 0), Title: long(maxTitle + 1), URL: "https://fathom.video/calls/1", RecordedBy: eve,
		Invitees: []followup.Person{{Name: long(maxName), Email: long(maxAddress), Company: long(maxAddress)}, eve},
	}}
	cutEve := followup.Person{Name: long(maxName), Company: long(maxAddress), External: true} // half an address could be another's
	want(t, "kept", keptOf(t, source)[0], followup.Meeting{
		RecordingID: "1", CreatedAt: time.Unix(1000, 0), Title: long(maxTitle), RecordedBy: cutEve,
		Invitees: []followup.Person{source[0].Invitees[0], cutEve},
	})
}

// A part of a text or of a list would keep all of it in memory.
func TestWhatIsKeptForTheSearchIsNotPartOfThePage(t *testing.T) {
	all := "jane@acme.example and much more"
	jane := followup.Person{Name: all[:4], Email: all[:17], Company: all[5:17]}
	m := followup.Meeting{RecordingID: "1", CreatedAt: time.Unix(1000, 0), Title: all, RecordedBy: jane, Invitees: []followup.Person{jane}}
	kept := keptOf(t, lavish{m})[0]
	if &kept.Invitees[0] == &m.Invitees[0] {
		t.Error("the list of invitees is the page's")
	}
	texts := map[string][2]string{"title": {kept.Title, m.Title}}
	for _, p := range []followup.Person{kept.RecordedBy, kept.Invitees[0]} {
		texts["name"], texts["address"], texts["company"] = [2]string{p.Name, jane.Name}, [2]string{p.Email, jane.Email}, [2]string{p.Company, jane.Company}
	}
	for name, pair := range texts {
		want(t, name, pair[0], pair[1])
		if unsafe.StringData(pair[0]) == unsafe.StringData(pair[1]) {
			t.Errorf("%s is the page's", name)
		}
	}
}
