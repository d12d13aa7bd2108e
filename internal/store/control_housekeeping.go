package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

const ensureAuditPartitions = `-- name: ensureAuditPartitions
SELECT ensure_audit_partitions()`

// EnsureAuditPartitions makes the audit log's partitions of this month and the next three.
func (c *Control) EnsureAuditPartitions(ctx context.Context) error {
	if _, err := c.db.Exec(ctx, ensureAuditPartitions); err != nil {
		return fmt.Errorf("make audit partitions: %w", err)
	}
	return nil
}

const expireDeliveries = `-- name: expireDeliveries
DELETE FROM deliveries
WHERE ctid = ANY (ARRAY (SELECT ctid FROM deliveries WHERE expires_at < now() LIMIT @batch))`

// ExpireDeliveries forgets the keys of requests that can't be repeated any more, and returns how many: also with an error,
// before which it got that far.
func (c *Control) ExpireDeliveries(ctx context.Context) (expired int64, err error) {
	return c.sweep(ctx, "expire deliveries", expireDeliveries)
}

const forgetUse = `-- name: forgetUse
DELETE FROM api_rate_limits
WHERE ctid = ANY (ARRAY (SELECT ctid FROM api_rate_limits WHERE period_end < now() - interval '2 months' LIMIT @batch))`

// ForgetUse forgets what was used in periods that have been over for two months, and returns of how many: also with an error.
func (c *Control) ForgetUse(ctx context.Context) (forgotten int64, err error) {
	return c.sweep(ctx, "forget what was used", forgetUse)
}

// forgetAnnouncements goes by tenant, as the index does. The operator sees those that are old enough alone: the newest of
// these is a tenant's newest, or older. PollingSince goes by a tenant's newest, however old.
const forgetAnnouncements = `-- name: forgetAnnouncements
DELETE FROM announced_recordings
WHERE ctid = ANY (ARRAY (
    SELECT old.ctid
    FROM tenants t
    CROSS JOIN LATERAL (SELECT max(created_at) AS created_at FROM announced_recordings WHERE tenant_id = t.id) newest
    JOIN announced_recordings old ON old.tenant_id = t.id
        AND old.created_at < now() - interval '90 days' AND old.created_at < newest.created_at - interval '7 days'
    LIMIT @batch))`

// ForgetAnnouncements forgets that recordings were announced which are older than 90 days and a week older than another of
// their tenant's, and returns of how many: also with an error. Fathom is not asked for these again: see PollingSince.
func (c *Control) ForgetAnnouncements(ctx context.Context) (forgotten int64, err error) {
	return c.sweep(ctx, "forget announcements", forgetAnnouncements)
}

// sweepBatch is how many rows go in one statement. All at once would be too much for a deadline after a long pause, and
// undone by it each time.
const sweepBatch = 5000

// sweep runs a statement that deletes up to @batch rows until none is left, and returns how many there were: also with an
// error, before which it got that far.
func (c *Control) sweep(ctx context.Context, what, statement string) (deleted int64, err error) {
	for {
		tag, err := c.db.Exec(ctx, statement, pgx.StrictNamedArgs{"batch": sweepBatch})
		if err != nil {
			return deleted, fmt.Errorf("%s: %w", what, err)
		}
		deleted += tag.RowsAffected()
		if tag.RowsAffected() < sweepBatch {
			return deleted, nil
		}
	}
}
