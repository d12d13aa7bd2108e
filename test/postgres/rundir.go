package postgres

import (
	"os"
	"path/filepath"
	"syscall"
)

const runDirPattern = "followup-postgres-*"

// runDir is a directory of the server's user, for data/, log and the socket.
type runDir struct {
	path string
	lock *os.File // held for as long as this process lives; removeAbandoned deletes what nobody holds
}

func newRunDir(binaries installation) (runDir, error) {
	path, err := os.MkdirTemp("", runDirPattern)
	if err != nil {
		return runDir{}, err
	}
	if err := binaries.give(path); err != nil {
		return runDir{}, err
	}
	// Locked before it gets its name, so that removeAbandoned never finds it unlocked.
	unnamed := filepath.Join(path, "lock.new")
	lock, err := lockFile(unnamed, syscall.LOCK_EX)
	if err != nil {
		return runDir{}, err
	}
	return runDir{path: path, lock: lock}, os.Rename(unnamed, filepath.Join(path, "lock"))
}

func (d runDir) join(name string) string { return filepath.Join(d.path, name) }

func (d runDir) remove() error {
	defer d.lock.Close()
	return os.RemoveAll(d.path)
}

// removeAbandoned deletes the directories of processes that are gone: one that was killed could not tidy up.
func removeAbandoned() {
	locks, _ := filepath.Glob(filepath.Join(os.TempDir(), runDirPattern, "lock"))
	for _, path := range locks {
		lock, err := lockFile(path, syscall.LOCK_EX|syscall.LOCK_NB)
		if err != nil {
			continue
		}
		_ = os.RemoveAll(filepath.Dir(path))
		_ = lock.Close()
	}
}

// lockFile opens a file and locks it until it is closed or the process ends.
func lockFile(path string, how int) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), how); err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}
