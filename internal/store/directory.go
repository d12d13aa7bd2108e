package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/followup-dev/followup-operator/internal/tenancy"
)

const tenantDirectory = `
SELECT id, name, team_id, enterprise_id, held, time_zone, visibility, slack_token, fathom_key
FROM tenant_directory(@slack_app_id)`

// TenantDirectory returns all live tenants of a Slack app.
func (db *DB) TenantDirectory(ctx context.Context, slackAppID string) ([]tenancy.Tenant, error) {
	rows, _ := db.pool.Query(ctx, tenantDirectory, pgx.StrictNamedArgs{"slack_app_id": slackAppID})
	tenants, err := pgx.CollectRows(rows, scanTenant)
	if err != nil {
		return nil, fmt.Errorf("tenant directory: %w", err)
	}
	return tenants, nil
}

const tenantDirectoryEntry = `
SELECT id, name, team_id, enterprise_id, held, time_zone, visibility, slack_token, fathom_key
FROM tenant_directory_entry(@slack_app_id, @tenant_id)`

// TenantDirectoryEntry returns one live tenant of a Slack app, or tenancy.ErrNotFound.
func (db *DB) TenantDirectoryEntry(ctx context.Context, slackAppID string, id tenancy.ID) (tenancy.Tenant, error) {
	rows, _ := db.pool.Query(ctx, tenantDirectoryEntry, pgx.StrictNamedArgs{"slack_app_id": slackAppID, "tenant_id": id})
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
	var slackToken, fathomKey string
	err := row.Scan(&tenant.ID, &tenant.Name, &tenant.Workspace.TeamID, &tenant.Workspace.EnterpriseID, &tenant.Held,
		&tenant.TimeZone, &tenant.Visibility, &slackToken, &fathomKey)
	if err != nil {
		return tenancy.Tenant{}, err
	}
	if tenant.SlackToken, err = tenancy.ParseSecretRef(slackToken); err != nil {
		return tenancy.Tenant{}, err
	}
	tenant.FathomKey, err = tenancy.ParseSecretRef(fathomKey)
	return tenant, err
}
