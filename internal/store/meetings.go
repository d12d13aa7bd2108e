package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// ListedMeeting is a meeting as a user was shown it.
type ListedMeeting struct {
	RecordingID     string // Fathom's
	Title           string
	Date            time.Time
	DurationMinutes int
	Participants    []string
	URL             string
}

const saveListedMeeting = `-- name: saveListedMeeting
INSERT INTO meeting_sessions (tenant_id, user_id, fathom_recording_id, fathom_meeting_title, fathom_meeting_date,
    fathom_duration_minutes, fathom_participants, fathom_url)
VALUES (@tenant_id, @user_id, @recording_id, @title, @date, @duration_minutes, @participants, @url)
ON CONFLICT (tenant_id, user_id, fathom_recording_id) DO UPDATE
SET fathom_meeting_title = excluded.fathom_meeting_title, fathom_meeting_date = excluded.fathom_meeting_date,
    fathom_duration_minutes = excluded.fathom_duration_minutes, fathom_participants = excluded.fathom_participants,
    fathom_url = excluded.fathom_url, updated_at = now()`

// SaveListedMeetings keeps all of the meetings or none. One listed before to the same user is brought up to date.
func (t *Tenant) SaveListedMeetings(ctx context.Context, userID uuid.UUID, meetings []ListedMeeting) error {
	batch := t.newBatch()
	for _, meeting := range meetings {
		participants := meeting.Participants
		if participants == nil {
			participants = []string{} // nil would be NULL
		}
		batch.Queue(saveListedMeeting, pgx.StrictNamedArgs{
			"tenant_id":        t.id,
			"user_id":          userID,
			"recording_id":     meeting.RecordingID,
			"title":            meeting.Title,
			"date":             meeting.Date,
			"duration_minutes": meeting.DurationMinutes,
			"participants":     participants,
			"url":              meeting.URL,
		})
	}
	if err := t.db.pool.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("save listed meetings: %w", err)
	}
	return nil
}
