package followup

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// Meeting is a recorded meeting.
type Meeting struct {
	RecordingID string
	Title       string    // "" when it has none
	URL         string    // of the recording, for people
	Start       time.Time // zero when unknown
	Duration    time.Duration
	RecordedBy  Person
	Invitees    []Person
}

// Person took part in a meeting, or was invited; any field may be empty.
type Person struct {
	Name    string
	Email   string
	Company string // the domain of the e-mail address
	// External is seen from the recorder's organisation.
	External bool
}

// Participants are the invitees and the recorder, each once: external people first, otherwise in the invitation's order.
func (m Meeting) Participants() []Person {
	people := slices.Clone(m.Invitees)
	if m.RecordedBy != (Person{}) && !m.invites(m.RecordedBy.Email) {
		people = append(people, m.RecordedBy)
	}
	slices.SortStableFunc(people, func(a, b Person) int { return cmp.Compare(rank(a), rank(b)) })
	return people
}

func rank(p Person) int {
	if p.External {
		return 0
	}
	return 1
}

// concerns says whether the owner of this e-mail address recorded the meeting or was invited to it.
func (m Meeting) concerns(email string) bool {
	return SameAddress(m.RecordedBy.Email, email) || m.invites(email)
}

func (m Meeting) invites(email string) bool {
	return slices.ContainsFunc(m.Invitees, func(p Person) bool { return SameAddress(p.Email, email) })
}

// SameAddress compares e-mail addresses without regard to case; an empty one is nobody's. This decides who sees a
// meeting, so other letters that fold to ASCII ones (the Kelvin sign to k), which take more bytes, are not the same.
func SameAddress(a, b string) bool {
	a, b = strings.TrimSpace(a), strings.TrimSpace(b)
	return a != "" && len(a) == len(b) && strings.EqualFold(a, b)
}

// List is what a user gets to see.
type List struct {
	Meetings   []Meeting // newest first, at most maxListed
	Visibility tenancy.Visibility
	// Email is the address that meetings were matched by, "" if everyone sees all.
	Email string
	// Recordings is how many were looked through.
	Recordings int
	// Older says that there are more, older recordings in these days than were looked through.
	Older bool
	// Dropped is how many of the user's meetings, the oldest, did not fit into the list.
	Dropped int
}
