package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// Installation is that of the app in a tenant's workspace: it begins with a bot token, and ends with Slack's word.
type Installation struct {
	TokenDigest      string     `db:"slack_token_digest"` // "" before the first token
	DisconnectedAt   *time.Time `db:"slack_disconnected_at"`
	DisconnectReason string     `db:"slack_disconnect_reason"` // AppUninstalled or TokensRevoked, "" while connected
}

const recordInstallation = `-- name: recordInstallation
WITH installed AS (
    UPDATE tenant_runtime
    SET slack_token_digest = @digest, slack_installed_at = now(), slack_disconnected_at = NULL, slack_disconnect_reason = NULL
    WHERE tenant_id = @tenant_id AND slack_token_digest <> @digest
    RETURNING tenant_id
)
SELECT slack_app_id FROM tenants JOIN installed ON tenant_id = id`

// RecordInstallation says that the tenant's bot token is now the one of that digest. A token that was not known begins an
// installation: the tenant is connected, whatever Slack said of an earlier one, and the webhooks are told.
func (c *Control) RecordInstallation(ctx context.Context, id tenancy.ID, tokenDigest string) error {
	err := pgx.BeginFunc(ctx, c.db, func(tx pgx.Tx) error {
		var app string
		err := tx.QueryRow(ctx, recordInstallation, pgx.StrictNamedArgs{"tenant_id": id, "digest": tokenDigest}).Scan(&app)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil // known already
		}
		if err != nil {
			return err
		}
		return announce(ctx, tx, app, id)
	})
	if err != nil {
		return fmt.Errorf("record installation: %w", err)
	}
	return nil
}

const disconnectedOwners = `-- name: disconnectedOwners
SELECT t.owner_cluster, t.owner_uid, t.owner_namespace, t.owner_name
FROM tenants t
JOIN tenant_runtime r ON r.tenant_id = t.id
WHERE r.slack_disconnected_at IS NOT NULL AND t.deleted_at IS NULL`

// DisconnectedOwners returns who declares the tenants whose installation has ended, live ones only.
func (c *Control) DisconnectedOwners(ctx context.Context) ([]Owner, error) {
	rows, _ := c.db.Query(ctx, disconnectedOwners)
	owners, err := pgx.CollectRows(rows, pgx.RowToStructByName[Owner])
	if err != nil {
		return nil, fmt.Errorf("list disconnected tenants: %w", err)
	}
	return owners, nil
}

const disconnectedOwner = `-- name: disconnectedOwner
SELECT t.owner_cluster, t.owner_uid, t.owner_namespace, t.owner_name
FROM tenants t
JOIN tenant_runtime r ON r.tenant_id = t.id
WHERE t.id = @tenant_id AND r.slack_disconnected_at IS NOT NULL AND t.deleted_at IS NULL`

// DisconnectedOwner returns who declares the tenant. tenancy.ErrNotFound: its installation has not ended, or it is retired.
func (c *Control) DisconnectedOwner(ctx context.Context, id tenancy.ID) (Owner, error) {
	rows, _ := c.db.Query(ctx, disconnectedOwner, pgx.StrictNamedArgs{"tenant_id": id})
	owner, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Owner])
	if errors.Is(err, pgx.ErrNoRows) {
		return Owner{}, tenancy.ErrNotFound
	}
	if err != nil {
		return Owner{}, fmt.Errorf("find disconnected tenant: %w", err)
	}
	return owner, nil
}
