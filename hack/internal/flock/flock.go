// Package flock keeps two processes from doing one thing at the same time. It imports nothing of this module.
package flock

import (
	"context"
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// ErrHeld means that another process holds the lock.
var ErrHeld = errors.New("lock is held by another process")

// Try takes the lock that the file at path stands for, or returns ErrHeld. The lock ends when the file and all its
// copies in child processes are closed, so no crash leaves one behind.
func Try(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if err == nil {
		return f, nil
	}
	f.Close()
	if errors.Is(err, unix.EWOULDBLOCK) {
		return nil, ErrHeld
	}
	return nil, &os.PathError{Op: "flock", Path: path, Err: err}
}

// Wait takes the lock as Try does, calling waiting once if it has to wait for it.
func Wait(ctx context.Context, path string, waiting func()) (*os.File, error) {
	for {
		f, err := Try(path)
		if !errors.Is(err, ErrHeld) {
			return f, err
		}
		waiting()
		waiting = func() {}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}
