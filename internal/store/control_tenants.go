package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// TenantRecord is a tenant as its owner declares it. SlackAppID with SlackTeamID or SlackEnterpriseID, exactly one of
// them, is its claim: one owner can hold it.
type TenantRecord struct {
	Owner
	TakeOver          string // whom the owner may take the tenant from: see ClaimedError.TakeOver
	SlackAppID        string
	SlackTeamID       string
	SlackEnterpriseID string
	SlackTeamName     string
	PlanTier          string // name of a plan
	MinuteLimit       int    // requests a minute, at least 1
	Quotas            Quotas // of longer periods
	Stop              tenancy.Stop
	TrialEndsAt       time.Time // zero: it is no trial
	TimeZone          string
	Locale            string // en or it
	Visibility        tenancy.Visibility
	SlackToken        tenancy.SecretRef
	FathomKey         tenancy.SecretRef
	AIKey             tenancy.SecretRef // zero: the app's
}

// tenantRow is all that SyncTenant keeps up to date, comparable with ==.
type tenantRow struct {
	Owner
	Name        string             `db:"slack_team_name"`
	PlanTier    string             `db:"plan_tier"`
	Status      string             `db:"subscription_status"`
	TimeZone    string             `db:"timezone"`
	Locale      string             `db:"locale"`
	Visibility  tenancy.Visibility `db:"meeting_visibility"`
	SlackToken  string             `db:"slack_bot_token_secret_id"`
	FathomKey   string             `db:"fathom_secret_id"`
	AIKey       string             `db:"ai_secret_id"`
	Held        bool               `db:"held"`
	Draining    bool               `db:"draining"`
	TrialEndsAt string             `db:"trial_ends_at"` // RFC 3339 in UTC, "" for none
	MinuteLimit int                `db:"minute_limit"`
	Quotas      string             `db:"quotas"`
}

const statusCancelled = "cancelled"

func (r TenantRecord) row() tenantRow {
	status, trialEndsAt := "active", ""
	if !r.TrialEndsAt.IsZero() {
		status, trialEndsAt = "trial", r.TrialEndsAt.UTC().Format(time.RFC3339)
	}
	if r.Stop != tenancy.Served {
		status = "suspended"
	}
	return tenantRow{
		Owner:       r.Owner,
		Name:        r.SlackTeamName,
		PlanTier:    r.PlanTier,
		Status:      status,
		TimeZone:    r.TimeZone,
		Locale:      r.Locale,
		Visibility:  r.Visibility,
		SlackToken:  r.SlackToken.String(),
		FathomKey:   r.FathomKey.String(),
		AIKey:       r.AIKey.String(),
		Held:        r.Stop != tenancy.Served,
		Draining:    r.Stop == tenancy.Drain,
		TrialEndsAt: trialEndsAt,
		MinuteLimit: r.MinuteLimit,
		Quotas:      r.Quotas.String(),
	}
}

// columns are the declared ones of both tables.
func (r tenantRow) columns() columns {
	return columns{
		"owner_cluster":             r.Cluster,
		"owner_uid":                 r.UID,
		"owner_namespace":           r.Namespace,
		"owner_name":                r.Owner.Name,
		"slack_team_name":           r.Name,
		"plan_tier":                 r.PlanTier,
		"subscription_status":       r.Status,
		"timezone":                  r.TimeZone,
		"locale":                    r.Locale,
		"meeting_visibility":        string(r.Visibility),
		"slack_bot_token_secret_id": r.SlackToken,
		"fathom_secret_id":          r.FathomKey,
		"ai_secret_id":              r.AIKey,
		"held":                      strconv.FormatBool(r.Held),
		"draining":                  strconv.FormatBool(r.Draining),
		"trial_ends_at":             r.TrialEndsAt,
		"minute_limit":              strconv.Itoa(r.MinuteLimit),
		"quotas":                    r.Quotas,
	}
}

// SyncedTenant is what SyncTenant came to.
type SyncedTenant struct {
	Synced
	Installation Installation     // as it is after this
	Checks       map[string]Check // of the tenant's own credentials, by subject; Attempt and CheckedAt are left out
}

