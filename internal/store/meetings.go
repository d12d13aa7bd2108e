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
	RecordingID     string    `db:"fathom_recording_id"`
	CreatedAt       time.Time `db:"fathom_created_at"` // when Fathom made its entry
	Title           string    `db:"fathom_meeting_title"`
	Date            time.Time `db:"fathom_meeting_date"`
	DurationMinutes int       `db:"fathom_duration_minutes"`
	Participants    []string  `db:"fathom_participants"`
	URL             string    `db:"fathom_url"`
}

const saveListedMeeting = `-- name: saveListedMeeting
INSERT INTO meeting_sessions (tenant_id, user_id, fathom_recording_id, fathom_created_at, fathom_meeting_title,
    fathom_meeting_date, fathom_duration_minutes, fathom_participants, fathom_url)
VALUES (@tenant_id, @user_id, @recording_id, @created_at, @title, @date, @duration_minutes, @participants, @url)
ON CONFLICT (tenant_id, user_id, fathom_recording_id) DO UPDATE
SET fathom_created_at = excluded.fathom_created_at, fathom_meeting_title = excluded.fathom_meeting_title,
    fathom_meeting_date = excluded.fathom_meeting_date, fathom_duration_minutes = excluded.fathom_duration_minutes,
    fathom_participants = excluded.fathom_participants, fathom_url = excluded.fathom_url, updated_at = now()`

// SaveListedMeetings keeps all of the meetings or none. One listed before to the same user is brought up to date.
func (t *Tenant) SaveListedMeetings(ctx context.Context, userID uuid.UUID, meetings []ListedMeeting) error {
	batch := t.newBatch()
	for _, meeting := range meetings {
		batch.Queue(saveListedMeeting, t.listedArgs(userID, meeting))
	}
	if err := t.db.pool.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("save listed meetings: %w", err)
	}
	return nil
}

func (t *Tenant) listedArgs(userID uuid.UUID, meeting ListedMeeting) pgx.StrictNamedArgs {
	participants := meeting.Participants
	if participants == nil {
		participants = []string{} // nil would be NULL
	}
	return pgx.StrictNamedArgs{
		"tenant_id":        t.id,
		"user_id":          userID,
		"recording_id":     meeting.RecordingID,
		"created_at":       meeting.CreatedAt,
		"title":            meeting.Title,
		"date":             meeting.Date,
		"duration_minutes": meeting.DurationMinutes,
		"participants":     participants,
		"url":              meeting.URL,
	}
}

const listedMeetings = `-- name: listedMeetings
SELECT fathom_recording_id, fathom_created_at, fathom_meeting_title, fathom_meeting_date, fathom_duration_minutes,
    fathom_participants, fathom_url
FROM meeting_sessions
WHERE tenant_id = @tenant_id AND user_id = @user_id
ORDER BY fathom_created_at DESC
LIMIT 500`

// ListedMeetings returns what was listed to the user, by when it was created, newest first, the newest 500.
func (t *Tenant) ListedMeetings(ctx context.Context, userID uuid.UUID) ([]ListedMeeting, error) {
	var listed []ListedMeeting
	batch := t.newBatch()
	batch.Queue(listedMeetings, pgx.StrictNamedArgs{"tenant_id": t.id, "user_id": userID}).Query(func(rows pgx.Rows) (err error) {
		listed, err = pgx.CollectRows(rows, pgx.RowToStructByName[ListedMeeting])
		return err
	})
	if err := t.db.pool.SendBatch(ctx, batch).Close(); err != nil {
		return nil, fmt.Errorf("listed meetings: %w", err)
	}
	return listed, nil
}
