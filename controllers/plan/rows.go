package plan

import (
	"context"
	"strconv"

	"github.com/google/uuid"

	"github.com/followup-dev/followup-operator/internal/mappings"
	"github.com/followup-dev/followup-operator/internal/planreport"
	"github.com/followup-dev/followup-operator/internal/store"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// recordedRows notes what a preview changes.
type recordedRows struct {
	*store.Control

	changed []planreport.Row // since it was last emptied
}

func (r *recordedRows) SyncTenant(ctx context.Context, record store.TenantRecord) (store.SyncedTenant, error) {
	synced, err := r.Control.SyncTenant(ctx, record)
	r.note("tenants", synced.Synced, synced.Created)
	return synced, err
}

func (r *recordedRows) SyncConnection(ctx context.Context, record store.ConnectionRecord) (store.SyncedConnection, error) {
	synced, err := r.Control.SyncConnection(ctx, record)
	r.note("crm_connections", synced.Synced, synced.Created)
	return synced, err
}

func (r *recordedRows) note(table string, synced store.Synced, created bool) {
	if !synced.Changed {
		return
	}
	row := planreport.Row{Table: table, Action: planreport.Update}
	if created {
		row.Action = planreport.Create
	}
	for _, change := range synced.Changes {
		row.Changes = append(row.Changes, planreport.Change{Column: change.Column, From: change.From, To: change.To})
	}
	r.changed = append(r.changed, row)
}

func (r *recordedRows) SaveMappings(ctx context.Context, tenant tenancy.ID, connection uuid.UUID, declared []mappings.Mapping) error {
	r.changed = append(r.changed, planreport.Row{
		Table: "account_mappings", Action: planreport.Update,
		Changes: []planreport.Change{{Column: "declared", To: strconv.Itoa(len(declared))}},
	})
	return r.Control.SaveMappings(ctx, tenant, connection, declared)
}

// RecordInstallation notes that the bot token is another one, of which the row keeps a digest that says nothing to people.
func (r *recordedRows) RecordInstallation(ctx context.Context, id tenancy.ID, tokenDigest string) error {
	r.changed = append(r.changed, planreport.Row{
		Table: "tenant_runtime", Action: planreport.Update,
		Changes: []planreport.Change{{Column: "slack_token_digest", To: "of a bot token that was not known"}},
	})
	return r.Control.RecordInstallation(ctx, id, tokenDigest)
}
