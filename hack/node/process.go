package node

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// Process is a program to run inside the node.
type Process struct {
	Name string   // of its log file
	Path string   // absolute; /var and /run are the node's own
	Args []string // without the program's name
	Env  []string // NAME=value; PATH and HOME are set unless given
	UID  uint32   // 0 is root
	GID  uint32
}

// processes starts programs as children of pid 1 and collects every child, its own and orphans alike.
type processes struct {
	logFile func(name string) string
	lock    *os.File // see lockFD

	mu      sync.Mutex // held from a start until its pid is known, so that no child is collected as an orphan
	running map[int]*running
}

type running struct {
	name   string
	exited chan struct{}
	status syscall.WaitStatus // once exited is closed
}

func newProcesses(logFile func(string) string, lock *os.File) *processes {
	return &processes{logFile: logFile, lock: lock, running: map[int]*running{}}
}

func (p *processes) start(process Process) (pid int, started *running, err error) {
	log, err := os.OpenFile(p.logFile(process.Name), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return 0, nil, err
	}
	defer log.Close()
	null, err := os.Open(os.DevNull)
	if err != nil {
		return 0, nil, err
	}
	defer null.Close()
	attr := &os.ProcAttr{
		Dir:   "/",
		Env:   append([]string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/"}, process.Env...),
		Files: []*os.File{null, log, log, p.lock},
		Sys:   &syscall.SysProcAttr{Setsid: true, Credential: &syscall.Credential{Uid: process.UID, Gid: process.GID}},
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	child, err := os.StartProcess(process.Path, append([]string{process.Path}, process.Args...), attr)
	if err != nil {
		return 0, nil, fmt.Errorf("start %s: %w", process.Name, err)
	}
	started = &running{name: process.Name, exited: make(chan struct{})}
	p.running[child.Pid] = started
	pid = child.Pid
	return pid, started, child.Release()
}

func (p *processes) find(pid int) (*running, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	found, ok := p.running[pid]
	return found, ok
}

// collect reaps children for ever. An exited process stays known, so that whoever asks late still learns its status.
func (p *processes) collect() {
	died := make(chan os.Signal, 1)
	signal.Notify(died, syscall.SIGCHLD)
	for {
		p.reap()
		<-died
	}
}

func (p *processes) reap() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, syscall.WNOHANG, nil)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if pid <= 0 {
			return
		}
		if exited, ok := p.running[pid]; ok {
			exited.status = status
			close(exited.exited)
		}
	}
}

// describe says how a process ended, as os.ProcessState does.
func describe(status syscall.WaitStatus) string {
	if status.Signaled() {
		return "signal: " + status.Signal().String()
	}
	return fmt.Sprintf("exit status %d", status.ExitStatus())
}
