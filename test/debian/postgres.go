package debian

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Postgres returns the folder with initdb and postgres: of the installation that pg_config or PATH leads to, else the
// newest that Debian has installed. If there is none it calls installing and installs Debian's package.
func Postgres(ctx context.Context, installing func()) (string, error) {
	if dir, ok := findPostgres(ctx); ok {
		return dir, nil
	}
	installing()
	if err := installPostgres(ctx); err != nil {
		return "", fmt.Errorf("no Postgres server found: %w", err)
	}
	if dir, ok := findPostgres(ctx); ok {
		return dir, nil
	}
	return "", errors.New("the package postgresql brought no initdb to /usr/lib/postgresql/*/bin")
}

func findPostgres(ctx context.Context) (dir string, ok bool) {
	var candidates []string
	if answer, err := exec.CommandContext(ctx, "pg_config", "--bindir").Output(); err == nil {
		candidates = append(candidates, strings.TrimSpace(string(answer)))
	}
	if initdb, err := exec.LookPath("initdb"); err == nil {
		candidates = append(candidates, filepath.Dir(initdb))
	}
	candidates = append(candidates, debianFolders("/usr/lib/postgresql")...)
	i := slices.IndexFunc(candidates, isServer)
	if i < 0 {
		return "", false
	}
	return candidates[i], true
}

// isServer tells a server's folder from that of a client, which pg_config may lead to.
func isServer(dir string) bool {
	_, noServer := os.Stat(filepath.Join(dir, "postgres"))
	_, noInitdb := os.Stat(filepath.Join(dir, "initdb"))
	return noServer == nil && noInitdb == nil
}

// debianFolders lists Debian's folders <major version>/bin, newest first.
func debianFolders(root string) []string {
	found, _ := filepath.Glob(filepath.Join(root, "*", "bin")) // the pattern is well-formed
	major := func(dir string) int {
		n, _ := strconv.Atoi(filepath.Base(filepath.Dir(dir))) // a folder of another name counts least
		return n
	}
	slices.SortFunc(found, func(a, b string) int { return major(b) - major(a) })
	return found
}

// installPostgres keeps the package from making a database cluster of its own, which would listen on this machine.
func installPostgres(ctx context.Context) error {
	const settings = "/etc/postgresql-common/createcluster.d/followup-local.conf"
	if os.Geteuid() != 0 {
		return Install(ctx, "postgresql") // says what to do
	}
	if err := os.MkdirAll(filepath.Dir(settings), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(settings, []byte("create_main_cluster = false\n"), 0o644); err != nil {
		return err
	}
	return errors.Join(Install(ctx, "postgresql"), os.Remove(settings))
}
