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
	Ended     Verdict = "ended"     // its trial is over
	Limited   Verdict = "limited"   // the minute's requests are used up
	Duplicate Verdict = "duplicate" // admitted before
)

// Admission is Admit's answer.
type Admission struct {
	Verdict Verdict
	RetryAt time.Time // when Limited: the start of the next minute
}

// admit takes the key, and with it one of the minute's requests, and with that the audit record. The row of tenant_runtime
// is locked until the commit, so the limit is exact. A minute never goes back: a transaction that began before the minute's
// end, but got the row after another's of the next, counts in that one. What it decides stands in app.admission for the
// trigger on River's table: the job's place in the line, or that it is refused. A refusal changes nothing, and is no error:
// that would have pgx prepare the statements again, at the cost of whoever gets the connection next.
//
// The place makes tenants take turns when workers are few. Each request moves its tenant's clock, virtual_next, on by a
// second, so that one who asks for much at once runs ahead of the time, and the others overtake it. It runs ahead by two
// minutes at most, and places are counted back by these: no place is in the future, where a job would wait while workers
// are idle, and no first run is overtaken by what comes two minutes later. A job that is tried again has no such place:
// River puts it at the time of its retry, and under a backlog fresh jobs go before it for up to two minutes.
//
// Its arguments, and setTenant's, are numbered: looking for names in the text takes time from each request. $1 is the tenant,
// $2 the key, $3 how long it lives, $4 to $6 the audit record's type, category and actor.
const admit = `-- name: admit
WITH runtime AS (
    SELECT tenant_id FROM tenant_runtime
    WHERE tenant_id = $1 AND NOT held AND (trial_ends_at > now()) IS NOT FALSE AND (minute < date_trunc('minute', now()) OR used < minute_limit)
    FOR NO KEY UPDATE
), delivery AS (
    INSERT INTO deliveries (tenant_id, delivery_key, expires_at)
    SELECT tenant_id, $2, now() + $3::interval FROM runtime
    ON CONFLICT (tenant_id, delivery_key) DO NOTHING
    RETURNING tenant_id
), audit AS (
    INSERT INTO audit_logs (tenant_id, event_type, event_category, actor_slack_id)
    SELECT tenant_id, $4, $5, $6 FROM delivery
), slot AS (
    UPDATE tenant_runtime r
    SET minute = greatest(minute, date_trunc('minute', now())),
        used = CASE WHEN minute < date_trunc('minute', now()) THEN 1 ELSE used + 1 END,
        virtual_next = least(greatest(virtual_next, now()), now() + interval '2 minutes') + interval '1 second'
    FROM delivery
    WHERE r.tenant_id = delivery.tenant_id
    RETURNING virtual_next - interval '1 second' - interval '2 minutes' AS place
)
SELECT set_config('app.admission', coalesce((SELECT place::text FROM slot), 'refused'), true) <> 'refused'`

const whyDenied = `-- name: whyDenied
SELECT EXISTS (SELECT FROM deliveries d WHERE d.tenant_id = r.tenant_id AND d.delivery_key = @key) AS duplicate,
       r.held, coalesce(r.trial_ends_at <= now(), false) AS ended,
       r.minute + interval '1 minute' AS retry_at
FROM tenant_runtime r
WHERE r.tenant_id = @tenant_id`

// Admit decides about a request and, if it is admitted, records it and enqueues its job, all in one transaction and one
// round trip: a crash at any point leaves everything or nothing. Any other verdict changes nothing. A repetition is a
// Duplicate even while the tenant is held, limited, or its trial over. tenancy.ErrNotFound: there is no such tenant.
//
// enqueue must run one insert with the Tx, which is refused when the request is, and nothing else. Its insert is
// committed even if enqueue fails afterwards. After an error the request may have been admitted, as when the connection
// is lost while the answer is awaited.
func (t *Tenant) Admit(ctx context.Context, request Request, enqueue func(context.Context, pgx.Tx) error) (Admission, error) {
	batch := t.newBatch()
	// As bytes: pgx tries the ID's text first, and makes an error of that.
	batch.Queue(admit, [16]byte(t.id), request.Key, request.ExpiresIn, request.EventType, request.EventCategory, request.ActorSlackID)
	tx := &insertTx{pool: t.db.pool, batch: batch}
	defer func() { _ = tx.finish() }() // of a panic

	err := enqueue(ctx, tx)
	if finished := tx.finish(); err == nil {
		err = finished
	}
	switch {
	case tx.refused:
		return t.whyDenied(ctx, request.Key)
	case err != nil:
		return Admission{}, fmt.Errorf("admit: %w", err)
	default:
		return Admission{Verdict: Admitted}, nil
	}
}

func (t *Tenant) whyDenied(ctx context.Context, key string) (Admission, error) {
	var duplicate, held, ended bool
	var retryAt time.Time
	batch := t.newBatch()
	batch.Queue(whyDenied, pgx.StrictNamedArgs{"tenant_id": t.id, "key": key}).QueryRow(func(row pgx.Row) error {
		return row.Scan(&duplicate, &held, &ended, &retryAt)
	})
	err := t.db.pool.SendBatch(ctx, batch).Close()
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return Admission{}, tenancy.ErrNotFound
	case err != nil:
		return Admission{}, fmt.Errorf("admit: %w", err)
	case duplicate:
		return Admission{Verdict: Duplicate}, nil
	case held:
		return Admission{Verdict: Held}, nil
	case ended:
		return Admission{Verdict: Ended}, nil
	default:
		return Admission{Verdict: Limited, RetryAt: retryAt}, nil
	}
}
