package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/followup-dev/followup-operator/internal/schema"
	"github.com/followup-dev/followup-operator/migrations"
)

const (
	superuser         = "postgres"
	superuserPassword = "tests-only"
	template          = "followup_template"
)

// copyGolden copies the cached data directory to target, building it first if there is none of these migrations, and
// returns the passwords of the roles in it.
func copyGolden(ctx context.Context, binaries installation, target string) (map[string]string, error) {
	key, err := goldenKey(ctx, binaries)
	if err != nil {
		return nil, err
	}
	cache, err := cacheDir()
	if err != nil {
		return nil, err
	}
	golden := filepath.Join(cache, key)

	lock, err := lockFile(filepath.Join(cache, "lock"), syscall.LOCK_SH)
	if err != nil {
		return nil, err
	}
	defer lock.Close()
	if _, err := os.Stat(golden); err != nil {
		if err := buildGoldenOnce(ctx, binaries, lock, golden); err != nil {
			return nil, fmt.Errorf("build the template database: %w", err)
		}
	}
	if err := copyTree(ctx, filepath.Join(golden, "data"), target); err != nil {
		return nil, err
	}
	text, err := os.ReadFile(filepath.Join(golden, "passwords.json"))
	if err != nil {
		return nil, err
	}
	var passwords map[string]string
	return passwords, json.Unmarshal(text, &passwords)
}

// buildGoldenOnce trades the shared lock for the exclusive one, and leaves only golden in the cache.
func buildGoldenOnce(ctx context.Context, binaries installation, lock *os.File, golden string) error {
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return err
	}
	if _, err := os.Stat(golden); err == nil {
		return nil // another process was quicker
	}
	outdated, err := filepath.Glob(filepath.Join(filepath.Dir(golden), "golden-*"))
	if err != nil {
		return err
	}
	for _, dir := range outdated {
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
	}
	return buildGolden(ctx, binaries, golden)
}

func buildGolden(ctx context.Context, binaries installation, golden string) error {
	dir, err := newRunDir(binaries)
	if err != nil {
		return err
	}
	defer dir.remove()
	if err := initialise(ctx, binaries, dir); err != nil {
		return err
	}
	server := &Server{binaries: binaries, dir: dir, passwords: map[string]string{superuser: superuserPassword}}
	if err := server.run(ctx); err != nil {
		return err
	}
	err = server.migrateTemplate(ctx)
	server.signal(syscall.SIGINT) // with a last checkpoint, so that the copies start without recovery
	<-server.exited
	if err != nil {
		return err
	}

	unfinished := golden + ".unfinished"
	if err := os.MkdirAll(unfinished, 0o755); err != nil {
		return err
	}
	text, err := json.Marshal(server.passwords)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(unfinished, "passwords.json"), text, 0o600); err != nil {
		return err
	}
	if err := copyTree(ctx, dir.join("data"), filepath.Join(unfinished, "data")); err != nil {
		return err
	}
	return os.Rename(unfinished, golden)
}

// initialise makes a cluster that asks everyone for a password, on the socket too, as a server in production does.
func initialise(ctx context.Context, binaries installation, dir runDir) error {
	passwordFile := dir.join("password")
	if err := os.WriteFile(passwordFile, []byte(superuserPassword), 0o600); err != nil {
		return err
	}
	if err := binaries.give(passwordFile); err != nil {
		return err
	}
	output, err := binaries.command(ctx, "initdb", "-D", dir.join("data"), "-U", superuser, "--pwfile", passwordFile,
		"--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C.UTF-8", "--wal-segsize", "1", "--no-sync").CombinedOutput()
	if err != nil {
		return fmt.Errorf("initdb: %w: %s", err, output)
	}
	return nil
}

func (s *Server) migrateTemplate(ctx context.Context) error {
	if err := execute(ctx, s.Admin("postgres"), "CREATE DATABASE "+template); err != nil {
		return err
	}
	if err := schema.Migrate(ctx, s.Admin(template), slog.New(slog.DiscardHandler)); err != nil {
		return err
	}
	logins, err := schema.Logins(ctx, s.Admin(template))
	if err != nil {
		return err
	}
	for _, dsn := range []string{logins.Operator, logins.Webhook, logins.Worker} {
		config, err := pgx.ParseConfig(dsn)
		if err != nil {
			return err
		}
		s.passwords[config.User] = config.Password
	}
	return nil
}

// goldenKey names the data directory by all that goes into it: the server's version, the roles, River's migrations, ours.
func goldenKey(ctx context.Context, binaries installation) (string, error) {
	version, err := binaries.command(ctx, "postgres", "--version").Output()
	if err != nil {
		return "", err
	}
	hash := sha256.New()
	hash.Write(version)
	hash.Write([]byte(migrations.Roles))

	river, err := rivermigrate.New(riverpgxv5.New(nil), &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return "", err
	}
	for _, migration := range river.AllVersions() {
		hash.Write([]byte(migration.SQLUp))
	}
	err = fs.WalkDir(migrations.FS, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(migrations.FS, path)
		hash.Write([]byte(path))
		hash.Write(text)
		return err
	})
	return "golden-" + hex.EncodeToString(hash.Sum(nil)[:12]), err
}

func cacheDir() (string, error) {
	user, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(user, "followup-operator", "postgres")
	return dir, os.MkdirAll(dir, 0o755)
}

func copyTree(ctx context.Context, from, to string) error {
	output, err := exec.CommandContext(ctx, "cp", "-a", "--reflink=auto", from, to).CombinedOutput()
	if err != nil {
		return fmt.Errorf("copy %s: %w: %s", from, err, output)
	}
	return nil
}
