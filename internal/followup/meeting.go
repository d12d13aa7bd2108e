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
	CreatedAt   time.Time // when Fathom made the recording's entry, which is some time after its end
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

// Position is where the meeting stands in Fathom's list.
func (m Meeting) Position() Position {
	return Position{CreatedAt: m.CreatedAt.UTC().Truncate(time.Second), RecordingID: m.RecordingID}
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

// List is one page of what a user gets to see.
type List struct {
	Meetings   []Meeting // newest first, at most pageSize
	Visibility tenancy.Visibility
	// Email is the address that meetings were matched by, "" if everyone sees all.
	Email string
	// Recordings is how many were looked through for this page.
	Recordings int
	// Oldest is when the oldest of these was created, zero if there was none.
	Oldest time.Time
	// Older is where the next, older page begins (Request.Before), zero if nothing is older. There may be an older page
	// although no meeting was found for this one: of the recordings looked through, none was the user's.
	Older Position
	// Newest says that this is the first page.
	Newest bool
	// Cut, if not nil, is why fewer recordings were looked through than usual: Fathom got busy or failed after the first
	// (FathomBusy or FathomDown, with RetryAfter where known). What was found is shown, and Older goes on from there.
	Cut *Problem
}
