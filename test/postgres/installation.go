package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// installation is where the server's programs are and who runs them.
type installation struct {
	dir        string
	credential *syscall.Credential // nil: the user of this process
}

// findInstallation looks for Postgres on this machine and installs it if there is none and we may.
var findInstallation = sync.OnceValues(func() (installation, error) {
	dir, ok := findPrograms()
	if !ok {
		if err := install(); err != nil {
			return installation{}, fmt.Errorf("no Postgres server found, and could not install one (apt-get install postgresql): %w", err)
		}
		if dir, ok = findPrograms(); !ok {
			return installation{}, errors.New("no Postgres server found after installing it: is initdb in /usr/lib/postgresql/*/bin?")
		}
	}
	credential, err := serverUser()
	return installation{dir: dir, credential: credential}, err
})

func findPrograms() (string, bool) {
	var candidates []string
	if output, err := exec.Command("pg_config", "--bindir").Output(); err == nil {
		candidates = append(candidates, strings.TrimSpace(string(output)))
	}
	if path, err := exec.LookPath("initdb"); err == nil {
		candidates = append(candidates, filepath.Dir(path))
	}
	debian, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	slices.Reverse(debian) // newest first
	candidates = append(candidates, debian...)

	for _, dir := range candidates {
		_, noServer := os.Stat(filepath.Join(dir, "postgres"))
		_, noInitdb := os.Stat(filepath.Join(dir, "initdb"))
		if noServer == nil && noInitdb == nil {
			return dir, true
		}
	}
	return "", false
}

// install leaves Debian's own cluster alone: RUNLEVEL=1 keeps its service from being started.
func install() error {
	if os.Geteuid() != 0 {
		return errors.New("not root")
	}
	for _, args := range [][]string{{"update"}, {"install", "--yes", "--no-install-recommends", "postgresql"}} {
		cmd := exec.Command("apt-get", args...)
		cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1")
		if output, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("apt-get %s: %w: %s", args[0], err, output)
		}
	}
	return nil
}

// serverUser returns whom the server runs as: Postgres refuses to run as root.
func serverUser() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	account, err := user.Lookup("postgres")
	if err != nil {
		account, err = user.Lookup("nobody")
	}
	if err != nil {
		return nil, err
	}
	uid, err := strconv.ParseUint(account.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(account.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

// command runs one of the server's programs as the server's user, from a directory that it can read.
func (i installation) command(ctx context.Context, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(i.dir, program), args...)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: i.credential}
	return cmd
}

// give makes the server's user the owner of a file.
func (i installation) give(path string) error {
	if i.credential == nil {
		return nil
	}
	return os.Chown(path, int(i.credential.Uid), int(i.credential.Gid))
}
