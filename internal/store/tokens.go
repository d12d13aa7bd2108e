package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// TokenRow has the tokens that a vendor handed out for a connection, encrypted. The zero value has none.
type TokenRow struct {
	AccessToken    []byte    `db:"access_token"`
	RefreshToken   []byte    `db:"refresh_token"`
	ExpiresAt      time.Time `db:"expires_at"`      // of the access token
	DeclaredDigest string    `db:"declared_digest"` // of the declared credential that they came from
}

const findToken = `-- name: findToken
SELECT access_token, refresh_token, expires_at, declared_digest
FROM connection_tokens
WHERE tenant_id = @tenant_id AND connection_id = @connection_id AND subject = @subject`

// FindToken returns the tokens of a connection for a subject, or ErrNotFound.
func (t *Tenant) FindToken(ctx context.Context, connection uuid.UUID, subject string) (TokenRow, error) {
	rows, err := collect[TokenRow](ctx, t, "find token", findToken, t.tokenArgs(connection, subject))
	if err != nil {
		return TokenRow{}, err
	}
	if len(rows) == 0 {
		return TokenRow{}, ErrNotFound
	}
	return rows[0], nil
}

const (
	// maxTokenLocks bounds the connections of the pool that wait for a vendor.
	maxTokenLocks = 3
	// tokenWrite is how long it may take to keep what a vendor handed out.
	tokenWrite = 5 * time.Second
)

const insertToken = `-- name: insertToken
INSERT INTO connection_tokens (tenant_id, connection_id, subject) VALUES (@tenant_id, @connection_id, @subject)
ON CONFLICT (tenant_id, connection_id, subject) DO NOTHING`

const lockToken = `-- name: lockToken
SELECT access_token, refresh_token, expires_at, declared_digest
FROM connection_tokens
WHERE tenant_id = @tenant_id AND connection_id = @connection_id AND subject = @subject
FOR UPDATE`

const saveToken = `-- name: saveToken
UPDATE connection_tokens
SET access_token = @access_token, refresh_token = @refresh_token, expires_at = @expires_at, declared_digest = @declared_digest
WHERE tenant_id = @tenant_id AND connection_id = @connection_id AND subject = @subject`

// LockToken has the tokens of a connection for itself, among all replicas, while fn runs, and keeps what fn returns before
// anybody else sees them. fn is given the zero TokenRow where there are none. If fn fails, nothing is kept. If fn has
// succeeded, what it returns is kept even if ctx has ended, since a vendor may not hand it out again; an error
// then means that it must not be used. It takes a connection of the pool for as long as fn runs: fn must bound its time.
// ErrNotFound: there is no such connection.
func (t *Tenant) LockToken(ctx context.Context, connection uuid.UUID, subject string, fn func(context.Context, TokenRow) (TokenRow, error)) error {
	select {
	case t.db.tokenLocks <- struct{}{}:
		defer func() { <-t.db.tokenLocks }()
	case <-ctx.Done():
		return fmt.Errorf("wait to lock a token: %w", ctx.Err())
	}
	tx, err := t.db.pool.Begin(ctx)
	if err != nil {
		return fmt.Errorf("lock token: %w", err)
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tokenWrite)
		defer cancel()
		_ = tx.Rollback(ctx) // after a commit it does nothing
	}()
	have, err := t.lockedToken(ctx, tx, connection, subject)
	if err != nil {
		return err
	}
	row, err := fn(ctx, have)
	if err != nil {
		return err
	}
	return t.keepToken(ctx, tx, connection, subject, row)
}

// lockedToken makes the row if there is none, so that there is something to lock.
func (t *Tenant) lockedToken(ctx context.Context, tx pgx.Tx, connection uuid.UUID, subject string) (TokenRow, error) {
	var have TokenRow
	batch := t.newBatch()
	batch.Queue(insertToken, t.tokenArgs(connection, subject))
	batch.Queue(lockToken, t.tokenArgs(connection, subject)).Query(func(rows pgx.Rows) (err error) {
		have, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[TokenRow])
		return err
	})
	err := tx.SendBatch(ctx, batch).Close()
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok && refused.Code == foreignKeyViolation {
		return TokenRow{}, ErrNotFound
	}
	if err != nil {
		return TokenRow{}, fmt.Errorf("lock token: %w", err)
	}
	if have.ExpiresAt.Equal(time.Unix(0, 0)) { // the column's default
		have = TokenRow{}
	}
	return have, nil
}

func (t *Tenant) keepToken(ctx context.Context, tx pgx.Tx, connection uuid.UUID, subject string, row TokenRow) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tokenWrite)
	defer cancel()
	args := t.tokenArgs(connection, subject)
	args["access_token"] = orEmpty(row.AccessToken)
	args["refresh_token"] = orEmpty(row.RefreshToken)
	args["expires_at"] = row.ExpiresAt
	args["declared_digest"] = row.DeclaredDigest
	if _, err := tx.Exec(ctx, saveToken, args); err != nil {
		return fmt.Errorf("save token: %w", err)
	}
	if err := tx.Commit(ctx); err != nil {
		return fmt.Errorf("save token: %w", err)
	}
	return nil
}

// orEmpty is for columns that are never NULL.
func orEmpty(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

func (t *Tenant) tokenArgs(connection uuid.UUID, subject string) pgx.StrictNamedArgs {
	return pgx.StrictNamedArgs{"tenant_id": t.id, "connection_id": connection, "subject": subject}
}
