package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// TenantUsage is what a tenant uses.
type TenantUsage struct {
	TenantID     tenancy.ID       `db:"tenant_id"`
	Users        int32            `db:"users"`          // who have ever used the app
	LastActiveAt *time.Time       `db:"last_active_at"` // when one of them last did; nil: there is none
	Used         map[string]int64 `db:"used"`           // in the present day and month (UTC), keyed as Quotas
}

const usageOfTenants = `-- name: usageOfTenants
SELECT tenant_id, users, last_active_at, used FROM tenant_usage(@cluster)`

// Usage has visit see what each live tenant of this cluster uses, by one query, which reads all users: it is for a few times an
// hour.
func (c *Control) Usage(ctx context.Context, visit func(TenantUsage)) error {
	rows, _ := c.db.Query(ctx, usageOfTenants, pgx.StrictNamedArgs{"cluster": c.cluster})
	defer rows.Close()
	for rows.Next() {
		usage, err := pgx.RowToStructByName[TenantUsage](rows)
		if err != nil {
			return fmt.Errorf("count usage: %w", err)
		}
		visit(usage)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("count usage: %w", err)
	}
	return nil
}
