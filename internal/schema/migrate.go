package schema

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/followup-dev/followup-operator/migrations"
)

const (
	riverSchema = "river"
	ownerRole   = "followup_owner"
)

// Migrate brings the database that adminDSN names up to date: roles and schemas, River's tables, ours, and the audit
// log's partitions. Any number of replicas may call it at once; one works and the others wait. What is there already
// is left as it is.
//
// The admin needs CREATEROLE and must own the database; a superuser will do.
func Migrate(ctx context.Context, adminDSN string, log *slog.Logger) error {
	return whileLocked(ctx, adminDSN, func(admin *sql.Conn) error {
		if _, err := admin.ExecContext(ctx, migrations.Roles); err != nil {
			return fmt.Errorf("make roles and schemas: %w", err)
		}
		if err := migrateRiver(ctx, adminDSN, log); err != nil {
			return fmt.Errorf("migrate river: %w", err)
		}
		return migrateFollowup(ctx, adminDSN, migrations.FS, log)
	})
}

// whileLocked runs work while this session holds the migration lock of the database. Waiters poll: a waiting
// pg_advisory_lock would deadlock with a migration that builds an index CONCURRENTLY.
func whileLocked(ctx context.Context, adminDSN string, work func(admin *sql.Conn) error) (err error) {
	config, err := parseDSN(adminDSN)
	if err != nil {
		return err
	}
	db := stdlib.OpenDB(*config)
	defer db.Close()

	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300))
	if err != nil {
		return err
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("connect as admin: %w", err)
	}
	defer conn.Close()
	if err := locker.SessionLock(ctx, conn); err != nil {
		return fmt.Errorf("wait for another migration to finish: %w", err)
	}
	defer func() {
		unlock, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		err = errors.Join(err, locker.SessionUnlock(unlock, conn))
	}()
	return work(conn)
}

func migrateRiver(ctx context.Context, adminDSN string, log *slog.Logger) error {
	config, err := pgxpool.ParseConfig(adminDSN)
	if err != nil {
		return errDSN
	}
	asOwner(config.ConnConfig)
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return err
	}
	defer pool.Close()

	migrator, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Schema: riverSchema, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	result, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
	if err != nil {
		return err
	}
	for _, version := range result.Versions {
		log.InfoContext(ctx, "migration applied", "schema", riverSchema, "version", version.Version)
	}
	return nil
}

func migrateFollowup(ctx context.Context, adminDSN string, files fs.FS, log *slog.Logger) error {
	config, err := parseDSN(adminDSN)
	if err != nil {
		return err
	}
	asOwner(config)
	// The owner is bound by row-level security as well. A migration that rewrites rows must fail, not rewrite none.
	config.RuntimeParams["row_security"] = "off"
	db := stdlib.OpenDB(*config)
	defer db.Close()

	provider, err := goose.NewProvider(goose.DialectPostgres, db, files,
		goose.WithTableName("followup.goose_db_version"), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	results, err := provider.Up(ctx)
	if err != nil {
		return fmt.Errorf("migrate followup: %w", err)
	}
	for _, result := range results {
		log.InfoContext(ctx, "migration applied", "schema", "followup", "version", result.Source.Version)
	}
	if _, err := db.ExecContext(ctx, "SELECT followup.ensure_audit_partitions()"); err != nil {
		return fmt.Errorf("make audit partitions: %w", err)
	}
	return nil
}

// errDSN takes the place of what pgx says, which quotes the DSN and hides a password only where it finds one.
var errDSN = errors.New("database DSN: not a postgres:// URL nor key=value pairs")

func parseDSN(dsn string) (*pgx.ConnConfig, error) {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, errDSN
	}
	return config, nil
}

// asOwner makes the admin's connections work as the owner of the schemas. A migration that can't get its lock fails
// soon and is tried again, rather than queue every request behind it.
func asOwner(config *pgx.ConnConfig) {
	config.RuntimeParams["role"] = ownerRole
	config.RuntimeParams["search_path"] = "followup"
	config.RuntimeParams["lock_timeout"] = "3s"
}
