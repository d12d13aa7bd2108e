package binaries

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/followup-dev/followup-operator/hack/progress"
)

// Postgres returns the folder with initdb and postgres: of the installation that pg_config or PATH leads to, else the
// newest that Debian has installed, else one installed now.
func Postgres(ctx context.Context, out *progress.Printer) (string, error) {
	if dir, ok := findPostgres(ctx); ok {
		return dir, nil
	}
	if err := installPostgres(ctx, out); err != nil {
		return "", err
	}
	if dir, ok := findPostgres(ctx); ok {
		return dir, nil
	}
	return "", errors.New("the package postgresql brought no initdb to /usr/lib/postgresql/*/bin")
}

func findPostgres(ctx context.Context) (dir string, ok bool) {
	if answer, err := exec.CommandContext(ctx, "pg_config", "--bindir").Output(); err == nil {
		if dir := strings.TrimSpace(string(answer)); exists(filepath.Join(dir, "initdb")) {
			return dir, true
		}
	}
	if initdb, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(initdb), true
	}
	return newestPostgres("/usr/lib/postgresql")
}

// newestPostgres picks the highest of Debian's folders <major version>/bin that has a server in it.
func newestPostgres(root string) (dir string, ok bool) {
	found, err := filepath.Glob(filepath.Join(root, "*", "bin", "initdb"))
	if err != nil || len(found) == 0 {
		return "", false
	}
	major := func(initdb string) int {
		n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(initdb)))) // a folder of another name counts least
		return n
	}
	newest := slices.MaxFunc(found, func(a, b string) int { return major(a) - major(b) })
	return filepath.Dir(newest), true
}

// installPostgres keeps the package from making a database cluster of its own, which would listen on this machine.
func installPostgres(ctx context.Context, out *progress.Printer) error {
	const settings = "/etc/postgresql-common/createcluster.d/followup-local.conf"
	if err := os.MkdirAll(filepath.Dir(settings), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(settings, []byte("create_main_cluster = false\n"), 0o644); err != nil {
		return err
	}
	return errors.Join(Install(ctx, out, "postgresql"), os.Remove(settings))
}
