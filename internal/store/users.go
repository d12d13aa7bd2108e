package store

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// User is a Slack user whom the tenant's commands have met.
type User struct {
	ID          uuid.UUID `db:"id"`
	SlackUserID string    `db:"slack_user_id"`
	Email       string    `db:"slack_email"`
	RealName    string    `db:"slack_real_name"`
	RefreshedAt time.Time `db:"refreshed_at"` // when Slack was last asked for the e-mail and the name
}

const findUser = `-- name: findUser
SELECT id, slack_user_id, slack_email, slack_real_name, refreshed_at
FROM users
WHERE tenant_id = @tenant_id AND slack_user_id = @slack_user_id`

// FindUser returns ErrNotFound for a user not saved before.
func (t *Tenant) FindUser(ctx context.Context, slackUserID string) (User, error) {
	return one[User](ctx, t, t.newBatch(), "user", findUser, pgx.StrictNamedArgs{"tenant_id": t.id, "slack_user_id": slackUserID})
}

const saveUser = `-- name: saveUser
INSERT INTO users (tenant_id, slack_user_id, slack_email, slack_real_name, refreshed_at)
VALUES (@tenant_id, @slack_user_id, @slack_email, @slack_real_name, @refreshed_at)
ON CONFLICT (tenant_id, slack_user_id) DO UPDATE
SET slack_email = excluded.slack_email, slack_real_name = excluded.slack_real_name,
    refreshed_at = excluded.refreshed_at, last_active_at = now()
RETURNING id, slack_user_id, slack_email, slack_real_name, refreshed_at`

// SaveUser inserts or updates the user with that SlackUserID and returns it with its ID; the ID given is not looked at.
func (t *Tenant) SaveUser(ctx context.Context, user User) (User, error) {
	return one[User](ctx, t, t.newBatch(), "user", saveUser, pgx.StrictNamedArgs{
		"tenant_id":       t.id,
		"slack_user_id":   user.SlackUserID,
		"slack_email":     user.Email,
		"slack_real_name": user.RealName,
		"refreshed_at":    user.RefreshedAt,
	})
}
