package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

const emailTone = `-- name: emailTone
SELECT email_tone FROM users WHERE tenant_id = @tenant_id AND slack_user_id = @slack_user_id`

// EmailTone is the user's usual tone, "" if they never chose one or are not known.
func (t *Tenant) EmailTone(ctx context.Context, slackUserID string) (string, error) {
	var tone string
	batch := t.newBatch()
	batch.Queue(emailTone, pgx.StrictNamedArgs{"tenant_id": t.id, "slack_user_id": slackUserID}).
		QueryRow(func(row pgx.Row) error { return row.Scan(&tone) })
	err := t.db.pool.SendBatch(ctx, batch).Close()
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return "", fmt.Errorf("e-mail tone: %w", err)
	}
	return tone, nil
}

const setEmailTone = `-- name: setEmailTone
UPDATE users SET email_tone = @tone WHERE tenant_id = @tenant_id AND slack_user_id = @slack_user_id`

// SetEmailTone keeps the user's usual tone: "neutral", "friendly", "formal", or "" for none. ErrNotFound: there is no such
// user.
func (t *Tenant) SetEmailTone(ctx context.Context, slackUserID, tone string) error {
	return t.change(ctx, "set e-mail tone", setEmailTone, pgx.StrictNamedArgs{"tenant_id": t.id, "slack_user_id": slackUserID, "tone": tone})
}
