package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// Quotas are how much of a resource a tenant may use in a period, by "<resource>/<period>" in the seed's words, such as
// "meetings_processed/daily". What is not there has no limit.
type Quotas map[string]int

// String is the one JSON of these quotas: the same for equal ones.
func (q Quotas) String() string {
	if len(q) == 0 {
		return "{}"
	}
	text, _ := json.Marshal(q) //nolint:errchkjson // a map of numbers can always be written
	return string(text)
}

// What quotas count.
const (
	APICalls          = "api_calls"
	MeetingsProcessed = "meetings_processed"
	CRMWrites         = "crm_writes"
)

// ExceededLimit is a quota that has no room for a charge.
type ExceededLimit struct {
	Resource string
	Period   string // hourly, daily or monthly
	Limit    int
	ResetsAt time.Time // when the next period begins
}

// lockQuotas is a statement of its own: the next one then sees what those before it in the line have charged.
const lockQuotas = `-- name: lockQuotas
SELECT 1 FROM tenant_runtime WHERE tenant_id = @tenant_id FOR NO KEY UPDATE`

// charge adds one to each period of the resource that has a limit, or to none. Periods are those of the calendar in UTC. A key is
// charged once in the two days in which a job may run again.
const charge = `-- name: charge
WITH period (name, unit) AS (
    VALUES ('hourly', 'hour'), ('daily', 'day'), ('monthly', 'month')
), quota AS (
    SELECT p.name, (r.quotas::jsonb ->> (@resource || '/' || p.name))::bigint AS limit_value,
           date_trunc(p.unit, now(), 'UTC') AS period_start,
           (date_trunc(p.unit, now() AT TIME ZONE 'UTC') + ('1 ' || p.unit)::interval) AT TIME ZONE 'UTC' AS period_end
    FROM tenant_runtime r, period p
    WHERE r.tenant_id = @tenant_id AND r.quotas::jsonb ? (@resource || '/' || p.name)
), paid AS (
    SELECT FROM deliveries WHERE tenant_id = @tenant_id AND delivery_key = @key
), exceeded AS (
    SELECT q.name, q.limit_value, q.period_end FROM quota q
    JOIN api_rate_limits l ON l.tenant_id = @tenant_id AND l.resource_type = @resource AND l.limit_period = q.name AND l.period_start = q.period_start
    WHERE l.current_count >= q.limit_value AND NOT EXISTS (SELECT FROM paid)
), marked AS (
    INSERT INTO deliveries (tenant_id, delivery_key, expires_at)
    SELECT @tenant_id, @key, now() + interval '2 days'
    WHERE EXISTS (SELECT FROM quota) AND NOT EXISTS (SELECT FROM exceeded) AND NOT EXISTS (SELECT FROM paid)
    RETURNING tenant_id
), counted AS (
    INSERT INTO api_rate_limits AS l (tenant_id, resource_type, limit_period, period_start, period_end, current_count)
    SELECT tenant_id, @resource, name, period_start, period_end, 1 FROM quota, marked
    ON CONFLICT (tenant_id, resource_type, limit_period, period_start) DO UPDATE SET current_count = l.current_count + 1
)
SELECT name, limit_value, period_end FROM exceeded ORDER BY period_end DESC LIMIT 1`

// Charge takes one of the resource from each of its quotas, or from none, and then returns the one that has no room, and of
// several that which lasts longest. It is exact across all processes. The same key is charged once. tenancy.ErrNotFound: there is no
// such tenant.
func (t *Tenant) Charge(ctx context.Context, resource, key string) (*ExceededLimit, error) {
	var found int
	full := ExceededLimit{Resource: resource}
	batch := t.newBatch()
	batch.Queue(lockQuotas, pgx.StrictNamedArgs{"tenant_id": t.id}).QueryRow(func(row pgx.Row) error { return row.Scan(&found) })
	batch.Queue(charge, pgx.StrictNamedArgs{"tenant_id": t.id, "resource": resource, "key": "charge:" + resource + ":" + key}).
		QueryRow(func(row pgx.Row) error {
			err := row.Scan(&full.Period, &full.Limit, &full.ResetsAt)
			if errors.Is(err, pgx.ErrNoRows) {
				return nil // there is room
			}
			return err
		})
	err := t.db.pool.SendBatch(ctx, batch).Close()
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil, tenancy.ErrNotFound
	case err != nil:
		return nil, fmt.Errorf("charge: %w", err)
	case full.Period == "":
		return nil, nil
	default:
		return &full, nil
	}
}
