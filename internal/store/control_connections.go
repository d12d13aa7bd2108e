package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// ConnectionRecord is a connection to a CRM as its owner declares it. A tenant has one per owner.
type ConnectionRecord struct {
	Owner
	TenantID    tenancy.ID
	Provider    string // crono or google
	Name        string
	Credentials tenancy.SecretRef
}

// connectionRow is all that SyncConnection keeps up to date, comparable with ==.
type connectionRow struct {
	Cluster     string `db:"owner_cluster"`
	OwnerUID    string `db:"owner_uid"`
	Provider    string `db:"provider_type"`
	Name        string `db:"connection_name"`
	Credentials string `db:"credentials_secret_id"`
	Status      string `db:"status"`
}

const (
	statusActive       = "active"
	statusDisconnected = "disconnected"
)

const findConnection = `-- name: findConnection
SELECT c.id, c.owner_cluster, c.owner_uid, c.provider_type, c.connection_name, c.credentials_secret_id, c.status,
       c.account_mappings_digest,
       EXISTS (SELECT FROM crm_connections o WHERE o.owner_namespace = @owner_namespace AND o.owner_name = @owner_name
               AND o.tenant_id <> @tenant_id AND o.deleted_at IS NULL) AS others
FROM crm_connections c
WHERE c.tenant_id = @tenant_id AND c.owner_namespace = @owner_namespace AND c.owner_name = @owner_name`

const saveConnection = `-- name: saveConnection
INSERT INTO crm_connections (tenant_id, owner_cluster, owner_uid, owner_namespace, owner_name, provider_type, connection_name,
    credentials_secret_id, status)
VALUES (@tenant_id, @owner_cluster, @owner_uid, @owner_namespace, @owner_name, @provider, @name, @credentials, @status)
ON CONFLICT (tenant_id, owner_namespace, owner_name) WHERE owner_name <> '' DO UPDATE
SET owner_cluster = excluded.owner_cluster, owner_uid = excluded.owner_uid, provider_type = excluded.provider_type, connection_name = excluded.connection_name,
    credentials_secret_id = excluded.credentials_secret_id, status = excluded.status, updated_at = now(), deleted_at = NULL
RETURNING id`

// SyncedConnection is what SyncConnection came to.
type SyncedConnection struct {
	Synced
	MappingsDigest string // of the account mappings that SaveMappings wrote, "" if there are none
}

// SyncConnection makes the connection's row what the record says; if it is that already, one SELECT is all that is sent.
// A retired one is restored; one that this owner declared before for another tenant is retired. tenancy.ErrNotFound: there
// is no such tenant.
func (c *Control) SyncConnection(ctx context.Context, record ConnectionRecord) (SyncedConnection, error) {
	record.Cluster = c.cluster
	want := connectionRow{
		Cluster:     record.Cluster,
		OwnerUID:    record.UID,
		Provider:    record.Provider,
		Name:        record.Name,
		Credentials: record.Credentials.String(),
		Status:      statusActive,
	}
	have, err := c.findConnection(ctx, record)
	if err == nil && have.connectionRow == want && !have.Others {
		return SyncedConnection{Synced: Synced{ID: have.ID}, MappingsDigest: have.MappingsDigest}, nil
	}
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return SyncedConnection{}, fmt.Errorf("find connection: %w", err)
	}
	id, err := c.saveConnection(ctx, record, want)
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok && refused.Code == foreignKeyViolation {
		return SyncedConnection{}, tenancy.ErrNotFound
	}
	if err != nil {
		return SyncedConnection{}, fmt.Errorf("save connection: %w", err)
	}
	synced := Synced{ID: id, Changed: true, Restored: have.Status == statusDisconnected}
	return SyncedConnection{Synced: synced, MappingsDigest: have.MappingsDigest}, nil
}

const foreignKeyViolation = "23503"

// connection is a row as it is found.
type connection struct {
	ID uuid.UUID `db:"id"`
	connectionRow
	MappingsDigest string `db:"account_mappings_digest"`

	Others bool `db:"others"` // its owner has live connections of other tenants
}

func (c *Control) findConnection(ctx context.Context, record ConnectionRecord) (connection, error) {
	rows, _ := c.db.pool.Query(ctx, findConnection, pgx.StrictNamedArgs{
		"tenant_id":       record.TenantID,
		"owner_namespace": record.Namespace,
		"owner_name":      record.Owner.Name,
	})
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[connection])
}

// saveConnection writes the row and retires the owner's others.
func (c *Control) saveConnection(ctx context.Context, record ConnectionRecord, row connectionRow) (id uuid.UUID, err error) {
	args := record.Owner.args()
	args["tenant_id"] = record.TenantID
	args["provider"] = row.Provider
	args["name"] = row.Name
	args["credentials"] = row.Credentials
	args["status"] = row.Status
	err = pgx.BeginFunc(ctx, c.db.pool, func(tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, saveConnection, args).Scan(&id); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, retireConnections, retirement(Owner{Cluster: c.cluster, Namespace: record.Namespace, Name: record.Owner.Name}, id))
		return err
	})
	return id, err
}

const retireConnections = `-- name: retireConnections
UPDATE crm_connections SET status = 'disconnected', deleted_at = now(), updated_at = now()
WHERE owner_cluster = @owner_cluster AND owner_namespace = @owner_namespace AND owner_name = @owner_name AND (@owner_uid = '' OR owner_uid = @owner_uid)
  AND id <> @keep AND deleted_at IS NULL`

// RetireConnection marks the owner's connection as deleted; its row stays. Without a UID any object of that namespace and
// name is meant. It returns whether there was one.
func (c *Control) RetireConnection(ctx context.Context, owner Owner) (bool, error) {
	owner.Cluster = c.cluster
	tag, err := c.db.pool.Exec(ctx, retireConnections, retirement(owner, uuid.Nil))
	if err != nil {
		return false, fmt.Errorf("retire connection: %w", err)
	}
	return tag.RowsAffected() > 0, nil
}
