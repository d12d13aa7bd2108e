package node

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"syscall"

	"github.com/followup-dev/followup-operator/hack/internal/flock"
)

// Up says whether a node with this state folder is up, whoever started it.
func Up(spec Spec) (bool, error) {
	lock, err := flock.Try(spec.lock())
	if errors.Is(err, flock.ErrHeld) {
		return true, nil
	}
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return false, lock.Close()
}

// StopOther ends a node that another process started, and clears away what a killed one left. It returns when nothing is
// left but logs, which is at once if there is no such node.
func StopOther(ctx context.Context, spec Spec) error {
	if err := spec.check(); err != nil {
		return err
	}
	if _, err := os.Stat(spec.StateDir); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if up, err := Up(spec); err != nil || up {
		if err := errors.Join(err, askKeeper(spec)); err != nil {
			return err
		}
	}
	lock, err := flock.Wait(ctx, spec.lock(), func() {})
	if err != nil {
		return fmt.Errorf("wait for the keeper of cluster %s: %w", spec.Name, err)
	}
	defer lock.Close()
	return cleanUp(spec)
}

// askKeeper asks the keeper to end the node. The handle is taken before the check of who it is, so that the pid of a
// keeper that has just ended cannot lead to another process.
func askKeeper(spec Spec) error {
	text, err := os.ReadFile(spec.keeperPID())
	if errors.Is(err, fs.ErrNotExist) {
		return nil // it is cleaning up by now
	}
	if err != nil {
		return err
	}
	pid, err := strconv.Atoi(string(text))
	if err != nil {
		return fmt.Errorf("%s: %w", spec.keeperPID(), err)
	}
	process, err := os.FindProcess(pid)
	if err != nil {
		return err
	}
	defer func() { _ = process.Release() }()
	name, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil || !strings.HasPrefix(string(name), keeperName+"\x00"+spec.StateDir+"\x00") {
		return nil
	}
	if err := process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return nil
}