// SyncTenant makes the tenant's rows what the record says, and tells the webhooks if that changed anything; if it
// doesn't, one SELECT is all that is sent. A retired tenant is restored to an owner of the same cluster, namespace and name, and
// one that is nobody's is adopted. Other tenants that this owner declared before, of another app or workspace, are retired: an
// object is one tenant. *ClaimedError: another owner holds the workspace, and nothing of theirs is touched, unless the record says
// that it may be taken over.
func (c *Control) SyncTenant(ctx context.Context, record TenantRecord) (SyncedTenant, error) {
	record.Cluster = c.cluster
	have, err := c.findClaim(ctx, record)
	if errors.Is(err, pgx.ErrNoRows) {
		id, refused := c.saveTenant(ctx, record, insertTenant, record.args())
		if !errors.Is(refused, pgx.ErrNoRows) {
			return SyncedTenant{Synced: created(id, record.row().columns(), refused)}, refused
		}
		have, err = c.findClaim(ctx, record) // another claimed it just now
	}
	if err != nil {
		return SyncedTenant{}, fmt.Errorf("find tenant: %w", err)
	}

	retired, own := have.Status == statusCancelled, have.Owner.sameObject(record.Owner)
	if refusal := claimedBy(have.Owner, retired, c.cluster); !own && !have.nobody() && !refusal.mayTakeOver(record.TakeOver, record.Owner) {
		return SyncedTenant{}, c.refuse(ctx, record, have, refusal)
	}
	if have.Erasing && !own {
		return SyncedTenant{}, ErrErasing
	}
	synced := have.sync(record)
	if !synced.Changed {
		return SyncedTenant{Synced: synced, Installation: have.Installation, Checks: bySubject(have.Checks)}, nil
	}
	if _, err := c.saveTenant(ctx, record, updateTenant, record.argsFrom(have)); err != nil {
		return SyncedTenant{}, err
	}
	return SyncedTenant{Synced: synced, Installation: have.Installation, Checks: bySubject(have.Checks)}, nil
}

// claim is the tenant that holds a workspace.
type claim struct {
	ID uuid.UUID `db:"id"`
	tenantRow
	Installation
	Applied string `db:"applied_digest"` // of the columns as they were last written
	Erasing bool   `db:"erasing"`
	Others  bool   `db:"others"` // who asks has other live tenants

	Checks []Check `db:"checks"`
}

// sync is what making the row what the record says comes to.
func (have claim) sync(record TenantRecord) Synced {
	was, want := have.columns(), record.row().columns()
	digest := want.digest()
	retired := have.Status == statusCancelled
	changes := was.to(want)
	return Synced{
		ID:       have.ID,
		Changed:  len(changes) > 0 || have.Applied != digest || have.Others,
		Restored: retired,
		Adopted:  have.nobody(),
		TookOver: !have.nobody() && !have.Owner.sameObject(record.Owner),
		Changes:  changes,
		Drift:    len(changes) > 0 && have.Applied == digest,
	}
}

// ErrErasing says that all that there is of the tenant is being deleted. Nothing brings it back but its owner, applied again: an
// object that is there does not wait for its erasure, so that was given up.
var ErrErasing = errors.New("the tenant is being erased")

// refuse also retires what the refused one declared before: it declares that no more.
func (c *Control) refuse(ctx context.Context, record TenantRecord, held claim, refusal *ClaimedError) error {
	if held.Others {
		if _, err := c.RetireTenant(ctx, Owner{Namespace: record.Namespace, Name: record.Owner.Name}); err != nil {
			return err
		}
	}
	return refusal
}

const findClaim = `-- name: findClaim
SELECT t.id, t.owner_cluster, t.owner_uid, t.owner_namespace, t.owner_name, t.slack_team_name, t.plan_tier, t.subscription_status, t.timezone, t.locale,
       t.meeting_visibility, t.slack_bot_token_secret_id, t.fathom_secret_id, t.ai_secret_id, r.held, r.draining,
       coalesce(to_char(r.trial_ends_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), '') AS trial_ends_at, r.minute_limit, r.quotas, t.applied_digest,
       t.erasing_at IS NOT NULL AS erasing,
       r.slack_token_digest, r.slack_disconnected_at, coalesce(r.slack_disconnect_reason, '') AS slack_disconnect_reason,
       EXISTS (SELECT FROM tenants o WHERE o.owner_cluster = @owner_cluster AND o.owner_namespace = @owner_namespace AND o.owner_name = @owner_name
               AND o.id <> t.id AND o.deleted_at IS NULL) AS others,
       (SELECT coalesce(json_agg(json_build_object('subject', k.subject, 'digest', k.digest, 'verdict', k.verdict, 'code', k.code)), '[]')
        FROM credential_checks k WHERE k.tenant_id = t.id AND k.subject IN ('slack', 'fathom', 'ai')) AS checks
FROM tenants t
JOIN tenant_runtime r ON r.tenant_id = t.id
WHERE t.slack_app_id = @slack_app_id
  AND (t.slack_team_id = nullif(@slack_team_id, '') OR t.slack_enterprise_id = nullif(@slack_enterprise_id, ''))`

