package fathom

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// Config is the Fathom that a test lives in.
type Config struct {
	Keys   []Key
	Now    func() time.Time // nil is time.Now
	Client *http.Client     // sends webhooks; nil is a client of its own
}

// Key is one user's API key and the meetings that it sees: those its owner recorded, or that are shared with them.
type Key struct {
	Key      string
	Meetings []Meeting
	Teams    []Team
}

// Team is a team of the user's organisation.
type Team struct {
	Name      string
	CreatedAt time.Time // its members' too
	Members   []Person
}

// Meeting is one recording.
type Meeting struct {
	RecordingID int64
	Title       string
	// MeetingTitle is the calendar event's title; "" is null.
	MeetingTitle string
	Start, End   time.Time // of the recording
	RecordedBy   Person
	Invitees     []Invitee // empty for a call without a calendar event
	Missing      Missing

	Language    string // of the transcript; "" is "en"
	Summary     string // in Markdown; "" is none, ever
	Transcript  []Line
	ActionItems []string
	// PendingCalls is how many of the first calls find nothing yet: content takes minutes after a call. A summary is null
	// then, a transcript empty.
	PendingCalls int
}

// Line is one thing said.
type Line struct {
	Speaker string
	Email   string        // of the invitee that the speaker is; "" is null
	At      time.Duration // since the recording began
	Text    string
}

// Person is a Fathom user.
type Person struct {
	Name  string
	Email string
	Team  string // "" is null
}

// Invitee is a participant from the calendar event.
type Invitee struct {
	Name     string // "" is null
	Email    string // "" is null
	External bool   // outside the recorder's organisation
}

// Missing is how the answer leaves out a list or a content that a meeting does not have. Fathom does all three.
type Missing string

// The three ways.
const (
	Null   Missing = ""       // "invitees": null
	Absent Missing = "absent" // no such property
	Empty  Missing = "empty"  // "invitees": []
)

func (c Config) validate() error {
	seen := map[string]bool{}
	for _, k := range c.Keys {
		if k.Key == "" || seen[k.Key] {
			return errors.New("key: want one of its own for each user")
		}
		seen[k.Key] = true
		for _, m := range k.Meetings {
			if err := m.validate(); err != nil {
				return fmt.Errorf("meeting %d: %w", m.RecordingID, err)
			}
		}
	}
	return nil
}

func (m Meeting) validate() error {
	if m.RecordingID <= 0 {
		return errors.New("recording ID: want a positive number")
	}
	if m.Start.IsZero() || m.End.Before(m.Start) {
		return errors.New("start, end: want a time and a later one")
	}
	if !slices.Contains([]Missing{Null, Absent, Empty}, m.Missing) {
		return fmt.Errorf("missing: %q is unknown", m.Missing)
	}
	return nil
}
