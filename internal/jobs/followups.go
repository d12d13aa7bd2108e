package jobs

import (
	"encoding/json"

	"github.com/google/uuid"
	"github.com/riverqueue/river"

	"github.com/followup-dev/followup-operator/internal/telemetry"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// PrepareFollowup has the texts of a meeting written: the first ones of a Pick, or the revision after From of a session.
type PrepareFollowup struct {
	Click

	Pick      string    `json:"pick,omitempty"` // a followup.Position
	SessionID uuid.UUID `json:"session_id,omitzero"`
	From      int       `json:"from,omitempty"` // the revision that the user saw

	// What the user wishes, as followup.Wishes.
	Length   string `json:"length,omitempty"`
	Language string `json:"language,omitempty"`
	Tone     string `json:"tone,omitempty"`
	Note     string `json:"note,omitempty"`
}

// Kind implements river.JobArgs.
func (PrepareFollowup) Kind() string { return telemetry.KindPrepareFollowup }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (PrepareFollowup) InsertOpts() river.InsertOpts { return river.InsertOpts{MaxAttempts: 5} }

// Stamp implements Stamped.
func (j PrepareFollowup) Stamp(click Click) river.JobArgs {
	j.Click = click
	return j
}

func (PrepareFollowup) bulk() {}

// OpenForm shows a user a form, or a list to choose from.
type OpenForm struct {
	Click

	Form      string    `json:"form"` // edit, regenerate, event, account, task, deals, deal
	SessionID uuid.UUID `json:"session_id,omitzero"`
	Revision  int       `json:"revision,omitempty"`
	Subject   string    `json:"subject,omitempty"` // of a deal: its ID; of an account: the followup.Kind to be done then
}

// Kind implements river.JobArgs.
func (OpenForm) Kind() string { return telemetry.KindOpenForm }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (OpenForm) InsertOpts() river.InsertOpts { return river.InsertOpts{MaxAttempts: 3} }

// Stamp implements Stamped.
func (j OpenForm) Stamp(click Click) river.JobArgs {
	j.Click = click
	return j
}

// SaveTexts keeps what a user made of a session's texts.
type SaveTexts struct {
	Click

	SessionID uuid.UUID `json:"session_id"`
	Revision  int       `json:"revision"` // that was changed
	Summary   string    `json:"summary"`
	Subject   string    `json:"subject"`
	Body      string    `json:"body"`
	Note      string    `json:"note"`
}

// Kind implements river.JobArgs.
func (SaveTexts) Kind() string { return telemetry.KindSaveTexts }

// InsertOpts implements river.JobArgsWithInsertOpts. What a user typed is not given up soon.
func (SaveTexts) InsertOpts() river.InsertOpts { return river.InsertOpts{MaxAttempts: 10} }

// Stamp implements Stamped.
func (j SaveTexts) Stamp(click Click) river.JobArgs {
	j.Click = click
	return j
}

// ChooseAccount remembers which account a meeting belongs to.
type ChooseAccount struct {
	Click

	SessionID uuid.UUID `json:"session_id"`
	Revision  int       `json:"revision"`
	AccountID string    `json:"account_id"`
	Then      string    `json:"then,omitempty"` // a followup.Kind to be done with it
}

// Kind implements river.JobArgs.
func (ChooseAccount) Kind() string { return telemetry.KindChooseAccount }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (ChooseAccount) InsertOpts() river.InsertOpts { return river.InsertOpts{MaxAttempts: 5} }

// Stamp implements Stamped.
func (j ChooseAccount) Stamp(click Click) river.JobArgs {
	j.Click = click
	return j
}

// Act does, repeats or takes back one action.
type Act struct {
	Click

	// Of a new action:
	Action    string          `json:"action,omitempty"` // a followup.Kind
	SessionID uuid.UUID       `json:"session_id,omitzero"`
	Revision  int             `json:"revision,omitempty"`
	FormKey   string          `json:"form_key,omitempty"` // of the form that was submitted
	Input     json.RawMessage `json:"input,omitempty"`    // as the followup.Kind has it

	// Of one that is there:
	ActionID uuid.UUID `json:"action_id,omitzero"`
	Verb     string    `json:"verb,omitempty"` // retry, undo, or after an unknown outcome: was_done, was_not_done
}

// Kind implements river.JobArgs.
func (Act) Kind() string { return telemetry.KindAct }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (Act) InsertOpts() river.InsertOpts { return river.InsertOpts{MaxAttempts: 8} }

// Stamp implements Stamped.
func (j Act) Stamp(click Click) river.JobArgs {
	j.Click = click
	return j
}

// AnnounceRecording tells whoever recorded a meeting that it can be followed up.
type AnnounceRecording struct {
	TenantID tenancy.ID `json:"tenant_id"`
	At       string     `json:"at"` // a followup.Position
}

// Kind implements river.JobArgs.
func (AnnounceRecording) Kind() string { return telemetry.KindAnnounceRecording }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (AnnounceRecording) InsertOpts() river.InsertOpts { return river.InsertOpts{MaxAttempts: 8} }

func (AnnounceRecording) bulk() {}

// PollRecordings looks for recordings that Fathom's webhook did not tell of.
type PollRecordings struct {
	TenantID tenancy.ID `json:"tenant_id"`
}

// Kind implements river.JobArgs.
func (PollRecordings) Kind() string { return telemetry.KindPollRecordings }

// InsertOpts implements river.JobArgsWithInsertOpts. The next poll comes anyway.
func (PollRecordings) InsertOpts() river.InsertOpts { return river.InsertOpts{MaxAttempts: 2} }

func (PollRecordings) bulk() {}

// SweepRecordings has the recordings of an app's tenants polled.
type SweepRecordings struct {
	AppID string `json:"app_id"`
}

// Kind implements river.JobArgs.
func (SweepRecordings) Kind() string { return telemetry.KindSweepRecordings }

// InsertOpts implements river.JobArgsWithInsertOpts. The next sweep comes anyway.
func (SweepRecordings) InsertOpts() river.InsertOpts { return river.InsertOpts{MaxAttempts: 2} }

func (SweepRecordings) bulk() {}
