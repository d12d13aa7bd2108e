package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// previewBegins bounds how long a preview waits for a row that another holds.
const previewBegins = `BEGIN; SET LOCAL lock_timeout = '2s'`

// errPreviewed takes everything back that a preview did.
var errPreviewed = errors.New("previewed")

// Preview lets do see what its statements would come to: they run in one transaction that is taken back, and nobody is told of
// them. Rows that do writes are locked until it returns.
func (c *Control) Preview(ctx context.Context, do func(*Control) error) error {
	err := pgx.BeginTxFunc(ctx, c.pool.pool, pgx.TxOptions{BeginQuery: previewBegins}, func(tx pgx.Tx) error {
		if err := do(&Control{pool: c.pool, db: tx, cluster: c.cluster}); err != nil {
			return err
		}
		return errPreviewed
	})
	if err == nil || errors.Is(err, errPreviewed) {
		return nil
	}
	return fmt.Errorf("preview: %w", err)
}