func (c *Control) findClaim(ctx context.Context, record TenantRecord) (claim, error) {
	rows, _ := c.db.Query(ctx, findClaim, pgx.StrictNamedArgs{
		"slack_app_id":        record.SlackAppID,
		"slack_team_id":       record.SlackTeamID,
		"slack_enterprise_id": record.SlackEnterpriseID,
		"owner_cluster":       c.cluster,
		"owner_namespace":     record.Namespace,
		"owner_name":          record.Owner.Name,
	})
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[claim])
}

// saveTenant writes the tenant with insertTenant or updateTenant, retires the owner's others, and tells the webhooks of
// all: in one transaction, so that no change goes untold. pgx.ErrNoRows: the claim is taken.
func (c *Control) saveTenant(
	ctx context.Context, record TenantRecord, save string, args pgx.StrictNamedArgs,
) (id uuid.UUID, err error) {
	write := c.change
	if save == insertTenant { // which a preview goes on to see
		write = func(ctx context.Context, do func(pgx.Tx) error) error { return pgx.BeginFunc(ctx, c.db, do) }
	}
	err = write(ctx, func(tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, save, args).Scan(&id); err != nil {
			return err
		}
		if err := announce(ctx, tx, record.SlackAppID, id); err != nil {
			return err
		}
		_, err := retire(ctx, tx, Owner{Cluster: c.cluster, Namespace: record.Namespace, Name: record.Owner.Name}, id)
		return err
	})
	if err != nil {
		return uuid.Nil, fmt.Errorf("save tenant: %w", err)
	}
	return id, nil
}

const insertTenant = `-- name: insertTenant
WITH tenant AS (
    INSERT INTO tenants (slack_app_id, slack_team_id, slack_enterprise_id, slack_team_name, plan_tier, subscription_status,
        timezone, locale, meeting_visibility, slack_bot_token_secret_id, fathom_secret_id, ai_secret_id,
        owner_cluster, owner_uid, owner_namespace, owner_name, applied_digest)
    VALUES (@slack_app_id, nullif(@slack_team_id, ''), nullif(@slack_enterprise_id, ''), @name, @plan_tier, @status,
        @timezone, @locale, @visibility, @slack_token, @fathom_key, @ai_key,
        @owner_cluster, @owner_uid, @owner_namespace, @owner_name, @applied_digest)
    ON CONFLICT DO NOTHING
    RETURNING id
)
INSERT INTO tenant_runtime (tenant_id, held, draining, trial_ends_at, minute_limit, quotas)
SELECT id, @held, @draining, nullif(@trial_ends_at, '')::timestamptz, @minute_limit, @quotas FROM tenant
RETURNING tenant_id`

const updateTenant = `-- name: updateTenant
WITH tenant AS (
    UPDATE tenants
    SET slack_team_name = @name, plan_tier = @plan_tier, subscription_status = @status, timezone = @timezone, locale = @locale,
        meeting_visibility = @visibility, slack_bot_token_secret_id = @slack_token, fathom_secret_id = @fathom_key,
        ai_secret_id = @ai_key, owner_cluster = @owner_cluster, owner_uid = @owner_uid,
        owner_namespace = @owner_namespace, owner_name = @owner_name, applied_digest = @applied_digest, updated_at = now(), deleted_at = NULL,
        erasing_at = NULL
    WHERE slack_app_id = @slack_app_id
      AND (slack_team_id = nullif(@slack_team_id, '') OR slack_enterprise_id = nullif(@slack_enterprise_id, ''))
      AND owner_cluster = @from_cluster AND owner_namespace = @from_namespace AND owner_name = @from_name
      AND (deleted_at IS NOT NULL) = @from_retired AND (erasing_at IS NOT NULL) = @from_erasing
    RETURNING id
)
UPDATE tenant_runtime
SET held = @held, draining = @draining, trial_ends_at = nullif(@trial_ends_at, '')::timestamptz, minute_limit = @minute_limit, quotas = @quotas
FROM tenant WHERE tenant_id = tenant.id
RETURNING tenant_id`

