package store

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// ScannedRow is a live row of this cluster, as a scan finds it.
type ScannedRow struct {
	ID uuid.UUID
	Owner
	Drifted bool // somebody else changed what its owner declared
}

// Visit is shown a page of what a scan finds.
type Visit func(ctx context.Context, page []ScannedRow) error

// scanPage is how many rows a query reads.
const scanPage = 2000

const scanTenants = `-- name: scanTenants
SELECT t.id, t.owner_cluster, t.owner_uid, t.owner_namespace, t.owner_name, t.slack_team_name, t.plan_tier, t.subscription_status, t.timezone, t.locale,
       t.meeting_visibility, t.slack_bot_token_secret_id, t.fathom_secret_id, t.ai_secret_id, r.held, r.draining,
       coalesce(to_char(r.trial_ends_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), '') AS trial_ends_at, r.minute_limit, r.quotas, t.applied_digest
FROM tenants t
JOIN tenant_runtime r ON r.tenant_id = t.id
WHERE t.owner_cluster = @cluster AND t.deleted_at IS NULL AND t.id > @after
ORDER BY t.id
LIMIT @page`

const scanConnections = `-- name: scanConnections
SELECT c.id, c.owner_cluster, c.owner_uid, c.owner_namespace, c.owner_name, c.provider_type, c.connection_name,
       c.credentials_secret_id, c.status, c.applied_digest,
       c.account_mappings_digest <> declared_mappings_digest(c.tenant_id, c.id) AS mappings_drift
FROM crm_connections c
WHERE c.owner_cluster = @cluster AND c.deleted_at IS NULL AND c.id > @after
ORDER BY c.id
LIMIT @page`

type scannedTenant struct {
	ID uuid.UUID `db:"id"`
	tenantRow
	Applied string `db:"applied_digest"`
}

type scannedConnection struct {
	ID uuid.UUID `db:"id"`
	connectionRow
	Applied       string `db:"applied_digest"`
	MappingsDrift bool   `db:"mappings_drift"`
}

// ScanTenants has visit see all live tenants that objects of this cluster declared, some thousands at a time. It ends at the first
// error.
func (c *Control) ScanTenants(ctx context.Context, visit Visit) error {
	return scan(ctx, c, scanTenants, visit, func(row scannedTenant) ScannedRow {
		return ScannedRow{ID: row.ID, Owner: row.Owner, Drifted: row.columns().digest() != row.Applied}
	})
}

// ScanConnections is ScanTenants for connections. One has also drifted whose declared account mappings were changed.
func (c *Control) ScanConnections(ctx context.Context, visit Visit) error {
	return scan(ctx, c, scanConnections, visit, func(row scannedConnection) ScannedRow {
		return ScannedRow{ID: row.ID, Owner: row.Owner, Drifted: row.columns().digest() != row.Applied || row.MappingsDrift}
	})
}

// scan reads page after page of one kind. What is read is no snapshot: a row that comes meanwhile may be left out.
func scan[Row any](
	ctx context.Context, c *Control, statement string, visit Visit, judge func(Row) ScannedRow,
) error {
	after := uuid.Nil
	for {
		rows, _ := c.db.Query(ctx, statement, pgx.StrictNamedArgs{"cluster": c.cluster, "after": after, "page": scanPage})
		page, err := pgx.CollectRows(rows, pgx.RowToStructByName[Row])
		if err != nil {
			return fmt.Errorf("scan rows: %w", err)
		}
		if len(page) == 0 {
			return nil
		}
		found := make([]ScannedRow, len(page))
		for i, row := range page {
			found[i] = judge(row)
		}
		if err := visit(ctx, found); err != nil {
			return err
		}
		after = found[len(found)-1].ID
	}
}
