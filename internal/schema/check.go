package schema

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/followup-dev/followup-operator/migrations"
)

// VersionError says that a schema is older than this binary needs.
type VersionError struct {
	Schema string // followup or river
	Have   int64  // the newest migration applied; 0 if none
	Want   int64  // the newest migration known
}

func (e *VersionError) Error() string {
	return fmt.Sprintf("schema %s is at version %d, this binary needs %d: run `operator migrate` of this release", e.Schema, e.Have, e.Want)
}

// Check returns nil if the database that dsn names has the schema that this binary was built for or a newer one, a
// *VersionError if it is older, and any other error if that can't be told. Any of the logins may ask.
//
// Newer is well: migrations leave what the release before needs, whose pods go on, and may restart, during an upgrade.
func Check(ctx context.Context, dsn string) error {
	config, err := parseDSN(dsn)
	if err != nil {
		return err
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return fmt.Errorf("check the schema: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))

	want, err := newestMigration()
	if err != nil {
		return err
	}
	wantRiver, err := newestRiverMigration()
	if err != nil {
		return err
	}
	return errors.Join(
		checkVersion(ctx, conn, "followup", "SELECT coalesce(max(version_id), 0) FROM followup.goose_db_version", want),
		checkVersion(ctx, conn, riverSchema, "SELECT coalesce(max(version), 0) FROM river.river_migration", wantRiver),
	)
}

func checkVersion(ctx context.Context, conn *pgx.Conn, name, query string, want int64) error {
	var have int64
	err := conn.QueryRow(ctx, query).Scan(&have)
	if missing(err) {
		have, err = 0, nil
	}
	if err != nil {
		return fmt.Errorf("check schema %s: %w", name, err)
	}
	if have < want {
		return &VersionError{Schema: name, Have: have, Want: want}
	}
	return nil
}

// missing says that there is no such table yet. A role that has not been granted the schema sees it as denied.
func missing(err error) bool {
	const undefinedTable, invalidSchema, denied = "42P01", "3F000", "42501"
	refused := (*pgconn.PgError)(nil)
	return errors.As(err, &refused) && slices.Contains([]string{undefinedTable, invalidSchema, denied}, refused.Code)
}

func newestMigration() (int64, error) {
	names, err := fs.Glob(migrations.FS, "*.sql")
	if err != nil {
		return 0, err
	}
	return goose.NumericComponent(slices.Max(names))
}

func newestRiverMigration() (int64, error) {
	migrator, err := rivermigrate.New(riverpgxv5.New(nil), &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return 0, err
	}
	versions := migrator.AllVersions()
	return int64(versions[len(versions)-1].Version), nil
}
