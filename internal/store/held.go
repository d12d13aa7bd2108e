package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/followup-dev/followup-operator/internal/tenancy"
)

const held = `-- name: held
SELECT held OR coalesce(trial_ends_at <= now(), false) FROM tenant_runtime WHERE tenant_id = @tenant_id`

// Held says that the tenant is paused, or its trial over, to what is not admitted because it leaves no record. tenancy.ErrNotFound: there is
// no such tenant.
func (t *Tenant) Held(ctx context.Context) (bool, error) {
	batch := t.newBatch()
	var paused bool
	batch.Queue(held, pgx.StrictNamedArgs{"tenant_id": t.id}).QueryRow(func(row pgx.Row) error { return row.Scan(&paused) })
	err := t.db.pool.SendBatch(ctx, batch).Close()
	if errors.Is(err, pgx.ErrNoRows) {
		return false, tenancy.ErrNotFound
	}
	if err != nil {
		return false, fmt.Errorf("ask whether the tenant is held: %w", err)
	}
	return paused, nil
}
