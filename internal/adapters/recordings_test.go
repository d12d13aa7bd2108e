package adapters

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/followup-dev/followup-operator/internal/fathom"
	"github.com/followup-dev/followup-operator/internal/followup"
)

// What Fathom leaves out is made up for where it can be, and what is absurd is left out.
func TestMeeting(t *testing.T) {
	nine := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	at := func(minutes int) fathom.Time {
		return fathom.Time{Time: nine.Add(time.Duration(minutes) * time.Minute)}
	}
	tests := map[string]struct {
		in   fathom.Meeting
		want followup.Meeting
	}{
		"recorded later than planned": {
			fathom.Meeting{CreatedAt: at(90), ScheduledStart: at(0), ScheduledEnd: at(60), RecordingStart: at(5), RecordingEnd: at(50)},
			followup.Meeting{CreatedAt: at(90).Time, Start: at(5).Time, Duration: 45 * time.Minute},
		},
		"planned only":  {fathom.Meeting{CreatedAt: at(90), ScheduledStart: at(0), ScheduledEnd: at(60)}, followup.Meeting{CreatedAt: at(90).Time, Start: nine, Duration: time.Hour}},
		"no end":        {fathom.Meeting{RecordingStart: at(5), CreatedAt: at(90)}, followup.Meeting{CreatedAt: at(90).Time, Start: at(5).Time}},
		"entry only":    {fathom.Meeting{CreatedAt: at(90)}, followup.Meeting{CreatedAt: at(90).Time, Start: at(90).Time}},
		"no time":       {fathom.Meeting{}, followup.Meeting{}},
		"end first":     {fathom.Meeting{RecordingStart: at(5), RecordingEnd: at(1)}, followup.Meeting{CreatedAt: at(5).Time, Start: at(5).Time}},
		"a whole year":  {fathom.Meeting{RecordingStart: at(0), RecordingEnd: at(365 * 24 * 60)}, followup.Meeting{CreatedAt: nine, Start: nine}},
		"calendar name": {fathom.Meeting{CalendarTitle: "Weekly"}, followup.Meeting{Title: "Weekly"}},
		"two names":     {fathom.Meeting{Title: "Weekly, recorded", CalendarTitle: "Weekly"}, followup.Meeting{Title: "Weekly, recorded"}},
		"company of an address": {
			fathom.Meeting{Invitees: []fathom.Person{{Email: "al@x.example", External: true}, {Email: "be@mail.x.example", Domain: "x.example"}, {Name: "C\x00y"}}},
			followup.Meeting{Invitees: []followup.Person{
				{Email: "al@x.example", Company: "x.example", External: true}, {Email: "be@mail.x.example", Company: "x.example"}, {Name: "Cy"},
			}},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, meeting(tc.in)); diff != "" {
				t.Errorf("meeting (-want +got):\n%s", diff)
			}
		})
	}
}

// Who sees a meeting that was shown before is told by the addresses kept of it: a name must not become one.
func TestWhatIsKeptOfAMeeting(t *testing.T) {
	m := followup.Meeting{
		RecordingID: "1", Title: "Review", URL: "https://fathom.video/calls/1", CreatedAt: time.Unix(7200, 0), Start: time.Unix(3600, 0),
		Duration: 54*time.Minute + 10*time.Second, RecordedBy: followup.Person{Name: "Jane Roe", Email: "jane@acme.example"},
		Invitees: []followup.Person{{Name: "Al"}, {Name: "eve@acme.example"}, {Name: "Be", Email: "be@x.example", External: true}},
	}
	want := m
	want.Duration, want.RecordedBy = 54*time.Minute, followup.Person{}
	want.Invitees = []followup.Person{
		{Email: "be@x.example", Company: "x.example"}, {Name: "Al"}, {Name: "eve at acme.example"}, {Email: "jane@acme.example", Company: "acme.example"},
	}
	if diff := cmp.Diff(want, shown(listed(m))); diff != "" {
		t.Errorf("shown again (-want +got):\n%s", diff)
	}
}
