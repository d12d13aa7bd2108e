package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// ConnectionRecord is a connection to a CRM as its owner declares it. A tenant has one per owner.
type ConnectionRecord struct {
	Owner
	TakeOver    string // see ClaimedError.TakeOver
	TenantID    tenancy.ID
	Provider    string // crono or google
	Name        string
	Credentials tenancy.SecretRef
}

// connectionRow is all that SyncConnection keeps up to date.
type connectionRow struct {
	Owner
	Provider    string `db:"provider_type"`
	Name        string `db:"connection_name"`
	Credentials string `db:"credentials_secret_id"`
	Status      string `db:"status"`
}

func (r ConnectionRecord) row() connectionRow {
	return connectionRow{
		Owner:       r.Owner,
		Provider:    r.Provider,
		Name:        r.Name,
		Credentials: r.Credentials.String(),
		Status:      statusActive,
	}
}

func (r connectionRow) columns() columns {
	return columns{
		"owner_cluster":         r.Cluster,
		"owner_uid":             r.UID,
		"owner_namespace":       r.Namespace,
		"owner_name":            r.Owner.Name,
		"provider_type":         r.Provider,
		"connection_name":       r.Name,
		"credentials_secret_id": r.Credentials,
		"status":                r.Status,
	}
}

const (
	statusActive       = "active"
	statusDisconnected = "disconnected"
)

// The row that is the record's, the best first: that of its owner's namespace and name, whichever cluster
// declared it, since connections follow their tenant; an imported one; one that is to be taken over.
const findConnection = `-- name: findConnection
SELECT c.id, c.owner_cluster, c.owner_uid, c.owner_namespace, c.owner_name, c.provider_type, c.connection_name,
       c.credentials_secret_id, c.status, c.applied_digest, declared_mappings_digest(c.tenant_id, c.id) AS mappings_digest,
       c.account_mappings_digest <> declared_mappings_digest(c.tenant_id, c.id) AS mappings_drift,
       EXISTS (SELECT FROM crm_connections o WHERE o.owner_cluster = @owner_cluster AND o.owner_namespace = @owner_namespace
               AND o.owner_name = @owner_name AND o.tenant_id <> @tenant_id AND o.deleted_at IS NULL) AS others,
       c.needs_reauth_digest, c.last_error_code, c.last_error_at, c.last_success_at,
       coalesce(k.digest, '') AS check_digest, coalesce(k.verdict, '') AS check_verdict, coalesce(k.code, '') AS check_code
FROM crm_connections c
LEFT JOIN credential_checks k ON k.tenant_id = c.tenant_id AND k.subject = 'connection:' || c.id
WHERE c.tenant_id = @tenant_id
  AND (c.owner_namespace = @owner_namespace AND c.owner_name = @owner_name
       OR c.owner_name = '' AND c.provider_type = @provider AND c.connection_name = @name
       OR c.provider_type = @provider AND c.deleted_at IS NOT NULL AND c.owner_namespace || '/' || c.owner_name = @take_over)
ORDER BY (c.owner_namespace = @owner_namespace AND c.owner_name = @owner_name) DESC, c.owner_name = '' DESC, c.created_at, c.id
LIMIT 1`

const insertConnection = `-- name: insertConnection
INSERT INTO crm_connections (tenant_id, owner_cluster, owner_uid, owner_namespace, owner_name, provider_type, connection_name,
    credentials_secret_id, status, applied_digest)
SELECT t.id, @owner_cluster, @owner_uid, @owner_namespace, @owner_name, @provider, @name, @credentials, @status, @applied_digest
FROM tenants t WHERE t.id = @tenant_id AND t.owner_cluster = @owner_cluster AND t.erasing_at IS NULL
RETURNING id`

const updateConnection = `-- name: updateConnection
UPDATE crm_connections
SET owner_cluster = @owner_cluster, owner_uid = @owner_uid, owner_namespace = @owner_namespace, owner_name = @owner_name,
    provider_type = @provider, connection_name = @name, credentials_secret_id = @credentials, status = @status,
    applied_digest = @applied_digest, updated_at = now(), deleted_at = NULL
WHERE tenant_id = @tenant_id AND id = @id
  AND EXISTS (SELECT FROM tenants t WHERE t.id = @tenant_id AND t.owner_cluster = @owner_cluster AND t.erasing_at IS NULL)
RETURNING id`

// SyncedConnection is what SyncConnection came to.
type SyncedConnection struct {
	Synced
	MappingsDigest string // of the declared account mappings as they are, "" if there are none
	MappingsDrift  bool   // they are not what SaveMappings wrote
	Check          Check  // of its credential; Attempt and CheckedAt are left out
	Health         KnownHealth
}

