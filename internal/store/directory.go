package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// App is a Slack app as one webhook serves it.
type App struct {
	ID        string // A...
	Namespace string // where its tenants are declared, which is where their Secrets are; "" is any
}

const tenantDirectory = `-- name: tenantDirectory
SELECT id, owner, name, team_id, enterprise_id, time_zone, locale, visibility, slack_token, fathom_key, ai_key, disconnected, stop, trial_ends_at
FROM tenant_directory(@slack_app_id, @namespace)`

// TenantDirectory returns all live tenants of a Slack app.
func (db *DB) TenantDirectory(ctx context.Context, app App) ([]tenancy.Tenant, error) {
	rows, _ := db.pool.Query(ctx, tenantDirectory, pgx.StrictNamedArgs{"slack_app_id": app.ID, "namespace": app.Namespace})
	tenants, err := pgx.CollectRows(rows, scanTenant)
	if err != nil {
		return nil, fmt.Errorf("tenant directory: %w", err)
	}
	return tenants, nil
}

const tenantDirectoryEntry = `-- name: tenantDirectoryEntry
SELECT id, owner, name, team_id, enterprise_id, time_zone, locale, visibility, slack_token, fathom_key, ai_key, disconnected, stop, trial_ends_at
FROM tenant_directory_entry(@slack_app_id, @namespace, @tenant_id)`

// TenantDirectoryEntry returns one live tenant of a Slack app, or tenancy.ErrNotFound.
func (db *DB) TenantDirectoryEntry(ctx context.Context, app App, id tenancy.ID) (tenancy.Tenant, error) {
	rows, _ := db.pool.Query(ctx, tenantDirectoryEntry, pgx.StrictNamedArgs{
		"slack_app_id": app.ID, "namespace": app.Namespace, "tenant_id": id,
	})
	tenant, err := pgx.CollectExactlyOneRow(rows, scanTenant)
	if errors.Is(err, pgx.ErrNoRows) {
		return tenancy.Tenant{}, tenancy.ErrNotFound
	}
	if err != nil {
		return tenancy.Tenant{}, fmt.Errorf("tenant directory: %w", err)
	}
	return tenant, nil
}

func scanTenant(row pgx.CollectableRow) (tenancy.Tenant, error) {
	var tenant tenancy.Tenant
	var slackToken, fathomKey, aiKey string
	var trialEndsAt *time.Time
	err := row.Scan(&tenant.ID, &tenant.Owner, &tenant.Name, &tenant.Workspace.TeamID, &tenant.Workspace.EnterpriseID,
		&tenant.TimeZone, &tenant.Locale, &tenant.Visibility, &slackToken, &fathomKey, &aiKey, &tenant.Disconnected, &tenant.Stop, &trialEndsAt)
	if err != nil {
		return tenancy.Tenant{}, err
	}
	if trialEndsAt != nil {
		tenant.TrialEndsAt = *trialEndsAt
	}
	if tenant.SlackToken, err = tenancy.ParseSecretRef(slackToken); err != nil {
		return tenancy.Tenant{}, err
	}
	if tenant.FathomKey, err = tenancy.ParseSecretRef(fathomKey); err != nil {
		return tenancy.Tenant{}, err
	}
	tenant.AIKey, err = tenancy.ParseSecretRef(aiKey)
	return tenant, err
}
