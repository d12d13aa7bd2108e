package node

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func testProcesses(t *testing.T) (*processes, string) {
	t.Helper()
	dir := t.TempDir()
	lock, err := os.Create(filepath.Join(dir, "lock"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { lock.Close() })
	return newProcesses(func(name string) string { return filepath.Join(dir, name+".log") }, lock), dir
}

// runToEnd starts the process and reaps it, which pid 1 does on SIGCHLD; here it would take other tests' children too.
func runToEnd(t *testing.T, p *processes, process Process) (int, *running) {
	t.Helper()
	pid, started, err := p.start(process)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil); err != nil {
		t.Fatal(err)
	}
	p.reap()
	<-started.exited
	return pid, started
}

func shell(script string) Process {
	return Process{Name: "shell", Path: "/bin/sh", Args: []string{"-c", script}}
}

func TestProcessOutputAndExitAreKept(t *testing.T) {
	tests := map[string]struct {
		script, output, ended string
	}{
		"success":     {script: "echo out; echo err >&2", output: "out\nerr\n", ended: "exit status 0"},
		"failure":     {script: "exit 3", ended: "exit status 3"},
		"killed":      {script: "kill -TERM $$", ended: "signal: terminated"},
		"environment": {script: "echo $HOME", output: "/\n", ended: "exit status 0"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			p, dir := testProcesses(t)
			pid, started := runToEnd(t, p, shell(tc.script))
			if got := describe(started.status); got != tc.ended {
				t.Errorf("ended by %q, want %q", got, tc.ended)
			}
			if got := read(t, filepath.Join(dir, "shell.log")); got != tc.output {
				t.Errorf("output %q, want %q", got, tc.output)
			}
			if late, ok := p.find(pid); !ok || late != started {
				t.Error("an exited process is forgotten; whoever waits late would not learn how it ended")
			}
		})
	}
}

func TestProcessHoldsTheLockAndNoSignalIsIgnored(t *testing.T) {
	disregard(syscall.SIGTERM, syscall.SIGINT, syscall.SIGPIPE)
	p, dir := testProcesses(t)
	runToEnd(t, p, shell("readlink /proc/$$/fd/3; grep SigIgn /proc/$$/status"))
	got := read(t, filepath.Join(dir, "shell.log"))
	if !strings.HasPrefix(got, filepath.Join(dir, "lock")+"\n") {
		t.Errorf("descriptor 3 is not the lock: %s", got)
	}
	words := strings.Fields(got)
	ignored, err := strconv.ParseUint(words[len(words)-1], 16, 64)
	if err != nil {
		t.Fatal(err)
	}
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGPIPE} { // others may be inherited: nohup ignores SIGHUP
		if ignored&(1<<(signal-1)) != 0 {
			t.Errorf("begins life with %s ignored", signal)
		}
	}
}

func TestProcessThatCannotStartIsAnError(t *testing.T) {
	p, _ := testProcesses(t)
	_, _, err := p.start(Process{Name: "nothing", Path: "/nowhere/nothing"})
	if err == nil || !strings.Contains(err.Error(), "start nothing") {
		t.Errorf("got %v", err)
	}
}