// argsFrom are those of updateTenant, which changes the row only while it is still whose it was.
func (r TenantRecord) argsFrom(from claim) pgx.StrictNamedArgs {
	args := r.args()
	args["from_cluster"] = from.Cluster
	args["from_namespace"] = from.Namespace
	args["from_name"] = from.Owner.Name
	args["from_retired"] = from.Status == statusCancelled
	args["from_erasing"] = from.Erasing
	return args
}

func (r TenantRecord) args() pgx.StrictNamedArgs {
	row, args := r.row(), r.Owner.args()
	args["slack_app_id"] = r.SlackAppID
	args["slack_team_id"] = r.SlackTeamID
	args["slack_enterprise_id"] = r.SlackEnterpriseID
	args["name"] = row.Name
	args["plan_tier"] = row.PlanTier
	args["status"] = row.Status
	args["timezone"] = row.TimeZone
	args["locale"] = row.Locale
	args["visibility"] = row.Visibility
	args["slack_token"] = row.SlackToken
	args["fathom_key"] = row.FathomKey
	args["ai_key"] = row.AIKey
	args["held"] = row.Held
	args["draining"] = row.Draining
	args["trial_ends_at"] = row.TrialEndsAt
	args["minute_limit"] = row.MinuteLimit
	args["quotas"] = row.Quotas
	args["applied_digest"] = row.columns().digest()
	return args
}

// RetireTenant marks the owner's tenant as deleted and stops its requests; its rows and its claim stay. Without a UID any
// object of that namespace and name is meant. It returns whether there was one.
func (c *Control) RetireTenant(ctx context.Context, owner Owner) (found bool, err error) {
	owner.Cluster = c.cluster
	err = c.change(ctx, func(tx pgx.Tx) (err error) {
		found, err = retire(ctx, tx, owner, uuid.Nil)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("retire tenant: %w", err)
	}
	return found, nil
}

const retireTenants = `-- name: retireTenants
WITH tenant AS (
    UPDATE tenants SET subscription_status = 'cancelled', deleted_at = now(), updated_at = now(), applied_digest = ''
    WHERE owner_cluster = @owner_cluster AND owner_namespace = @owner_namespace AND owner_name = @owner_name AND (@owner_uid = '' OR owner_uid = @owner_uid)
      AND id <> @keep AND deleted_at IS NULL
    RETURNING id, slack_app_id
)
UPDATE tenant_runtime SET held = true FROM tenant WHERE tenant_id = tenant.id
RETURNING tenant.id, tenant.slack_app_id`

// retire retires the owner's tenants but for keep.
func retire(ctx context.Context, tx pgx.Tx, owner Owner, keep uuid.UUID) (found bool, err error) {
	type retired struct {
		ID         uuid.UUID `db:"id"`
		SlackAppID string    `db:"slack_app_id"`
	}
	rows, _ := tx.Query(ctx, retireTenants, retirement(owner, keep))
	tenants, err := pgx.CollectRows(rows, pgx.RowToStructByName[retired])
	if err != nil {
		return false, err
	}
	for _, tenant := range tenants {
		if err := announce(ctx, tx, tenant.SlackAppID, tenant.ID); err != nil {
			return false, err
		}
	}
	return len(tenants) > 0, nil
}

func (o Owner) args() pgx.StrictNamedArgs {
	return pgx.StrictNamedArgs{"owner_cluster": o.Cluster, "owner_uid": o.UID, "owner_namespace": o.Namespace, "owner_name": o.Name}
}

// retirement is that of all the owner's rows but keep.
func retirement(owner Owner, keep uuid.UUID) pgx.StrictNamedArgs {
	args := owner.args()
	args["keep"] = keep
	return args
}

// announce has the commit tell ListenTenants of a change. Commits that notify queue for each other, which these few can.
func announce(ctx context.Context, tx pgx.Tx, slackAppID string, id uuid.UUID) error {
	_, err := tx.Exec(ctx, notify, pgx.StrictNamedArgs{"channel": tenantsChannel, "payload": slackAppID + "/" + id.String()})
	return err
}
