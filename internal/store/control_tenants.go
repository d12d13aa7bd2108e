package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// TenantRecord is a tenant as its owner declares it. SlackAppID with SlackTeamID or SlackEnterpriseID, exactly one of
// them, is its claim: one owner can hold it.
type TenantRecord struct {
	Owner
	SlackAppID        string
	SlackTeamID       string
	SlackEnterpriseID string
	SlackTeamName     string
	PlanTier          string // free, starter, pro or enterprise
	MinuteLimit       int    // requests a minute, at least 1
	Held              bool
	TimeZone          string
	Visibility        tenancy.Visibility
	SlackToken        tenancy.SecretRef
	FathomKey         tenancy.SecretRef
}

// ClaimedError says that the workspace belongs to another object's tenant.
type ClaimedError struct {
	OwnerNamespace string
	OwnerName      string
	Retained       bool // the object is deleted; its tenant is kept for when it comes back
}

func (e *ClaimedError) Error() string {
	if e.Retained {
		return fmt.Sprintf("the workspace is kept for tenant %s/%s, which was deleted", e.OwnerNamespace, e.OwnerName)
	}
	return fmt.Sprintf("the workspace is claimed by tenant %s/%s", e.OwnerNamespace, e.OwnerName)
}

// tenantRow is all that SyncTenant keeps up to date, comparable with ==.
type tenantRow struct {
	Owner
	Name        string             `db:"slack_team_name"`
	PlanTier    string             `db:"plan_tier"`
	Status      string             `db:"subscription_status"`
	TimeZone    string             `db:"timezone"`
	Visibility  tenancy.Visibility `db:"meeting_visibility"`
	SlackToken  string             `db:"slack_bot_token_secret_id"`
	FathomKey   string             `db:"fathom_secret_id"`
	Held        bool               `db:"held"`
	MinuteLimit int                `db:"minute_limit"`
}

const statusCancelled = "cancelled"

func (r TenantRecord) row() tenantRow {
	status := "active"
	if r.Held {
		status = "suspended"
	}
	return tenantRow{
		Owner:       r.Owner,
		Name:        r.SlackTeamName,
		PlanTier:    r.PlanTier,
		Status:      status,
		TimeZone:    r.TimeZone,
		Visibility:  r.Visibility,
		SlackToken:  r.SlackToken.String(),
		FathomKey:   r.FathomKey.String(),
		Held:        r.Held,
		MinuteLimit: r.MinuteLimit,
	}
}

// SyncTenant makes the tenant's rows what the record says, and tells the webhooks if that changed anything; if it
// doesn't, one SELECT is all that is sent. A retired tenant is restored to an owner of the same namespace and name.
// *ClaimedError: another owner holds the workspace, and nothing is touched. An error after a change was written leaves it
// written; the webhooks then find it with their next full load.
func (c *Control) SyncTenant(ctx context.Context, record TenantRecord) (Synced, error) {
	id, have, err := c.findClaim(ctx, record)
	if errors.Is(err, pgx.ErrNoRows) {
		id, err = c.insertTenant(ctx, record)
		if err == nil {
			return Synced{ID: id, Changed: true}, c.announce(ctx, record.SlackAppID, id)
		}
		if !errors.Is(err, pgx.ErrNoRows) {
			return Synced{}, fmt.Errorf("save tenant: %w", err)
		}
		id, have, err = c.findClaim(ctx, record) // another claimed it just now
	}
	if err != nil {
		return Synced{}, fmt.Errorf("find tenant: %w", err)
	}

	retired := have.Status == statusCancelled
	if have.Namespace != record.Namespace || have.Owner.Name != record.Owner.Name {
		return Synced{}, &ClaimedError{OwnerNamespace: have.Namespace, OwnerName: have.Owner.Name, Retained: retired}
	}
	if have == record.row() {
		return Synced{ID: id}, nil
	}
	if err := c.updateTenant(ctx, id, record.row()); err != nil {
		return Synced{}, fmt.Errorf("save tenant: %w", err)
	}
	return Synced{ID: id, Changed: true, Restored: retired}, c.announce(ctx, record.SlackAppID, id)
}

const findClaim = `
SELECT t.id, t.owner_uid, t.owner_namespace, t.owner_name, t.slack_team_name, t.plan_tier, t.subscription_status, t.timezone,
       t.meeting_visibility, t.slack_bot_token_secret_id, t.fathom_secret_id, r.held, r.minute_limit
FROM tenants t
JOIN tenant_runtime r ON r.tenant_id = t.id
WHERE t.slack_app_id = @slack_app_id
  AND (t.slack_team_id = nullif(@slack_team_id, '') OR t.slack_enterprise_id = nullif(@slack_enterprise_id, ''))`

