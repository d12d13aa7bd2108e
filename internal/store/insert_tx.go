package store

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

var (
	errOneInsert = errors.New("the transaction takes one insert, and nothing else")
	errRefused   = errors.New("the request is not admitted")
)

// insertTx is the pgx.Tx that Admit lends to enqueue. No transaction is open when the insert comes: it is sent behind the
// admission in one batch, and its rows are handed back. A batch with one Sync is one transaction: Postgres begins it with
// the first statement and commits it with the last, so that all of it takes one round trip.
type insertTx struct {
	pool    *pgxpool.Pool
	batch   *pgx.Batch // setTenant and admit
	results pgx.BatchResults
	refused bool
}

// Query runs the insert.
func (tx *insertTx) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	if tx.results != nil {
		return nil, errOneInsert
	}
	tx.batch.Queue(sql, args...)
	tx.results = tx.pool.SendBatch(ctx, tx.batch)
	if _, err := tx.results.Exec(); err != nil {
		return nil, err
	}
	var admitted bool
	if err := tx.results.QueryRow().Scan(&admitted); err != nil {
		return nil, err
	}
	if !admitted {
		tx.refused = true
		return nil, errRefused
	}
	return tx.results.Query()
}

// finish returns when the transaction is committed. It may be called again.
func (tx *insertTx) finish() error {
	if tx.results == nil {
		return errOneInsert
	}
	return tx.results.Close()
}

// The rest of pgx.Tx.

func (*insertTx) Begin(context.Context) (pgx.Tx, error) { return nil, errOneInsert }
func (*insertTx) Commit(context.Context) error          { return errOneInsert }
func (*insertTx) Rollback(context.Context) error        { return errOneInsert }
func (*insertTx) Conn() *pgx.Conn                       { return nil }
func (*insertTx) LargeObjects() pgx.LargeObjects        { return pgx.LargeObjects{} }

func (*insertTx) CopyFrom(context.Context, pgx.Identifier, []string, pgx.CopyFromSource) (int64, error) {
	return 0, errOneInsert
}

func (*insertTx) SendBatch(_ context.Context, batch *pgx.Batch) pgx.BatchResults {
	return pgx.FailedBatchResults(batch, errOneInsert)
}

func (*insertTx) Prepare(context.Context, string, string) (*pgconn.StatementDescription, error) {
	return nil, errOneInsert
}

func (*insertTx) Exec(context.Context, string, ...any) (pgconn.CommandTag, error) {
	return pgconn.CommandTag{}, errOneInsert
}

func (*insertTx) QueryRow(context.Context, string, ...any) pgx.Row { return failedRow{errOneInsert} }

type failedRow struct{ err error }

func (r failedRow) Scan(...any) error { return r.err }
