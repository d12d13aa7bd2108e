package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// previewBegins bounds how long a preview waits for a row that another holds.
const previewBegins = `BEGIN; SET LOCAL lock_timeout = '2s'`

// errTakenBack ends what was only to be seen.
var errTakenBack = errors.New("taken back")

// Preview lets do see what its statements would come to: they run in one transaction that is taken back, and nobody is told of
// them. Its Control is for one goroutine. It sees the rows that it made, and of rows that were there only what they were: each
// change of these is taken back at once, since its lock would have Slack's requests wait for the rest of the preview.
func (c *Control) Preview(ctx context.Context, do func(*Control) error) error {
	err := pgx.BeginTxFunc(ctx, c.pool.pool, pgx.TxOptions{BeginQuery: previewBegins}, func(tx pgx.Tx) error {
		if err := do(&Control{pool: c.pool, db: preview{tx}, cluster: c.cluster, previews: true}); err != nil {
			return err
		}
		return errTakenBack
	})
	if err == nil || errors.Is(err, errTakenBack) {
		return nil
	}
	return fmt.Errorf("preview: %w", err)
}

// preview takes back at once what is not in a transaction of its own, so that one that fails spoils nothing after it.
type preview struct{ pgx.Tx }

func (p preview) Exec(ctx context.Context, sql string, args ...any) (tag pgconn.CommandTag, err error) {
	err = takeBack(ctx, p.Tx, func(tx pgx.Tx) error {
		tag, err = tx.Exec(ctx, sql, args...)
		return err
	})
	return tag, err
}

// change runs a transaction that changes rows which were there; in a preview it is taken back at once.
func (c *Control) change(ctx context.Context, do func(pgx.Tx) error) error {
	if c.previews {
		return takeBack(ctx, c.db, do)
	}
	return pgx.BeginFunc(ctx, c.db, do)
}

func takeBack(ctx context.Context, db interface {
	Begin(ctx context.Context) (pgx.Tx, error)
}, do func(pgx.Tx) error) error {
	err := pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
		if err := do(tx); err != nil {
			return err
		}
		return errTakenBack
	})
	if errors.Is(err, errTakenBack) {
		return nil
	}
	return err
}
