package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// ErrNotFound means that the tenant has no such row.
var ErrNotFound = errors.New("not found")

// Options of a connection pool.
type Options struct {
	MaxConns        int32    // 0: the greater of 4 and the number of CPUs
	ApplicationName string   // what pg_stat_activity shows
	Observe         Observer // nil: nobody looks
}

// DB is a pool of connections as one role.
type DB struct {
	pool       *pgxpool.Pool
	tokenLocks chan struct{} // see LockToken
}

// Open makes a pool for the role that dsn logs in as. It connects when first used, so the database may be away.
func Open(ctx context.Context, dsn string, options Options) (*DB, error) {
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, errors.New("database DSN: not a postgres:// URL nor key=value pairs") // err could quote the password
	}
	if options.MaxConns > 0 {
		config.MaxConns = options.MaxConns
	}
	if options.ApplicationName != "" {
		config.ConnConfig.RuntimeParams["application_name"] = options.ApplicationName
	}
	if options.Observe != nil {
		config.ConnConfig.Tracer = &tracer{observe: options.Observe, now: time.Now}
	}
	return open(ctx, config)
}

// connectTimeout is how long making a connection may take, unless the DSN says so. pgxpool's own two minutes would let the
// dials to a database that has gone without a word keep their places in the pool long after it is back.
const connectTimeout = 2 * time.Second

func open(ctx context.Context, config *pgxpool.Config) (*DB, error) {
	if config.ConnConfig.ConnectTimeout == 0 {
		config.ConnConfig.ConnectTimeout = connectTimeout
	}
	config.ConnConfig.RuntimeParams["search_path"] = "followup"
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	return &DB{pool: pool, tokenLocks: make(chan struct{}, maxTokenLocks)}, nil
}

// Close waits for connections in use and closes all.
func (db *DB) Close() { db.pool.Close() }

// RiverDriver is for internal/jobs.
func (db *DB) RiverDriver() *riverpgxv5.Driver { return riverpgxv5.New(db.pool) }

const notify = `-- name: notify
SELECT pg_notify(@channel, @payload)`

// Notify sends a notification by itself, for the road of requests: commits that notify queue for each other.
func (db *DB) Notify(ctx context.Context, channel, payload string) error {
	_, err := db.pool.Exec(ctx, notify, pgx.StrictNamedArgs{"channel": channel, "payload": payload})
	return err
}

// Tenant returns the view of one tenant: its queries see that tenant's rows, and no others.
func (db *DB) Tenant(id tenancy.ID) *Tenant { return &Tenant{db: db, id: id} }

// Control returns what the operator of a cluster may do. cluster is the UID of the cluster's namespace kube-system.
func (db *DB) Control(cluster string) *Control {
	return &Control{pool: db, db: db.pool, cluster: cluster}
}

// Stats are the pool's connections at one moment.
type Stats struct {
	Max      int32 // how many the pool may open
	Idle     int32
	Acquired int32
}

// Stats tells how the pool is used.
func (db *DB) Stats() Stats {
	stat := db.pool.Stat()
	return Stats{Max: stat.MaxConns(), Idle: stat.IdleConns(), Acquired: stat.AcquiredConns()}
}
