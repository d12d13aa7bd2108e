package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// Request is what Admit records of a Slack request.
type Request struct {
	Key           string        // the same for each repetition of one request
	ExpiresIn     time.Duration // how long a repetition is known as one
	EventType     string        // for the audit log, such as "command.meetings"
	EventCategory string        // authentication, data_access, configuration, integration or security
	ActorSlackID  string
}

// Verdict says what became of a request.
type Verdict string

const (
	Admitted  Verdict = "admitted"  // recorded, and its job enqueued
	Held      Verdict = "held"      // the tenant is paused
	Limited   Verdict = "limited"   // the minute's requests are used up
	Duplicate Verdict = "duplicate" // admitted before
)

// Admission is Admit's answer.
type Admission struct {
	Verdict Verdict
	RetryAt time.Time // when Limited: the start of the next minute
}

// admit takes one of the minute's requests, and with it the key, and with that the audit record. The row of
// tenant_runtime is locked until the commit, so the limit is exact. A minute never goes back: a transaction that began
// before the minute's end, but got the row after another's of the next, counts in that one.
const admit = `-- name: admit
WITH slot AS (
    UPDATE tenant_runtime
    SET minute = greatest(minute, date_trunc('minute', now())),
        used = CASE WHEN minute < date_trunc('minute', now()) THEN 1 ELSE used + 1 END
    WHERE tenant_id = @tenant_id AND NOT held AND (minute < date_trunc('minute', now()) OR used < minute_limit)
    RETURNING tenant_id
), delivery AS (
    INSERT INTO deliveries (tenant_id, delivery_key, expires_at)
    SELECT tenant_id, @key, now() + @expires_in::interval FROM slot
    ON CONFLICT (tenant_id, delivery_key) DO NOTHING
    RETURNING tenant_id
), audit AS (
    INSERT INTO audit_logs (tenant_id, event_type, event_category, actor_slack_id)
    SELECT tenant_id, @event_type, @event_category, @actor FROM delivery
)
SELECT EXISTS (SELECT FROM delivery)`

const whyDenied = `-- name: whyDenied
SELECT EXISTS (SELECT FROM deliveries d WHERE d.tenant_id = r.tenant_id AND d.delivery_key = @key) AS duplicate,
       r.held,
       r.minute + interval '1 minute' AS retry_at
FROM tenant_runtime r
WHERE r.tenant_id = @tenant_id`

// Admit decides about a request and, if it is admitted, records it and calls enqueue, all in one transaction: a crash at
// any point leaves everything or nothing. Any other verdict writes nothing and does not call enqueue. A repetition is a
// Duplicate even while the tenant is held or limited. tenancy.ErrNotFound: there is no such tenant.
func (t *Tenant) Admit(ctx context.Context, request Request, enqueue func(context.Context, pgx.Tx) error) (Admission, error) {
	batch := &pgx.Batch{}
	batch.BeginTx(pgx.TxOptions{})
	t.queueSetting(batch)
	var admitted bool
	batch.Queue(admit, pgx.StrictNamedArgs{
		"tenant_id":      t.id,
		"key":            request.Key,
		"expires_in":     request.ExpiresIn,
		"event_type":     request.EventType,
		"event_category": request.EventCategory,
		"actor":          request.ActorSlackID,
	}).QueryRow(func(row pgx.Row) error { return row.Scan(&admitted) })

	results := t.db.pool.SendBatch(ctx, batch)
	tx := results.Tx()
	defer func() { _ = tx.Rollback(ctx) }() // does nothing after the commit
	if err := results.Close(); err != nil {
		return Admission{}, fmt.Errorf("admit: %w", err)
	}
	if !admitted {
		return t.whyDenied(ctx, tx, request.Key)
	}
	if err := enqueue(ctx, tx); err != nil {
		return Admission{}, fmt.Errorf("enqueue: %w", err)
	}
	if err := tx.Commit(ctx); err != nil {
		return Admission{}, fmt.Errorf("admit: %w", err)
	}
	return Admission{Verdict: Admitted}, nil
}

func (t *Tenant) whyDenied(ctx context.Context, tx pgx.Tx, key string) (Admission, error) {
	var duplicate, held bool
	var retryAt time.Time
	err := tx.QueryRow(ctx, whyDenied, pgx.StrictNamedArgs{"tenant_id": t.id, "key": key}).Scan(&duplicate, &held, &retryAt)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return Admission{}, tenancy.ErrNotFound
	case err != nil:
		return Admission{}, fmt.Errorf("admit: %w", err)
	case duplicate:
		return Admission{Verdict: Duplicate}, nil
	case held:
		return Admission{Verdict: Held}, nil
	default:
		return Admission{Verdict: Limited, RetryAt: retryAt}, nil
	}
}
