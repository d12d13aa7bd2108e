package store

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Control is what the operator does to all tenants' rows. It sees no user, meeting or audit record.
type Control struct {
	pool     *DB    // to listen, and to preview
	db       conn   // the pool's, or that of a preview
	cluster  string // whose objects declare rows
	previews bool   // see Preview
}

// conn is where Control's statements go: the pool or, of a preview, a transaction.
type conn interface {
	Begin(ctx context.Context) (pgx.Tx, error)
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// Owner is the Kubernetes object that declares a row. Namespace and name say who may change the row; the UID tells an
// object from an earlier one of the same name.
type Owner struct {
	Cluster   string `db:"owner_cluster"` // UID of its namespace kube-system; Control knows its own
	UID       string `db:"owner_uid"`
	Namespace string `db:"owner_namespace"`
	Name      string `db:"owner_name"`
}

// String names the owner for people, and is what an annotation names it by: the cluster is told where it is not here.
func (o Owner) String() string {
	if o.Cluster == "" {
		return o.Namespace + "/" + o.Name
	}
	return o.Cluster + "/" + o.Namespace + "/" + o.Name
}

// nobody says that no object has declared the row yet: it was imported.
func (o Owner) nobody() bool { return o.Name == "" }

// sameObject says whether both are the same declaration, applied again or not: it does not look at the UID.
func (o Owner) sameObject(other Owner) bool {
	return o.Cluster == other.Cluster && o.Namespace == other.Namespace && o.Name == other.Name
}

// Synced is what bringing a row up to date came to.
type Synced struct {
	ID       uuid.UUID
	Changed  bool     // something was written
	Restored bool     // the row had been retired
	Adopted  bool     // the row had been imported, and was nobody's
	TookOver bool     // the row had been another owner's
	Changes  []Change // of columns, in the order of their names; none for a row that is new
	Drift    bool     // the columns had been changed by somebody else, not by the record
}

// Change is that of a column.
type Change struct {
	Column string `json:"column"`
	From   string `json:"from"`
	To     string `json:"to"`
}

// OwnedKind says which table an OwnedRow is of.
type OwnedKind string

const (
	OwnedTenant     OwnedKind = "tenant"
	OwnedConnection OwnedKind = "connection"
)

// OwnedRow is a live row with its owner.
type OwnedRow struct {
	Kind OwnedKind `db:"kind"`
	ID   uuid.UUID `db:"id"`
	Owner
}

const owners = `-- name: owners
SELECT 'tenant' AS kind, id, owner_cluster, owner_uid, owner_namespace, owner_name FROM tenants WHERE deleted_at IS NULL
UNION ALL
SELECT 'connection', id, owner_cluster, owner_uid, owner_namespace, owner_name FROM crm_connections WHERE deleted_at IS NULL`

// Owners returns all live rows, for finding those whose object is gone.
func (c *Control) Owners(ctx context.Context) ([]OwnedRow, error) {
	rows, _ := c.db.Query(ctx, owners)
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[OwnedRow])
	if err != nil {
		return nil, fmt.Errorf("list owned rows: %w", err)
	}
	return found, nil
}
