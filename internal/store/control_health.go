package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// KnownHealth is how a connection fares, as MarkConnection kept it.
type KnownHealth struct {
	NeedsReauthDigest string     `db:"needs_reauth_digest"` // "" if its vendor takes the credential, as far as is known
	ErrorCode         string     `db:"last_error_code"`     // of the last call, "" if it succeeded
	LastErrorAt       *time.Time `db:"last_error_at"`       // since when it fails so
	LastSuccessAt     *time.Time `db:"last_success_at"`     // to within five minutes; nil: never
}

// checkOfConnection is a Check as it comes with a connection's row.
type checkOfConnection struct {
	CheckDigest  string       `db:"check_digest"`
	CheckVerdict CheckVerdict `db:"check_verdict"`
	CheckCode    string       `db:"check_code"`
}

func (c checkOfConnection) check() Check {
	return Check{Digest: c.CheckDigest, Verdict: c.CheckVerdict, Code: c.CheckCode}
}

// HealthChannel is where the webhooks tell the operator that a tenant's checks, or the health of its connections, changed.
// Payload: <slack app id>/<tenant id>.
const HealthChannel = "followup_health"

const listenHealth = `-- name: listenHealth
LISTEN followup_health`

// ListenHealth reports the tenants, of all apps, of whose credentials or connections something new is known, as
// DB.ListenTenants does changes.
func (c *Control) ListenHealth(ctx context.Context, events TenantEvents) error {
	return c.pool.listen(ctx, listenHealth, everyApp, events)
}

const healthOwners = `-- name: healthOwners
SELECT 'tenant' AS kind, id, owner_cluster, owner_uid, owner_namespace, owner_name FROM tenants
WHERE id = @tenant_id AND owner_cluster = @cluster AND deleted_at IS NULL
UNION ALL
SELECT 'connection', id, owner_cluster, owner_uid, owner_namespace, owner_name FROM crm_connections
WHERE tenant_id = @tenant_id AND owner_cluster = @cluster AND deleted_at IS NULL`

// HealthOwners returns which live objects of this cluster tell of the health of a tenant: its own, and its connections'.
func (c *Control) HealthOwners(ctx context.Context, id tenancy.ID) ([]OwnedRow, error) {
	rows, _ := c.db.Query(ctx, healthOwners, pgx.StrictNamedArgs{"tenant_id": id, "cluster": c.cluster})
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[OwnedRow])
	if err != nil {
		return nil, fmt.Errorf("list who tells of a tenant's health: %w", err)
	}
	return found, nil
}

const changedHealth = `-- name: changedHealth
SELECT tenant_id FROM credential_checks WHERE changed_at > now() - @ago::interval
UNION
SELECT tenant_id FROM crm_connections WHERE greatest(needs_reauth_at, last_error_at, last_success_at) > now() - @ago::interval AND deleted_at IS NULL`

// ChangedHealth returns the tenants of which something new became known within that time.
func (c *Control) ChangedHealth(ctx context.Context, ago time.Duration) ([]tenancy.ID, error) {
	rows, _ := c.db.Query(ctx, changedHealth, pgx.StrictNamedArgs{"ago": ago})
	found, err := pgx.CollectRows(rows, pgx.RowTo[tenancy.ID])
	if err != nil {
		return nil, fmt.Errorf("list changed health: %w", err)
	}
	return found, nil
}
