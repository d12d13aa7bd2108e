package node

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strconv"
	"syscall"
	"time"
)

// controlSocket is where pid 1 takes requests; the caller reaches it as /proc/<pid 1>/root/run/node.sock.
const controlSocket = "/run/node.sock"

const dialTimeout = 10 * time.Second

// exitReport is how a process ended, as the control socket tells it.
type exitReport struct {
	Code   int // -1 for a signal
	Reason string
}

// control serves the control socket: CONNECT to an address inside the node, start a process, wait for it, signal it.
func control(p *processes) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /processes", p.serveStart)
	mux.HandleFunc("GET /processes/{pid}", p.serveWait)
	mux.HandleFunc("POST /processes/{pid}/signals/{signal}", p.serveSignal)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodConnect {
			tunnel(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

func (p *processes) serveStart(w http.ResponseWriter, r *http.Request) {
	var process Process
	if err := json.NewDecoder(r.Body).Decode(&process); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	pid, _, err := p.start(process)
	if err != nil {
		http.Error(w, err.Error(), http.StatusUnprocessableEntity)
		return
	}
	_ = json.NewEncoder(w).Encode(pid)
}

func (p *processes) serveWait(w http.ResponseWriter, r *http.Request) {
	_, process, ok := p.requested(w, r)
	if !ok {
		return
	}
	select {
	case <-process.exited:
		_ = json.NewEncoder(w).Encode(exitReport{Code: process.status.ExitStatus(), Reason: describe(process.status)})
	case <-r.Context().Done():
	}
}

func (p *processes) serveSignal(w http.ResponseWriter, r *http.Request) {
	pid, process, ok := p.requested(w, r)
	if !ok {
		return
	}
	number, err := strconv.Atoi(r.PathValue("signal"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	p.mu.Lock() // an exited child is collected under the lock, so its pid cannot be another's yet
	defer p.mu.Unlock()
	select {
	case <-process.exited:
	default:
		if err := syscall.Kill(pid, syscall.Signal(number)); err != nil {
			http.Error(w, err.Error(), http.StatusUnprocessableEntity)
		}
	}
}

func (p *processes) requested(w http.ResponseWriter, r *http.Request) (int, *running, bool) {
	pid, err := strconv.Atoi(r.PathValue("pid"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return 0, nil, false
	}
	process, ok := p.find(pid)
	if !ok {
		http.Error(w, "no process of the node has pid "+r.PathValue("pid"), http.StatusNotFound)
		return 0, nil, false
	}
	return pid, process, true
}

// tunnel connects the caller with an address inside the node.
func tunnel(w http.ResponseWriter, r *http.Request) {
	target, err := (&net.Dialer{Timeout: dialTimeout}).DialContext(r.Context(), "tcp", r.Host)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer target.Close()
	caller, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer caller.Close()
	if _, err := io.WriteString(caller, "HTTP/1.1 200 OK\r\n\r\n"); err != nil {
		return
	}
	join(target, caller, buffered)
}

// join copies both ways until both sides have ended; fromA reads what a sends, some of which may be buffered.
func join(b, a net.Conn, fromA io.Reader) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = io.Copy(a, b)
		_ = closeWrite(a)
	}()
	_, _ = io.Copy(b, fromA)
	_ = closeWrite(b)
	<-done
}

func closeWrite(c net.Conn) error {
	if half, ok := c.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return c.Close()
}

func serveControl(p *processes) error {
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "unix", controlSocket)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: control(p), ReadHeaderTimeout: dialTimeout}
	go func() { _ = server.Serve(listener) }() // ends with pid 1
	return nil
}
