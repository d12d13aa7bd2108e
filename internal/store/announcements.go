package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const announceRecording = `-- name: announceRecording
INSERT INTO announced_recordings (tenant_id, recording_id, created_at) VALUES (@tenant_id, @recording_id, @created_at)
ON CONFLICT (tenant_id, recording_id) DO NOTHING`

// AnnounceRecording keeps that a recording is announced, and returns whether that is new: true for the first only. The
// recording is known by its ID; createdAt is when Fathom made its entry.
func (t *Tenant) AnnounceRecording(ctx context.Context, recordingID string, createdAt time.Time) (first bool, err error) {
	batch := t.newBatch()
	args := pgx.StrictNamedArgs{"tenant_id": t.id, "recording_id": recordingID, "created_at": createdAt}
	batch.Queue(announceRecording, args).Exec(func(tag pgconn.CommandTag) error {
		first = tag.RowsAffected() > 0
		return nil
	})
	if err := t.db.pool.SendBatch(ctx, batch).Close(); err != nil {
		return false, fmt.Errorf("announce recording: %w", err)
	}
	return first, nil
}

const forgetRecording = `-- name: forgetRecording
DELETE FROM announced_recordings WHERE tenant_id = @tenant_id AND recording_id = @recording_id`

// ForgetRecording takes back what AnnounceRecording kept.
func (t *Tenant) ForgetRecording(ctx context.Context, recordingID string) error {
	return t.send(ctx, "forget recording", forgetRecording, pgx.StrictNamedArgs{"tenant_id": t.id, "recording_id": recordingID})
}

const beginPolling = `-- name: beginPolling
INSERT INTO recording_polls (tenant_id) VALUES (@tenant_id) ON CONFLICT (tenant_id) DO NOTHING`

// pollingSince goes back behind the last one: Fathom's entries come to be listed in another order than they are made in.
const pollingSince = `-- name: pollingSince
SELECT greatest(began_at, (SELECT max(created_at) - interval '6 hours' FROM announced_recordings WHERE tenant_id = @tenant_id))
FROM recording_polls
WHERE tenant_id = @tenant_id`

// PollingSince returns from when on Fathom is asked for new recordings: six hours before the last that was announced, but
// not before this was first called, with which it begins.
func (t *Tenant) PollingSince(ctx context.Context) (time.Time, error) {
	var since time.Time
	batch := t.newBatch()
	batch.Queue(beginPolling, pgx.StrictNamedArgs{"tenant_id": t.id})
	batch.Queue(pollingSince, pgx.StrictNamedArgs{"tenant_id": t.id}).QueryRow(func(row pgx.Row) error { return row.Scan(&since) })
	if err := t.db.pool.SendBatch(ctx, batch).Close(); err != nil {
		return time.Time{}, fmt.Errorf("polling since: %w", err)
	}
	return since, nil
}
