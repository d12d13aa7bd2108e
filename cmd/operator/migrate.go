package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/followup-dev/followup-operator/internal/schema"
)

// migrate brings the database up to date and writes the logins. It is run before each start of the manager; replicas wait
// for each other.
func migrate(ctx context.Context, args []string, output io.Writer, log *slog.Logger) error {
	flags := flag.NewFlagSet("operator migrate", flag.ContinueOnError)
	flags.SetOutput(output)
	adminDSNFile := flags.String("admin-dsn-file", "", "file with the DSN of a role that may create roles and the schema")
	loginsDir := flags.String("logins-dir", "", "directory to write the DSNs of the other roles to")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *adminDSNFile == "" || *loginsDir == "" || flags.NArg() > 0 {
		return errors.New("operator migrate: --admin-dsn-file and --logins-dir are required, and nothing else")
	}
	text, err := os.ReadFile(*adminDSNFile)
	if err != nil {
		return fmt.Errorf("read the administrator's DSN: %w", err)
	}
	adminDSN := strings.TrimSpace(string(text))
	if err := schema.Migrate(ctx, adminDSN, log); err != nil {
		return err
	}
	dsns, err := schema.Logins(ctx, adminDSN)
	if err != nil {
		return err
	}
	if err := writeLogins(*loginsDir, dsns); err != nil {
		return err
	}
	log.Info("database is up to date, logins are written", "logins_dir", *loginsDir)
	return nil
}
