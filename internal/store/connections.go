package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// Connection is a tenant's connection to a vendor, as the worker uses it.
type Connection struct {
	ID                uuid.UUID
	Provider          string // crono or google
	Name              string // for people
	Owner             string // name of the CRMConnection; its Secrets are labelled with it
	Credentials       tenancy.SecretRef
	CreatedAt         time.Time
	NeedsReauthDigest string // see ConnectionHealth
}

const activeConnections = `-- name: activeConnections
SELECT id, provider_type, connection_name, owner_name, credentials_secret_id, created_at, needs_reauth_digest
FROM crm_connections
WHERE tenant_id = @tenant_id AND status = 'active'
ORDER BY created_at, id`

// connectionInUse is a Connection as it is read.
type connectionInUse struct {
	ID                uuid.UUID `db:"id"`
	Provider          string    `db:"provider_type"`
	Name              string    `db:"connection_name"`
	Owner             string    `db:"owner_name"`
	Credentials       string    `db:"credentials_secret_id"`
	CreatedAt         time.Time `db:"created_at"`
	NeedsReauthDigest string    `db:"needs_reauth_digest"`
}

// Connections returns the tenant's active connections, oldest first.
func (t *Tenant) Connections(ctx context.Context) ([]Connection, error) {
	rows, err := collect[connectionInUse](ctx, t, "connections", activeConnections, pgx.StrictNamedArgs{"tenant_id": t.id})
	if err != nil {
		return nil, err
	}
	found := make([]Connection, 0, len(rows))
	for _, row := range rows {
		ref, err := tenancy.ParseSecretRef(row.Credentials)
		if err != nil {
			return nil, fmt.Errorf("connection %s: %w", row.ID, err)
		}
		found = append(found, Connection{
			ID:                row.ID,
			Provider:          row.Provider,
			Name:              row.Name,
			Owner:             row.Owner,
			Credentials:       ref,
			CreatedAt:         row.CreatedAt,
			NeedsReauthDigest: row.NeedsReauthDigest,
		})
	}
	return found, nil
}

// ConnectionHealth is how a connection fares. The zero value is that of one of which nothing bad is known.
type ConnectionHealth struct {
	// NeedsReauthDigest is that of the declared credential that the vendor does not take any more, "" if it takes it.
	NeedsReauthDigest string
	ErrorCode         string // of the last call, in the vendor's or our words: letters, digits, "_", "." and "-"
	Worked            bool   // the vendor has just done what it was asked
}

const markConnection = `-- name: markConnection
UPDATE crm_connections
SET needs_reauth_at = CASE WHEN @digest = '' THEN NULL WHEN needs_reauth_digest = @digest THEN needs_reauth_at ELSE now() END,
    last_error_at = CASE WHEN @code = '' THEN NULL WHEN last_error_code = @code THEN last_error_at ELSE now() END,
    last_success_at = CASE WHEN @worked THEN now() ELSE last_success_at END,
    needs_reauth_digest = @digest, last_error_code = @code
WHERE tenant_id = @tenant_id AND id = @id
  AND (needs_reauth_digest <> @digest OR last_error_code <> @code
       OR @worked AND coalesce(last_success_at, '-infinity') < now() - interval '5 minutes')
RETURNING id`

// MarkConnection keeps how a connection fares, and since when, and returns whether that is new. What is known already is not
// written again, nor that it works within five minutes.
func (t *Tenant) MarkConnection(ctx context.Context, id uuid.UUID, health ConnectionHealth) (changed bool, err error) {
	type marked struct {
		ID uuid.UUID `db:"id"`
	}
	_, err = one[marked](ctx, t, t.newBatch(), "mark connection", markConnection, pgx.StrictNamedArgs{
		"tenant_id": t.id,
		"id":        id,
		"digest":    health.NeedsReauthDigest,
		"code":      health.ErrorCode,
		"worked":    health.Worked,
	})
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}
