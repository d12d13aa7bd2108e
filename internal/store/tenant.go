package store

import (
	"github.com/jackc/pgx/v5"

	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// Tenant reads and writes the rows of one tenant. Row-level security holds it to them: each of its queries goes out
// behind setTenant in one batch, which is one round trip and one transaction, and the setting ends with that.
type Tenant struct {
	db *DB
	id tenancy.ID
}

const setTenant = `-- name: setTenant
SELECT set_config('app.tenant_id', $1, true)`

func (t *Tenant) newBatch() *pgx.Batch {
	batch := &pgx.Batch{}
	batch.Queue(setTenant, t.id.String())
	return batch
}
