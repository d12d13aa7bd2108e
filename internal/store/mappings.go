package store

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// AccountMapping says that the e-mail addresses of a domain belong to an account at a connection's CRM.
type AccountMapping struct {
	Domain      string `db:"email_domain"`
	CompanyName string `db:"company_name"`
	AccountID   string `db:"crm_account_id"` // "" until it is resolved
	Source      string `db:"mapping_source"` // manual, verified, imported or auto_discovered
	CreatedBy   string `db:"created_by"`     // the Slack user who chose it, "" if nobody did
	TimesUsed   int    `db:"times_used"`
}

const findMappings = `-- name: findMappings
SELECT email_domain, company_name, CASE crm_account_id WHEN 'unknown' THEN '' ELSE crm_account_id END AS crm_account_id,
    mapping_source, created_by, times_used
FROM account_mappings
WHERE tenant_id = @tenant_id AND crm_connection_id = @connection_id AND email_domain = @domain
  AND (mapping_source <> 'auto_discovered' OR greatest(last_used_at, updated_at) > now() - interval '90 days')
ORDER BY array_position(ARRAY['manual', 'verified', 'imported', 'auto_discovered'], mapping_source)`

// FindMappings returns the mappings of a domain, what goes first first: manual, verified, imported, auto_discovered.
// Those that were discovered and then not used for 90 days are left out.
func (t *Tenant) FindMappings(ctx context.Context, connection uuid.UUID, domain string) ([]AccountMapping, error) {
	args := pgx.StrictNamedArgs{"tenant_id": t.id, "connection_id": connection, "domain": domain}
	return collect[AccountMapping](ctx, t, "find account mappings", findMappings, args)
}

// dropOtherMapping goes before rememberMapping, because the worker may not have a mapping say something else: what is
// declared says what its owner wrote.
const dropOtherMapping = `-- name: dropOtherMapping
DELETE FROM account_mappings
WHERE tenant_id = @tenant_id AND crm_connection_id = @connection_id AND email_domain = @domain AND mapping_source = @source
  AND (company_name <> @company OR crm_account_id <> @account_id)`

const rememberMapping = `-- name: rememberMapping
INSERT INTO account_mappings (tenant_id, crm_connection_id, email_domain, mapping_source, company_name, crm_account_id, created_by)
VALUES (@tenant_id, @connection_id, @domain, @source, @company, @account_id, @created_by)
ON CONFLICT (tenant_id, crm_connection_id, email_domain, mapping_source) DO UPDATE
SET created_by = excluded.created_by, updated_at = now()`

// RememberMapping keeps a mapping that was found or chosen, in place of that source's for the domain. It can't be a
// manual one. TimesUsed is not looked at. ErrNotFound: there is no such connection.
func (t *Tenant) RememberMapping(ctx context.Context, connection uuid.UUID, mapping AccountMapping) error {
	batch := t.newBatch()
	args := t.mappingArgs(connection, mapping)
	args["company"] = mapping.CompanyName
	batch.Queue(dropOtherMapping, args)
	with := maps.Clone(args)
	with["created_by"] = mapping.CreatedBy
	batch.Queue(rememberMapping, with)
	err := t.db.pool.SendBatch(ctx, batch).Close()
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok && refused.Code == foreignKeyViolation {
		return ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("remember account mapping: %w", err)
	}
	return nil
}

const resolveMapping = `-- name: resolveMapping
UPDATE account_mappings SET crm_account_id = @account_id, updated_at = now()
WHERE tenant_id = @tenant_id AND crm_connection_id = @connection_id AND email_domain = @domain AND mapping_source = @source
  AND company_name = @company`

// ResolveMapping writes the account's ID into a mapping. One that says something else by now is left alone.
func (t *Tenant) ResolveMapping(ctx context.Context, connection uuid.UUID, mapping AccountMapping) error {
	args := t.mappingArgs(connection, mapping)
	args["company"] = mapping.CompanyName
	return t.send(ctx, "resolve account mapping", resolveMapping, args)
}

const useMapping = `-- name: useMapping
UPDATE account_mappings SET times_used = times_used + 1, last_used_at = now()
WHERE tenant_id = @tenant_id AND crm_connection_id = @connection_id AND email_domain = @domain AND mapping_source = @source
  AND crm_account_id = @account_id`

// UseMapping counts a use, if the mapping is still of that account.
func (t *Tenant) UseMapping(ctx context.Context, connection uuid.UUID, mapping AccountMapping) error {
	return t.send(ctx, "count the use of an account mapping", useMapping, t.mappingArgs(connection, mapping))
}

const dropMapping = `-- name: dropMapping
DELETE FROM account_mappings
WHERE tenant_id = @tenant_id AND crm_connection_id = @connection_id AND email_domain = @domain AND mapping_source = @source
  AND crm_account_id = @account_id AND mapping_source IN ('verified', 'auto_discovered')`

const unresolveMapping = `-- name: unresolveMapping
UPDATE account_mappings SET crm_account_id = 'unknown', updated_at = now()
WHERE tenant_id = @tenant_id AND crm_connection_id = @connection_id AND email_domain = @domain AND mapping_source = @source
  AND crm_account_id = @account_id AND mapping_source IN ('manual', 'imported')`

// ForgetMapping drops a mapping whose account is gone. Of one that people wrote down (manual, imported), only the account's
// ID is dropped: it is looked for again by its name.
func (t *Tenant) ForgetMapping(ctx context.Context, connection uuid.UUID, mapping AccountMapping) error {
	batch := t.newBatch()
	batch.Queue(dropMapping, t.mappingArgs(connection, mapping))
	batch.Queue(unresolveMapping, t.mappingArgs(connection, mapping))
	if err := t.db.pool.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("forget account mapping: %w", err)
	}
	return nil
}

// unknownAccount stands for the ID of an account that was not looked for yet.
const unknownAccount = "unknown"

func (t *Tenant) mappingArgs(connection uuid.UUID, mapping AccountMapping) pgx.StrictNamedArgs {
	account := mapping.AccountID
	if account == "" {
		account = unknownAccount
	}
	return pgx.StrictNamedArgs{
		"tenant_id":     t.id,
		"connection_id": connection,
		"domain":        mapping.Domain,
		"source":        mapping.Source,
		"account_id":    account,
	}
}
