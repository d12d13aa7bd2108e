package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

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

// send runs a statement that may find nothing to do.
func (t *Tenant) send(ctx context.Context, what, statement string, args pgx.StrictNamedArgs) error {
	batch := t.newBatch()
	batch.Queue(statement, args)
	if err := t.db.pool.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// change runs a statement that must find its row: otherwise ErrNotFound.
func (t *Tenant) change(ctx context.Context, what, statement string, args pgx.StrictNamedArgs) error {
	var found bool
	batch := t.newBatch()
	batch.Queue(statement, args).Exec(func(tag pgconn.CommandTag) error {
		found = tag.RowsAffected() > 0
		return nil
	})
	if err := t.db.pool.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if !found {
		return ErrNotFound
	}
	return nil
}

// collect reads rows into the fields that their columns name.
func collect[Row any](ctx context.Context, t *Tenant, what, statement string, args pgx.StrictNamedArgs) ([]Row, error) {
	var found []Row
	batch := t.newBatch()
	batch.Queue(statement, args).Query(func(rows pgx.Rows) (err error) {
		found, err = pgx.CollectRows(rows, pgx.RowToStructByName[Row])
		return err
	})
	if err := t.db.pool.SendBatch(ctx, batch).Close(); err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return found, nil
}

// one sends the batch with the statement behind it, and reads its row into the fields that the columns name; without a row,
// ErrNotFound.
func one[Row any](ctx context.Context, t *Tenant, batch *pgx.Batch, what, statement string, args pgx.StrictNamedArgs) (Row, error) {
	var found, none Row
	batch.Queue(statement, args).Query(func(rows pgx.Rows) (err error) {
		found, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Row])
		return err
	})
	err := t.db.pool.SendBatch(ctx, batch).Close()
	if errors.Is(err, pgx.ErrNoRows) {
		return none, ErrNotFound
	}
	if err != nil {
		return none, fmt.Errorf("%s: %w", what, err)
	}
	return found, nil
}
