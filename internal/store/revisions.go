package store

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Revision is a version of a session's texts. It never changes.
type Revision struct {
	Number    int             `db:"number"` // from 1
	Edited    bool            `db:"edited"`
	Model     string          `db:"model"`
	Texts     json.RawMessage `db:"texts"` // an object
	CreatedAt time.Time       `db:"created_at"`
}

const findRevision = `-- name: findRevision
SELECT number, edited, model, texts, created_at
FROM session_revisions
WHERE tenant_id = @tenant_id AND session_id = @session_id AND number = @number`

// Revision returns one of a session's, or ErrNotFound.
func (t *Tenant) Revision(ctx context.Context, session uuid.UUID, number int) (Revision, error) {
	return t.queryRevision(ctx, t.newBatch(), session, number)
}

const addRevision = `-- name: addRevision
INSERT INTO session_revisions (tenant_id, session_id, number, edited, model, texts)
VALUES (@tenant_id, @session_id, @number, @edited, @model, @texts)
ON CONFLICT (tenant_id, session_id, number) DO NOTHING`

const currentRevision = `-- name: currentRevision
UPDATE meeting_sessions SET revision = greatest(revision, @number), updated_at = now()
WHERE tenant_id = @tenant_id AND id = @session_id`

// AddRevision keeps texts for good and makes them the session's current ones, unless later ones are. The first to write a
// number wins: it returns what is kept. CreatedAt is not looked at. ErrNotFound: there is no such session.
func (t *Tenant) AddRevision(ctx context.Context, session uuid.UUID, revision Revision) (Revision, error) {
	batch := t.newBatch()
	batch.Queue(addRevision, pgx.StrictNamedArgs{
		"tenant_id":  t.id,
		"session_id": session,
		"number":     revision.Number,
		"edited":     revision.Edited,
		"model":      revision.Model,
		"texts":      revision.Texts,
	})
	batch.Queue(currentRevision, pgx.StrictNamedArgs{"tenant_id": t.id, "session_id": session, "number": revision.Number})
	kept, err := t.queryRevision(ctx, batch, session, revision.Number)
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok && refused.Code == foreignKeyViolation {
		return Revision{}, ErrNotFound
	}
	return kept, err
}

// queryRevision sends the batch, and reads the revision behind it.
func (t *Tenant) queryRevision(ctx context.Context, batch *pgx.Batch, session uuid.UUID, number int) (Revision, error) {
	args := pgx.StrictNamedArgs{"tenant_id": t.id, "session_id": session, "number": number}
	return one[Revision](ctx, t, batch, "revision", findRevision, args)
}
