package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"github.com/followup-dev/followup-operator/hack/internal/flock"
	"github.com/followup-dev/followup-operator/hack/progress"
)

// ErrUp means that a node with this state folder is up already.
var ErrUp = errors.New("already up")

// Node is a running node, as its caller holds it.
type Node struct {
	Credentials Credentials

	spec     Spec
	pid      int
	lifeline io.Closer // the keeper's standard input
	ready    chan string
	gone     chan struct{} // closed when the node has ended and nothing of it is left
	err      error         // why it ended by itself; set once gone is closed
}

// Start starts a node and returns as soon as its pid 1 lives; Ready tells how it gets on. The node ends with Stop, or
// with the calling process, however that ends. ErrUp if it is up already.
func Start(ctx context.Context, spec Spec) (*Node, error) {
	if err := spec.check(); err != nil {
		return nil, err
	}
	if os.Geteuid() != 0 {
		return nil, errors.New("a node needs root: it makes namespaces and mounts")
	}
	if err := os.MkdirAll(spec.StateDir, 0o755); err != nil {
		return nil, err
	}
	lock, err := flock.Try(spec.lock())
	if errors.Is(err, flock.ErrHeld) {
		return nil, fmt.Errorf("cluster %s: %w (state in %s)", spec.Name, ErrUp, spec.StateDir)
	}
	if err != nil {
		return nil, err
	}
	defer lock.Close() // the keeper holds its own copy
	credentials, err := prepare(spec)
	if err != nil {
		return nil, err
	}
	return startKeeper(ctx, spec, credentials, lock)
}

// prepare clears away what a killed keeper may have left, and writes certificates and configuration.
func prepare(spec Spec) (Credentials, error) {
	if err := cleanUp(spec); err != nil {
		return Credentials{}, fmt.Errorf("clear away an earlier node: %w", err)
	}
	if err := os.RemoveAll(filepath.Join(spec.StateDir, "log")); err != nil {
		return Credentials{}, err
	}
	for _, dir := range []string{"etc/cni", "pki", "log", "var"} {
		if err := os.MkdirAll(filepath.Join(spec.StateDir, dir), 0o755); err != nil {
			return Credentials{}, err
		}
	}
	files, err := configFiles(spec)
	if err != nil {
		return Credentials{}, err
	}
	for name, content := range files {
		if err := writeFile(spec.config(name), content); err != nil {
			return Credentials{}, err
		}
	}
	return writeCertificates(spec)
}

func startKeeper(ctx context.Context, spec Spec, credentials Credentials, lock *os.File) (*Node, error) {
	log, err := os.Create(spec.log("keeper"))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd := &exec.Cmd{
		Path:        "/proc/self/exe",
		Args:        []string{keeperName, spec.StateDir},
		Env:         []string{"PATH=" + os.Getenv("PATH")},
		Stderr:      log,
		ExtraFiles:  []*os.File{lock},
		SysProcAttr: &syscall.SysProcAttr{Setsid: true}, // out of reach of the terminal's Ctrl-C and of a killed group
	}
	lifeline, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	events, eventsWriter, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd.Stdout = eventsWriter
	err = cmd.Start()
	eventsWriter.Close()
	if err != nil {
		events.Close()
		return nil, fmt.Errorf("start the keeper: %w", err)
	}
	n := &Node{Credentials: credentials, spec: spec, lifeline: lifeline, ready: make(chan string, 8), gone: make(chan struct{})}
	born := make(chan int, 1)
	go n.watch(cmd, events, born)
	if err := errors.Join(writeKeeperPID(spec, cmd.Process.Pid), json.NewEncoder(lifeline).Encode(spec)); err != nil {
		return nil, errors.Join(err, n.Stop(ctx))
	}
	select {
	case n.pid = <-born:
		return n, nil
	case <-n.gone:
		return nil, n.err
	case <-ctx.Done():
		return nil, errors.Join(ctx.Err(), n.Stop(context.WithoutCancel(ctx)))
	}
}

// watch follows the node to its end and past it, until nothing is left.
func (n *Node) watch(keeper *exec.Cmd, events *os.File, born chan<- int) {
	defer events.Close()
	defer close(n.gone)
	for decoder := json.NewDecoder(events); ; {
		var e event
		if err := decoder.Decode(&e); err != nil {
			break
		}
		switch {
		case e.PID != 0:
			born <- e.PID
		case e.Ready != "":
			n.ready <- e.Ready
		case e.Error != "":
			n.err = errors.New(e.Error)
		}
	}
	if err := keeper.Wait(); err != nil && n.err == nil {
		log, _ := os.ReadFile(n.spec.log("keeper"))
		n.err = fmt.Errorf("the node's keeper ended: %w\n%s", err, progress.Tail(log, tailLines))
	}
	if err := cleanUpIfFree(n.spec); err != nil && n.err == nil {
		n.err = err
	}
}

// cleanUpIfFree clears away what a killed keeper left, unless somebody holds the state folder: a keeper, or whoever
// starts the next node and has cleared it away already.
func cleanUpIfFree(spec Spec) error {
	lock, err := flock.Try(spec.lock())
	if errors.Is(err, flock.ErrHeld) {
		return nil
	}
	if err != nil {
		return err
	}
	defer lock.Close()
	return cleanUp(spec)
}

// Ready delivers the names of containerd and kube-apiserver once each, when they answer.
func (n *Node) Ready() <-chan string { return n.ready }

// Gone is closed when the node has ended and nothing of it is left, by Stop or by itself.
func (n *Node) Gone() <-chan struct{} { return n.gone }

// Err says why the node ended by itself, or why cleaning up failed; nil while it is up and after a Stop.
func (n *Node) Err() error {
	select {
	case <-n.gone:
		return n.err
	default:
		return nil
	}
}

// Stop ends the node and returns when nothing of it is left but its logs.
func (n *Node) Stop(ctx context.Context) error {
	if err := n.lifeline.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
		return err
	}
	select {
	case <-n.gone:
		return n.err
	case <-ctx.Done():
		return fmt.Errorf("wait for the node to end: %w", ctx.Err())
	}
}
