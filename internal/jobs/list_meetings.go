package jobs

import (
	"github.com/riverqueue/river"

	"github.com/followup-dev/followup-operator/internal/telemetry"
)

// ListMeetings shows a Slack user a page of their meetings, or one of them. A command or shortcut asks for the newest;
// a click in the list says where it happened and what of the list it wants.
type ListMeetings struct {
	Click

	Before string `json:"before,omitempty"` // a followup.Position: show the meetings older than this
	Pick   string `json:"pick,omitempty"`   // a followup.Position: show this one meeting
}

// Kind implements river.JobArgs.
func (ListMeetings) Kind() string { return telemetry.KindListMeetings }

// InsertOpts implements river.JobArgsWithInsertOpts. A user waits: after three attempts the answer is of no use.
func (ListMeetings) InsertOpts() river.InsertOpts { return river.InsertOpts{MaxAttempts: 3} }

// Stamp implements Stamped.
func (j ListMeetings) Stamp(click Click) river.JobArgs {
	j.Click = click
	return j
}