func (c *Control) findClaim(ctx context.Context, record TenantRecord) (uuid.UUID, tenantRow, error) {
	type claim struct {
		ID uuid.UUID `db:"id"`
		tenantRow
	}
	rows, _ := c.db.pool.Query(ctx, findClaim, pgx.StrictNamedArgs{
		"slack_app_id":        record.SlackAppID,
		"slack_team_id":       record.SlackTeamID,
		"slack_enterprise_id": record.SlackEnterpriseID,
	})
	found, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[claim])
	return found.ID, found.tenantRow, err
}

const insertTenant = `
WITH tenant AS (
    INSERT INTO tenants (slack_app_id, slack_team_id, slack_enterprise_id, slack_team_name, plan_tier, subscription_status,
        timezone, meeting_visibility, slack_bot_token_secret_id, fathom_secret_id, owner_uid, owner_namespace, owner_name)
    VALUES (@slack_app_id, nullif(@slack_team_id, ''), nullif(@slack_enterprise_id, ''), @name, @plan_tier, @status,
        @timezone, @visibility, @slack_token, @fathom_key, @owner_uid, @owner_namespace, @owner_name)
    ON CONFLICT DO NOTHING
    RETURNING id
)
INSERT INTO tenant_runtime (tenant_id, held, minute_limit)
SELECT id, @held, @minute_limit FROM tenant
RETURNING tenant_id`

// insertTenant returns pgx.ErrNoRows if the claim is taken.
func (c *Control) insertTenant(ctx context.Context, record TenantRecord) (id uuid.UUID, err error) {
	args := record.row().args()
	args["slack_app_id"] = record.SlackAppID
	args["slack_team_id"] = record.SlackTeamID
	args["slack_enterprise_id"] = record.SlackEnterpriseID
	args["owner_namespace"] = record.Namespace
	args["owner_name"] = record.Owner.Name
	err = c.db.pool.QueryRow(ctx, insertTenant, args).Scan(&id)
	return id, err
}

const updateTenant = `
WITH tenant AS (
    UPDATE tenants
    SET slack_team_name = @name, plan_tier = @plan_tier, subscription_status = @status, timezone = @timezone,
        meeting_visibility = @visibility, slack_bot_token_secret_id = @slack_token, fathom_secret_id = @fathom_key,
        owner_uid = @owner_uid, updated_at = now(), deleted_at = NULL
    WHERE id = @id
)
UPDATE tenant_runtime SET held = @held, minute_limit = @minute_limit WHERE tenant_id = @id`

func (c *Control) updateTenant(ctx context.Context, id uuid.UUID, row tenantRow) error {
	args := row.args()
	args["id"] = id
	_, err := c.db.pool.Exec(ctx, updateTenant, args)
	return err
}

func (r tenantRow) args() pgx.StrictNamedArgs {
	return pgx.StrictNamedArgs{
		"name":         r.Name,
		"plan_tier":    r.PlanTier,
		"status":       r.Status,
		"timezone":     r.TimeZone,
		"visibility":   r.Visibility,
		"slack_token":  r.SlackToken,
		"fathom_key":   r.FathomKey,
		"owner_uid":    r.UID,
		"held":         r.Held,
		"minute_limit": r.MinuteLimit,
	}
}

const retireTenants = `
WITH tenant AS (
    UPDATE tenants SET subscription_status = 'cancelled', deleted_at = now(), updated_at = now()
    WHERE owner_namespace = @owner_namespace AND owner_name = @owner_name AND (@owner_uid = '' OR owner_uid = @owner_uid)
      AND deleted_at IS NULL
    RETURNING id, slack_app_id
)
UPDATE tenant_runtime SET held = true FROM tenant WHERE tenant_id = tenant.id
RETURNING tenant.id, tenant.slack_app_id`

// RetireTenant marks the owner's tenant as deleted and stops its requests; its rows and its claim stay. Without a UID any
// object of that namespace and name is meant. It returns whether there was one.
func (c *Control) RetireTenant(ctx context.Context, owner Owner) (bool, error) {
	type retired struct {
		ID         uuid.UUID `db:"id"`
		SlackAppID string    `db:"slack_app_id"`
	}
	rows, _ := c.db.pool.Query(ctx, retireTenants, owner.args())
	tenants, err := pgx.CollectRows(rows, pgx.RowToStructByName[retired])
	if err != nil {
		return false, fmt.Errorf("retire tenant: %w", err)
	}
	for _, tenant := range tenants {
		err = errors.Join(err, c.announce(ctx, tenant.SlackAppID, tenant.ID))
	}
	return len(tenants) > 0, err
}

func (o Owner) args() pgx.StrictNamedArgs {
	return pgx.StrictNamedArgs{"owner_uid": o.UID, "owner_namespace": o.Namespace, "owner_name": o.Name}
}

// announce tells ListenTenants of a change, after its commit.
func (c *Control) announce(ctx context.Context, slackAppID string, id uuid.UUID) error {
	if err := c.db.Notify(ctx, tenantsChannel, slackAppID+"/"+id.String()); err != nil {
		return fmt.Errorf("tenant is saved, telling the webhooks failed: %w", err)
	}
	return nil
}
