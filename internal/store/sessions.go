package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Attendees are who recorded a meeting and who was invited to it, as they are kept in one value.
type Attendees struct {
	RecordedBy Attendee   `json:"recorded_by,omitzero"`
	Invitees   []Attendee `json:"invitees,omitempty"`
}

// Attendee is a person; any field may be empty.
type Attendee struct {
	Name     string `json:"name,omitempty"`
	Email    string `json:"email,omitempty"`
	Company  string `json:"company,omitempty"`
	External bool   `json:"external,omitempty"`
}

// Session is a user's work on a meeting.
type Session struct {
	ID          uuid.UUID       `db:"id"`
	Revision    int             `db:"revision"` // the number of the current texts, 0 before the first
	CardChannel string          `db:"card_channel"`
	CardTS      string          `db:"card_ts"`
	Match       json.RawMessage `db:"crm_match"` // the account at the CRM, nil if there is none
	Attendees   Attendees       `db:"attendees"`
	User        User            `db:"-"`
	ListedMeeting
}

const openSession = `-- name: openSession
INSERT INTO meeting_sessions (tenant_id, user_id, fathom_recording_id, fathom_created_at, fathom_meeting_title,
    fathom_meeting_date, fathom_duration_minutes, fathom_participants, fathom_url, attendees)
VALUES (@tenant_id, @user_id, @recording_id, @created_at, @title, @date, @duration_minutes, @participants, @url, @attendees)
ON CONFLICT (tenant_id, user_id, fathom_recording_id) DO UPDATE
SET fathom_created_at = excluded.fathom_created_at, fathom_meeting_title = excluded.fathom_meeting_title,
    fathom_meeting_date = excluded.fathom_meeting_date, fathom_duration_minutes = excluded.fathom_duration_minutes,
    fathom_participants = excluded.fathom_participants, fathom_url = excluded.fathom_url, attendees = excluded.attendees,
    updated_at = now()
RETURNING id, revision, card_channel, card_ts, crm_match, attendees, fathom_recording_id, fathom_created_at,
    fathom_meeting_title, fathom_meeting_date, fathom_duration_minutes, fathom_participants, fathom_url`

// OpenSession creates the user's session of a meeting, or finds it and brings the meeting up to date. One that was listed
// before becomes a session with that. ErrNotFound: there is no such user.
func (t *Tenant) OpenSession(ctx context.Context, userID uuid.UUID, meeting ListedMeeting, attendees Attendees) (Session, error) {
	args := t.listedArgs(userID, meeting)
	args["attendees"] = attendees
	session, err := t.querySession(ctx, openSession, args, pgx.StrictNamedArgs{"tenant_id": t.id, "by_id": userID, "by_slack_user_id": ""})
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok && refused.Code == foreignKeyViolation {
		return Session{}, ErrNotFound
	}
	return session, err
}

const findSession = `-- name: findSession
SELECT s.id, s.revision, s.card_channel, s.card_ts, s.crm_match, s.attendees, s.fathom_recording_id, s.fathom_created_at,
    s.fathom_meeting_title, s.fathom_meeting_date, s.fathom_duration_minutes, s.fathom_participants, s.fathom_url
FROM meeting_sessions s
JOIN users u ON u.tenant_id = s.tenant_id AND u.id = s.user_id
WHERE s.tenant_id = @tenant_id AND s.id = @id AND u.slack_user_id = @slack_user_id`

// FindSession returns ErrNotFound for a session that is not this Slack user's, whoever else may have it.
func (t *Tenant) FindSession(ctx context.Context, id uuid.UUID, slackUserID string) (Session, error) {
	return t.querySession(ctx, findSession,
		pgx.StrictNamedArgs{"tenant_id": t.id, "id": id, "slack_user_id": slackUserID},
		pgx.StrictNamedArgs{"tenant_id": t.id, "by_id": uuid.Nil, "by_slack_user_id": slackUserID})
}

const sessionUser = `-- name: sessionUser
SELECT id, slack_user_id, slack_email, slack_real_name, refreshed_at
FROM users
WHERE tenant_id = @tenant_id AND (id = @by_id OR slack_user_id = @by_slack_user_id)`

// querySession reads a session by a statement, and whose it is.
func (t *Tenant) querySession(ctx context.Context, statement string, args, whose pgx.StrictNamedArgs) (Session, error) {
	var session Session
	var user User
	batch := t.newBatch()
	batch.Queue(statement, args).Query(func(rows pgx.Rows) (err error) {
		session, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Session])
		return err
	})
	batch.Queue(sessionUser, whose).Query(func(rows pgx.Rows) (err error) {
		user, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[User])
		return err
	})
	err := t.db.pool.SendBatch(ctx, batch).Close()
	if errors.Is(err, pgx.ErrNoRows) {
		return Session{}, ErrNotFound
	}
	if err != nil {
		return Session{}, fmt.Errorf("session: %w", err)
	}
	session.User = user
	return session, nil
}

const setCard = `-- name: setCard
UPDATE meeting_sessions SET card_channel = @channel, card_ts = @ts, updated_at = now() WHERE tenant_id = @tenant_id AND id = @id`

// SetCard keeps the message in which the session's user sees it. ErrNotFound: there is no such session.
func (t *Tenant) SetCard(ctx context.Context, id uuid.UUID, channel, timestamp string) error {
	return t.change(ctx, "set card", setCard, pgx.StrictNamedArgs{"tenant_id": t.id, "id": id, "channel": channel, "ts": timestamp})
}

const setMatch = `-- name: setMatch
UPDATE meeting_sessions SET crm_match = @match, updated_at = now() WHERE tenant_id = @tenant_id AND id = @id`

// SetMatch keeps the account of the session's meeting. ErrNotFound: there is no such session.
func (t *Tenant) SetMatch(ctx context.Context, id uuid.UUID, match json.RawMessage) error {
	return t.change(ctx, "set match", setMatch, pgx.StrictNamedArgs{"tenant_id": t.id, "id": id, "match": match})
}
