package postgres

import (
	"context"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"

	"github.com/followup-dev/followup-operator/test/debian"
)

// installation is where the server's programs are and who runs them.
type installation struct {
	dir        string
	credential *syscall.Credential // nil: the user of this process
}

// findInstallation looks for Postgres on this machine and installs it if there is none and we may.
var findInstallation = sync.OnceValues(func() (installation, error) {
	dir, err := debian.Postgres(context.Background(), func() {})
	if err != nil {
		return installation{}, err
	}
	credential, err := serverUser()
	return installation{dir: dir, credential: credential}, err
})

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