// SyncConnection makes the connection's row what the record says; if it is that already, one SELECT is all that is sent. A
// retired one is restored, an imported one adopted, and a retired one of another name taken over if the record says so; one that
// this owner declared before for another tenant is retired. tenancy.ErrNotFound: there is no such tenant of this cluster.
func (c *Control) SyncConnection(ctx context.Context, record ConnectionRecord) (SyncedConnection, error) {
	record.Cluster = c.cluster
	have, err := c.findConnection(ctx, record)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return SyncedConnection{}, fmt.Errorf("find connection: %w", err)
	}
	found := err == nil
	synced := created(uuid.Nil, record.row().columns(), nil)
	if found {
		synced = have.sync(record)
	}
	if synced.Changed {
		synced.ID, err = c.saveConnection(ctx, record, have.ID)
	}
	if synced.Changed && errors.Is(err, pgx.ErrNoRows) {
		return SyncedConnection{}, tenancy.ErrNotFound
	}
	if synced.Changed && err != nil {
		return SyncedConnection{}, fmt.Errorf("save connection: %w", err)
	}
	return SyncedConnection{
		Synced: synced, MappingsDigest: have.MappingsDigest, MappingsDrift: have.MappingsDrift, Check: have.check(), Health: have.KnownHealth,
	}, nil
}

// connection is a row as it is found.
type connection struct {
	ID uuid.UUID `db:"id"`
	connectionRow
	Applied        string `db:"applied_digest"`
	MappingsDigest string `db:"mappings_digest"` // of the rows as they are
	MappingsDrift  bool   `db:"mappings_drift"`  // they are not what was written last

	Others bool `db:"others"` // its owner has live connections of other tenants

	KnownHealth
	checkOfConnection
}

// sync is what making the row what the record says comes to.
func (have connection) sync(record ConnectionRecord) Synced {
	was, want := have.columns(), record.row().columns()
	digest, retired := want.digest(), have.Status == statusDisconnected
	changes := was.to(want)
	sameName := have.Namespace == record.Namespace && have.Owner.Name == record.Owner.Name
	return Synced{
		ID:       have.ID,
		Changed:  len(changes) > 0 || have.Applied != digest || have.Others,
		Restored: retired,
		Adopted:  have.nobody(),
		TookOver: !have.nobody() && !sameName,
		Changes:  changes,
		Drift:    len(changes) > 0 && have.Applied == digest,
	}
}

const foreignKeyViolation = "23503"

func (c *Control) findConnection(ctx context.Context, record ConnectionRecord) (connection, error) {
	rows, _ := c.db.Query(ctx, findConnection, pgx.StrictNamedArgs{
		"tenant_id":       record.TenantID,
		"owner_cluster":   record.Cluster,
		"owner_namespace": record.Namespace,
		"owner_name":      record.Owner.Name,
		"provider":        record.Provider,
		"name":            record.Name,
		"take_over":       record.TakeOver,
	})
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[connection])
}

// saveConnection writes the row, a new one without an ID, and retires the owner's others.
func (c *Control) saveConnection(ctx context.Context, record ConnectionRecord, id uuid.UUID) (uuid.UUID, error) {
	row, args, save := record.row(), record.Owner.args(), insertConnection
	args["tenant_id"] = record.TenantID
	args["provider"] = row.Provider
	args["name"] = row.Name
	args["credentials"] = row.Credentials
	args["status"] = row.Status
	args["applied_digest"] = row.columns().digest()
	if id != uuid.Nil {
		save, args["id"] = updateConnection, id
	}
	write := c.change
	if save == insertConnection { // which a preview goes on to see
		write = func(ctx context.Context, do func(pgx.Tx) error) error { return pgx.BeginFunc(ctx, c.db, do) }
	}
	err := write(ctx, func(tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, save, args).Scan(&id); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, retireConnections, retirement(Owner{Cluster: c.cluster, Namespace: record.Namespace, Name: record.Owner.Name}, id))
		return err
	})
	if err == nil { // after the commit: those that notify queue for each other
		_, _ = c.db.Exec(ctx, announceConnection, pgx.StrictNamedArgs{"tenant_id": record.TenantID, "channel": tenantsChannel})
	}
	return id, err
}

// The webhooks try the connection's credential when they hear of its tenant; what they don't hear of they find within ten minutes.
const announceConnection = `-- name: announceConnection
SELECT pg_notify(@channel, slack_app_id || '/' || id) FROM tenants WHERE id = @tenant_id`

const retireConnections = `-- name: retireConnections
UPDATE crm_connections SET status = 'disconnected', deleted_at = now(), updated_at = now(), applied_digest = ''
WHERE owner_cluster = @owner_cluster AND owner_namespace = @owner_namespace AND owner_name = @owner_name AND (@owner_uid = '' OR owner_uid = @owner_uid)
  AND id <> @keep AND deleted_at IS NULL`

// RetireConnection marks the owner's connection as deleted; its row stays. Without a UID any object of that namespace and
// name is meant. It returns whether there was one.
func (c *Control) RetireConnection(ctx context.Context, owner Owner) (bool, error) {
	owner.Cluster = c.cluster
	tag, err := c.db.Exec(ctx, retireConnections, retirement(owner, uuid.Nil))
	if err != nil {
		return false, fmt.Errorf("retire connection: %w", err)
	}
	return tag.RowsAffected() > 0, nil
}
