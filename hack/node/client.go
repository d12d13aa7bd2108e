package node

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
)

// Path returns how a path of the node's own /run or /var is reached from outside, as long as the node is up.
func (n *Node) Path(inside string) string {
	return fmt.Sprintf("/proc/%d/root%s", n.pid, inside)
}

// ContainerdAddress is where containerd listens, as its clients outside the node reach it.
func (n *Node) ContainerdAddress() string { return n.Path(containerdSocket) }

// LogFile is where the output of a component, or of a process of that name, goes.
func (n *Node) LogFile(name string) string { return n.spec.log(name) }

// Dial connects with an address inside the node: the node's, a pod's or a Service's.
func (n *Node) Dial(ctx context.Context, address string) (net.Conn, error) {
	conn, err := n.dialControl(ctx)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	if _, err := fmt.Fprintf(conn, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n", address, address); err != nil {
		conn.Close()
		return nil, err
	}
	reader := bufio.NewReader(conn)
	answer, err := http.ReadResponse(reader, &http.Request{Method: http.MethodConnect}) //nolint:bodyclose // its body is the connection
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("connect with %s in the node: %w", address, err)
	}
	if answer.StatusCode != http.StatusOK {
		defer conn.Close()
		return nil, fmt.Errorf("connect with %s in the node: %s", address, text(answer.Body))
	}
	return tunnelled{Conn: conn, reader: reader}, nil
}

// tunnelled is a connection through the control socket; what came with the answer to CONNECT is read first.
type tunnelled struct {
	net.Conn
	reader *bufio.Reader
}

func (t tunnelled) Read(p []byte) (int, error) { return t.reader.Read(p) }

func (t tunnelled) CloseWrite() error { return closeWrite(t.Conn) }

func (n *Node) dialControl(ctx context.Context) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", n.Path(controlSocket))
	if err != nil {
		return nil, fmt.Errorf("reach the node: %w", err)
	}
	return conn, nil
}

// Forward listens on a free port of the machine's 127.0.0.1 and connects whoever comes with the address inside the node,
// until the node ends.
func (n *Node) Forward(ctx context.Context, address string) (local string, err error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	go func() {
		<-n.gone
		listener.Close()
	}()
	go n.accept(context.WithoutCancel(ctx), listener, address)
	return listener.Addr().String(), nil
}

func (n *Node) accept(ctx context.Context, listener net.Listener, address string) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		go n.forward(ctx, conn, address)
	}
}

func (n *Node) forward(ctx context.Context, conn net.Conn, address string) {
	defer conn.Close()
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	inside, err := n.Dial(ctx, address)
	if err != nil {
		return // the caller sees its connection end, as with a port where nobody answers for long
	}
	defer inside.Close()
	join(inside, conn, conn)
}

// Run is a process of the node that its caller started.
type Run struct {
	node *Node
	name string
	pid  int // inside the node
}

// Run starts a process inside the node's namespaces. It ends with the node at the latest.
func (n *Node) Run(ctx context.Context, process Process) (*Run, error) {
	r := &Run{node: n, name: process.Name}
	if err := n.call(ctx, http.MethodPost, "/processes", process, &r.pid); err != nil {
		return nil, fmt.Errorf("start %s in the node: %w", process.Name, err)
	}
	return r, nil
}

// Wait returns when the process has ended: nil if it said success.
func (r *Run) Wait(ctx context.Context) error {
	var exit exitReport
	if err := r.node.call(ctx, http.MethodGet, fmt.Sprintf("/processes/%d", r.pid), nil, &exit); err != nil {
		return fmt.Errorf("wait for %s in the node: %w", r.name, err)
	}
	if exit.Code != 0 {
		return fmt.Errorf("%s: %s", r.name, exit.Reason)
	}
	return nil
}

// Signal sends the process a signal; one that has ended takes no notice.
func (r *Run) Signal(ctx context.Context, signal syscall.Signal) error {
	return r.node.call(ctx, http.MethodPost, fmt.Sprintf("/processes/%d/signals/%d", r.pid, signal), nil, nil)
}

func (n *Node) call(ctx context.Context, method, path string, question, answer any) error {
	var body io.Reader
	if question != nil {
		encoded, err := json.Marshal(question)
		if err != nil {
			return err
		}
		body = bytes.NewReader(encoded)
	}
	request, err := http.NewRequestWithContext(ctx, method, "http://node"+path, body)
	if err != nil {
		return err
	}
	transport := &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return n.dialControl(ctx)
	}}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return errors.New(text(response.Body))
	}
	if answer == nil {
		return nil
	}
	return json.NewDecoder(response.Body).Decode(answer)
}

func text(body io.Reader) string {
	content, _ := io.ReadAll(io.LimitReader(body, 1<<10))
	return strings.TrimSpace(string(content))
}
