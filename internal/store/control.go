package store

import (
	"context"

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
	Created  bool     // there was no row before
	Changes  []Change // of columns, in the order of their names; of a row that is new, from nothing
	Drift    bool     // the columns had been changed by somebody else, not by the record
}

// Drifted are the columns that somebody else had changed.
func (s Synced) Drifted() (columns []string) {
	if s.Drift {
		for _, change := range s.Changes {
			columns = append(columns, change.Column)
		}
	}
	return columns
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
