package fathom

import (
	"encoding/json"
	"strings"
	"time"
)

// Page is one page of meetings.
type Page struct {
	Meetings []Meeting `json:"items"`
	// Next is the cursor of the next page, "" on the last.
	Next string `json:"next_cursor"`
}

// Meeting is what we use of a recorded meeting. What Fathom left out is the zero value.
type Meeting struct {
	RecordingID    RecordingID `json:"recording_id"`
	Title          string      `json:"title"`
	CalendarTitle  string      `json:"meeting_title"`
	URL            string      `json:"url"` // for people; its number is not the recording's
	CreatedAt      Time        `json:"created_at"`
	ScheduledStart Time        `json:"scheduled_start_time"`
	ScheduledEnd   Time        `json:"scheduled_end_time"`
	RecordingStart Time        `json:"recording_start_time"`
	RecordingEnd   Time        `json:"recording_end_time"`
	Invitees       []Person    `json:"calendar_invitees"`
	RecordedBy     Person      `json:"recorded_by"`
	// Language is what was spoken, such as "it"; "unknown" occurs.
	Language string `json:"transcript_language"`
	// ActionItems are in English, and there if Query.ActionItems asked for them.
	ActionItems []ActionItem `json:"action_items"`
}

// ActionItem is something to be done that Fathom made out.
type ActionItem struct {
	Description string `json:"description"`
}

// Person is an invitee or the recorder; any field may be empty.
type Person struct {
	Name   string `json:"name"`
	Email  string `json:"email"`
	Domain string `json:"email_domain"`
	// External is relative to the recorder's organisation.
	External bool `json:"is_external"`
}

// RecordingID is Fathom's 64-bit number of a recording, kept as text: JavaScript and JSON floats would round it.
type RecordingID string

// UnmarshalJSON takes the number that the API documents, and a string as well.
func (id *RecordingID) UnmarshalJSON(raw []byte) error {
	var number json.Number // takes a quoted number, too
	if err := json.Unmarshal(raw, &number); err != nil {
		return err
	}
	*id = RecordingID(number)
	return nil
}

// Time is a moment, the zero time when Fathom gives none that can be read: a meeting without a date is still a meeting.
type Time struct{ time.Time }

// UnmarshalJSON implements json.Unmarshaler.
func (t *Time) UnmarshalJSON(raw []byte) error {
	t.Time, _ = time.Parse(time.RFC3339, strings.Trim(string(raw), `"`))
	return nil
}
