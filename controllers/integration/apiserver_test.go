package integration

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// restarted is the API server in place of the one that a test killed. Envtest can't start one again.
var restarted apiServer

// apiServer is a process that is killed and started with the same arguments, data and port. Only Linux has the /proc it needs.
type apiServer struct {
	arguments []string
	process   *exec.Cmd
}

// kill ends the running API server as a machine that goes down does.
func (s *apiServer) kill(t testing.TB) {
	t.Helper()
	if s.process != nil {
		s.stop()
		return
	}
	pid, arguments, err := findAPIServer()
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	s.arguments = arguments
}

// start starts what kill ended, and returns before it serves.
func (s *apiServer) start(t testing.TB) {
	t.Helper()
	s.process = exec.Command(s.arguments[0], s.arguments[1:]...)
	if err := s.process.Start(); err != nil {
		t.Fatal(err)
	}
}

func (s *apiServer) stop() {
	if s.process == nil {
		return
	}
	_ = s.process.Process.Kill()
	_ = s.process.Wait() // says that it was killed
	s.process = nil
}

// findAPIServer finds the one that envtest started, a child of this process.
func findAPIServer() (pid int, arguments []string, err error) {
	lines, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		return 0, nil, err
	}
	for _, path := range lines {
		line, err := os.ReadFile(path)
		if err != nil {
			continue // it ended
		}
		arguments := strings.Split(strings.TrimSuffix(string(line), "\x00"), "\x00")
		if filepath.Base(arguments[0]) != "kube-apiserver" {
			continue
		}
		var parent int
		var state rune
		var name string
		stat, err := os.ReadFile(filepath.Join(filepath.Dir(path), "stat"))
		if err != nil {
			continue
		}
		if _, err := fmt.Sscanf(string(stat), "%d %s %c %d", &pid, &name, &state, &parent); err == nil && parent == os.Getpid() {
			return pid, arguments, nil
		}
	}
	return 0, nil, errors.New("no kube-apiserver is a child of this process")
}
