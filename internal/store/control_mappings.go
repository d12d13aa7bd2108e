package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/followup-dev/followup-operator/internal/mappings"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// A row that says something else loses what was found by its company's name.
const saveMappings = `-- name: saveMappings
WITH declared AS (
    SELECT domain, company FROM unnest(@domains::text[], @companies::text[]) AS d (domain, company)
), removed AS (
    DELETE FROM account_mappings
    WHERE tenant_id = @tenant_id AND crm_connection_id = @connection_id AND mapping_source = 'manual'
      AND email_domain NOT IN (SELECT domain FROM declared)
), saved AS (
    INSERT INTO account_mappings AS m (tenant_id, crm_connection_id, email_domain, mapping_source, company_name)
    SELECT @tenant_id, @connection_id, domain, 'manual', company FROM declared
    ON CONFLICT (tenant_id, crm_connection_id, email_domain, mapping_source) DO UPDATE
    SET company_name = excluded.company_name, crm_account_id = 'unknown', updated_at = now()
    WHERE m.company_name <> excluded.company_name
)
UPDATE crm_connections SET account_mappings_digest = @digest WHERE tenant_id = @tenant_id AND id = @connection_id`

// SaveMappings makes the declared mappings of a connection these, whose domains are all different, and remembers their
// mappings.Digest in the connection's row, where SyncConnection finds it. Mappings of other sources are not touched.
// tenancy.ErrNotFound: there is no such connection.
func (c *Control) SaveMappings(ctx context.Context, tenant tenancy.ID, connection uuid.UUID, declared []mappings.Mapping) error {
	domains, companies := make([]string, len(declared)), make([]string, len(declared))
	for i, mapping := range declared {
		domains[i], companies[i] = mapping.Domain, mapping.AccountName
	}
	tag, err := c.db.Exec(ctx, saveMappings, pgx.StrictNamedArgs{
		"tenant_id":     tenant,
		"connection_id": connection,
		"domains":       domains,
		"companies":     companies,
		"digest":        mappings.Digest(declared),
	})
	refused, isRefusal := errors.AsType[*pgconn.PgError](err)
	if isRefusal && refused.Code == foreignKeyViolation || err == nil && tag.RowsAffected() == 0 {
		return tenancy.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("save account mappings: %w", err)
	}
	return nil
}
