package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// Erasure is a tenant that is being erased.
type Erasure struct {
	TenantID  tenancy.ID `db:"id"`
	StartedAt time.Time  `db:"erasing_at"`
}

// Erased is how far an erasure is.
type Erased struct {
	Step  string // of what rows were erased last; "" when nothing is left but FinishErasure
	Rows  int64  // erased just now; 0 with a step is to wait for it
	Total int64  // erased since it began
}

// Tombstone is what is left of a tenant.
type Tombstone struct {
	TenantID   tenancy.ID       `db:"tenant_id"`
	SlackAppID string           `db:"slack_app_id"`
	BeganAt    time.Time        `db:"began_at"`
	ErasedAt   time.Time        `db:"erased_at"`
	Counts     map[string]int64 `db:"counts"` // rows by table
	Digest     string           `db:"digest"` // SHA-256 of the fields above, in hex
}

// Those that are found are as they were before the update, so none is twice in the result.
const beginErasure = `-- name: beginErasure
WITH tenant AS (
    UPDATE tenants
    SET subscription_status = 'cancelled', deleted_at = coalesce(deleted_at, now()), erasing_at = now(), updated_at = now(), applied_digest = ''
    WHERE owner_cluster = @owner_cluster AND owner_namespace = @owner_namespace AND owner_name = @owner_name AND erasing_at IS NULL
      AND (slack_team_id = nullif(@slack_team_id, '') OR slack_enterprise_id = nullif(@slack_enterprise_id, ''))
    RETURNING id, slack_app_id, erasing_at
), hold AS (
    UPDATE tenant_runtime SET held = true, draining = true FROM tenant WHERE tenant_id = tenant.id
)
SELECT id, slack_app_id, erasing_at, true AS begun FROM tenant
UNION ALL
SELECT id, slack_app_id, erasing_at, false FROM tenants
WHERE owner_cluster = @owner_cluster AND owner_namespace = @owner_namespace AND owner_name = @owner_name AND erasing_at IS NOT NULL
  AND (slack_team_id = nullif(@slack_team_id, '') OR slack_enterprise_id = nullif(@slack_enterprise_id, ''))`

// BeginErasure has nobody served any more of what the owner declared of the workspace, live or retired, and returns what is to be
// erased: nothing if it is erased already, or another's. Of the workspace one of the two IDs is given. From then on nothing
// brings the tenant back but the same owner, applied again after the erasure was given up.
func (c *Control) BeginErasure(ctx context.Context, owner Owner, slackTeamID, slackEnterpriseID string) ([]Erasure, error) {
	type erasing struct {
		Erasure
		SlackAppID string `db:"slack_app_id"`
		Begun      bool   `db:"begun"` // just now
	}
	owner.Cluster = c.cluster
	args := owner.args()
	delete(args, "owner_uid")
	args["slack_team_id"], args["slack_enterprise_id"] = slackTeamID, slackEnterpriseID
	var found []Erasure
	err := c.change(ctx, func(tx pgx.Tx) error {
		rows, _ := tx.Query(ctx, beginErasure, args)
		tenants, err := pgx.CollectRows(rows, pgx.RowToStructByName[erasing])
		if err != nil {
			return err
		}
		for _, tenant := range tenants {
			found = append(found, tenant.Erasure)
			if !tenant.Begun {
				continue
			}
			if err := announce(ctx, tx, tenant.SlackAppID, tenant.TenantID); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("begin to erase the tenant: %w", err)
	}
	return found, nil
}

const (
	// eraseBatch is how many rows go in one statement: each is a transaction, which Slack's requests never wait for long.
	eraseBatch = 5000
	// spareJobs is how long a running job is waited for, since it began.
	spareJobs = 30 * time.Second
)

const eraseSome = `-- name: eraseSome
SELECT step, erased, total FROM erase_some(@tenant_id, @most, @spare)`

// EraseSome erases the next rows of a tenant that BeginErasure returned, some thousands at most, in a transaction of its own.
// tenancy.ErrNotFound: it is not being erased any more.
func (c *Control) EraseSome(ctx context.Context, id tenancy.ID) (Erased, error) {
	var erased Erased
	err := c.db.QueryRow(ctx, eraseSome, pgx.StrictNamedArgs{"tenant_id": id, "most": eraseBatch, "spare": spareJobs}).
		Scan(&erased.Step, &erased.Rows, &erased.Total)
	if errors.Is(err, pgx.ErrNoRows) {
		return Erased{}, tenancy.ErrNotFound
	}
	if err != nil {
		return Erased{}, fmt.Errorf("erase rows: %w", err)
	}
	return erased, nil
}

const finishErasure = `-- name: finishErasure
SELECT FROM finish_erasure(@tenant_id)`

// FinishErasure erases what came meanwhile, and the tenant itself, which frees its claim. It leaves a Tombstone.
func (c *Control) FinishErasure(ctx context.Context, id tenancy.ID) error {
	if _, err := c.db.Exec(ctx, finishErasure, pgx.StrictNamedArgs{"tenant_id": id}); err != nil {
		return fmt.Errorf("finish erasing the tenant: %w", err)
	}
	return nil
}

const findTombstone = `-- name: findTombstone
SELECT tenant_id, slack_app_id, began_at, erased_at, counts, digest FROM tenant_tombstones
WHERE tenant_id = @tenant_id AND erased_at IS NOT NULL`

// Tombstone returns what is left of an erased tenant, or tenancy.ErrNotFound.
func (c *Control) Tombstone(ctx context.Context, id tenancy.ID) (Tombstone, error) {
	rows, _ := c.db.Query(ctx, findTombstone, pgx.StrictNamedArgs{"tenant_id": id})
	stone, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Tombstone])
	if errors.Is(err, pgx.ErrNoRows) {
		return Tombstone{}, tenancy.ErrNotFound
	}
	if err != nil {
		return Tombstone{}, fmt.Errorf("find tombstone: %w", err)
	}
	return stone, nil
}
