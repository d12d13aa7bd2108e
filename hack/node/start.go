package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"syscall"

	"github.com/followup-dev/followup-operator/hack/internal/flock"
	"github.com/followup-dev/followup-operator/hack/progress"
)

// ErrUp means that a node with this state folder is up already.
var ErrUp = errors.New("already up")

// Node is a running node, as its caller holds it.
type Node struct {
	Credentials Credentials

	spec      Spec
	keeperPID int
	pid       int            // of pid 1, outside its namespace
	lifeline  io.WriteCloser // the keeper's standard input
	ready     chan string
	gone      chan struct{} // closed when the node has ended and nothing of it is left
	err       error         // why it ended by itself; set once gone is closed
}

// CheckFree says what keeps a node from starting here, as far as that can be known beforehand: ErrUp if it is up already.
func (s Spec) CheckFree() error {
	if err := s.check(); err != nil {
		return err
	}
	if os.Geteuid() != 0 {
		return errors.New("a node needs root: it makes namespaces, mounts and control groups")
	}
	if _, err := machineCgroups(); err != nil {
		return err
	}
	up, err := Up(s)
	if up {
		return s.errUp()
	}
	return err
}

func (s Spec) errUp() error {
	return fmt.Errorf("cluster %s: %w (state in %s)", s.Name, ErrUp, s.StateDir)
}

// Start starts a node and returns as soon as its pid 1 lives; Ready tells how it gets on. The node ends with Stop, or
// with the calling process, however that ends. ErrUp if it is up already.
func Start(ctx context.Context, spec Spec) (*Node, error) {
	if err := spec.check(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(spec.StateDir, 0o755); err != nil {
		return nil, err
	}
	lock, err := flock.Try(spec.lock())
	if errors.Is(err, flock.ErrHeld) {
		return nil, spec.errUp()
	}
	if err != nil {
		return nil, err
	}
	defer lock.Close() // the keeper holds its own copy
	if err := clearAway(spec); err != nil {
		return nil, fmt.Errorf("clear away an earlier node: %w", err)
	}
	n := &Node{spec: spec, ready: make(chan string, 2), gone: make(chan struct{})}
	born := make(chan int, 1)
	if err := n.startKeeper(context.WithoutCancel(ctx), lock, born); err != nil {
		return nil, err
	}
	if err := n.prepare(); err != nil {
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

// clearAway removes what a killed keeper may have left, and the logs of the node before.
func clearAway(spec Spec) error {
	if err := cleanUp(spec); err != nil {
		return err
	}
	if err := os.RemoveAll(spec.logDir()); err != nil {
		return err
	}
	for _, dir := range []string{spec.config("cni"), spec.pki(""), spec.logDir(), spec.varDir()} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	return nil
}

// prepare writes certificates and configuration, which the keeper removes whatever happens, and lets it go on.
func (n *Node) prepare() (err error) {
	if err := writeFile(n.spec.keeperPID(), []byte(strconv.Itoa(n.keeperPID))); err != nil {
		return err
	}
	files, err := configFiles(n.spec)
	if err != nil {
		return err
	}
	for name, content := range files {
		if err := writeFile(n.spec.config(name), content); err != nil {
			return err
		}
	}
	if n.Credentials, err = writeCertificates(n.spec); err != nil {
		return err
	}
	_, err = io.WriteString(n.lifeline, "\n")
	return err
}

func (n *Node) startKeeper(ctx context.Context, lock *os.File, born chan<- int) error {
	log, err := os.Create(n.spec.log("keeper"))
	if err != nil {
		return err
	}
	defer log.Close()
	spec, err := json.Marshal(n.spec)
	if err != nil {
		return err
	}
	cmd := &exec.Cmd{
		Path:        "/proc/self/exe",
		Args:        []string{keeperName, n.spec.StateDir, string(spec)},
		Env:         []string{"PATH=" + os.Getenv("PATH")},
		Stderr:      log,
		ExtraFiles:  []*os.File{lock},                   // becomes lockFD
		SysProcAttr: &syscall.SysProcAttr{Setsid: true}, // out of reach of the terminal's Ctrl-C and of a killed group
	}
	if n.lifeline, err = cmd.StdinPipe(); err != nil {
		return err
	}
	events, eventsWriter, err := os.Pipe()
	if err != nil {
		return err
	}
	cmd.Stdout = eventsWriter
	err = cmd.Start()
	eventsWriter.Close()
	if err != nil {
		events.Close()
		return fmt.Errorf("start the keeper: %w", err)
	}
	n.keeperPID = cmd.Process.Pid
	go n.watch(ctx, cmd, events, born)
	return nil
}

// watch follows the node to its end and past it, until nothing is left.
func (n *Node) watch(ctx context.Context, keeper *exec.Cmd, events *os.File, born chan<- int) {
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
	err := keeper.Wait()
	if err == nil {
		return
	}
	if n.err == nil {
		log, _ := os.ReadFile(n.spec.log("keeper"))
		n.err = fmt.Errorf("the node's keeper ended: %w\n%s", err, progress.Tail(log, tailLines))
	}
	if err := cleanUpAfterKeeper(ctx, n.spec); err != nil {
		n.err = errors.Join(n.err, err)
	}
}

// cleanUpAfterKeeper does what a killed keeper could not, once all processes of the node have let go of the lock.
func cleanUpAfterKeeper(ctx context.Context, spec Spec) error {
	ctx, cancel := context.WithTimeout(ctx, removalPatience)
	defer cancel()
	lock, err := flock.Wait(ctx, spec.lock(), func() {})
	if errors.Is(err, context.DeadlineExceeded) {
		return nil // somebody has started the next node, and cleared away this one before
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
