package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// ErrNotFound means that the tenant has no such row.
var ErrNotFound = errors.New("not found")

// Options of a connection pool.
type Options struct {
	MaxConns        int32  // 0: the greater of 4 and the number of CPUs
	ApplicationName string // what pg_stat_activity shows
}

// DB is a pool of connections as one role.
type DB struct{ pool *pgxpool.Pool }

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
	return open(ctx, config)
}

func open(ctx context.Context, config *pgxpool.Config) (*DB, error) {
	config.ConnConfig.RuntimeParams["search_path"] = "followup"
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	return &DB{pool: pool}, nil
}

// Close waits for connections in use and closes all.
func (db *DB) Close() { db.pool.Close() }

// Ping returns nil if the database answers.
func (db *DB) Ping(ctx context.Context) error { return db.pool.Ping(ctx) }

// RiverDriver is for internal/jobs.
func (db *DB) RiverDriver() *riverpgxv5.Driver { return riverpgxv5.New(db.pool) }

const notify = `SELECT pg_notify(@channel, @payload)`

// Notify sends a notification by itself. Inside a transaction that writes it would make commits queue for each other.
func (db *DB) Notify(ctx context.Context, channel, payload string) error {
	_, err := db.pool.Exec(ctx, notify, pgx.StrictNamedArgs{"channel": channel, "payload": payload})
	return err
}

// Tenant returns the view of one tenant: its queries see that tenant's rows, and no others.
func (db *DB) Tenant(id tenancy.ID) *Tenant { return &Tenant{db: db, id: id} }

// Control returns what the operator may do.
func (db *DB) Control() *Control { return &Control{db: db} }

// Stats are the pool's numbers at one moment. Counts are since Open.
type Stats struct {
	Max                  int32 // connections that the pool may open
	Total                int32
	Idle                 int32
	Acquired             int32
	AcquireCount         int64
	EmptyAcquireCount    int64 // acquires that had to wait for a connection
	CanceledAcquireCount int64 // acquires that gave up waiting
}

// Stats tells how the pool is used.
func (db *DB) Stats() Stats {
	stat := db.pool.Stat()
	return Stats{
		Max:                  stat.MaxConns(),
		Total:                stat.TotalConns(),
		Idle:                 stat.IdleConns(),
		Acquired:             stat.AcquiredConns(),
		AcquireCount:         stat.AcquireCount(),
		EmptyAcquireCount:    stat.EmptyAcquireCount(),
		CanceledAcquireCount: stat.CanceledAcquireCount(),
	}
}
