package node

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

// removalPatience bounds the wait for the kernel to end the node's processes, which takes milliseconds unless the
// machine is overloaded.
const removalPatience = 20 * time.Second

// lockFD is the lock of the state folder in the keeper and in every process of the node. It is free when all are gone.
const lockFD = 3

// keep is the keeper. Its arguments are the state folder, for people, and the Spec; its standard input brings a line when
// the state folder is ready, and its end when the caller is dead.
func keep() int {
	// Ctrl-C is for the caller, whose end then ends the node; and that the reader of events died is no reason to follow it.
	disregard(syscall.SIGINT, syscall.SIGHUP, syscall.SIGPIPE)
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGTERM) // from StopOther
	var spec Spec
	if err := json.Unmarshal([]byte(os.Args[2]), &spec); err != nil {
		return 1
	}
	err := keepUp(spec, asked)
	if cleanErr := cleanUp(spec); err == nil {
		err = cleanErr
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// disregard lets signals do nothing. Ignoring them would make every process of the node, pods' too, begin life with them
// ignored.
func disregard(signals ...os.Signal) {
	signal.Notify(make(chan os.Signal, 1), signals...)
}

// keepUp returns when the node has ended, or has not begun because the caller died before.
func keepUp(spec Spec, asked <-chan os.Signal) error {
	if n, _ := os.Stdin.Read(make([]byte, 1)); n == 0 {
		return nil
	}
	callerGone := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		close(callerGone)
	}()
	return runPID1(spec, asked, callerGone)
}

// runPID1 returns when pid 1, and with it every process of the node, is dead.
func runPID1(spec Spec, asked <-chan os.Signal, callerGone <-chan struct{}) error {
	tree, err := machineCgroups()
	if err != nil {
		return err
	}
	if err := tree.create(spec.cgroup()); err != nil {
		return err
	}
	cmd, err := startPID1(spec)
	if err != nil {
		return err
	}
	send(os.Stdout, event{PID: cmd.Process.Pid})
	os.Stdout.Close() // pid 1 holds the other end now: its death ends the caller's stream of events
	died := make(chan struct{})
	go func() {
		_ = cmd.Wait() // it has told the caller why, if it could
		close(died)
	}()
	select {
	case <-asked:
	case <-callerGone:
	case <-died:
		return nil
	}
	_ = cmd.Process.Kill()
	<-died
	return nil
}

// startPID1 starts pid 1 such that the kernel kills it if the keeper dies. It waits for its Spec before it does
// anything, so a keeper that dies before the kernel knows of this leaves nothing either.
func startPID1(spec Spec) (*exec.Cmd, error) {
	log, err := os.Create(spec.log("node"))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd := &exec.Cmd{
		Path:       "/proc/self/exe",
		Args:       []string{bootName, spec.Name},
		Env:        []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
		Stdout:     os.Stdout,
		Stderr:     log,
		ExtraFiles: []*os.File{os.NewFile(lockFD, "lock")},
		SysProcAttr: &syscall.SysProcAttr{
			Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWNET | syscall.CLONE_NEWPID | syscall.CLONE_NEWUTS | syscall.CLONE_NEWIPC,
			Pdeathsig:  syscall.SIGKILL,
		},
	}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the node in new namespaces (this needs root): %w", err)
	}
	return cmd, json.NewEncoder(stdin).Encode(spec)
}

// cleanUp removes what the kernel leaves of a dead node: its control groups, and its state, except the logs.
func cleanUp(spec Spec) error {
	tree, err := machineCgroups()
	if err != nil {
		return err
	}
	if err := tree.remove(spec.cgroup(), removalPatience); err != nil {
		return err
	}
	for _, part := range []string{"etc", "pki", "var", "keeper.pid", "kubeconfig", "home"} {
		if err := os.RemoveAll(filepath.Join(spec.StateDir, part)); err != nil {
			return err
		}
	}
	return nil
}
