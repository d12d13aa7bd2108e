package integration

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// plug is what an operator's power comes through. Pulled, it leaves no request out and no answer in, as kill -9 does, and the
// database finds the connections closed.
type plug struct {
	after int // it pulls itself once so many writes and statements are done, before their answer is heard

	mu     sync.Mutex
	calls  int
	out    bool
	closed []io.Closer // what to close when it is pulled
}

var errNoPower = errors.New("the operator was killed")

// pulled says whether it is out. A nil one never is.
func (p *plug) pulled() bool {
	if p == nil {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out
}

func (p *plug) pull() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.out = true
	for _, c := range p.closed {
		_ = c.Close()
	}
}

// call does something that others see, and says whether the operator lives to hear of it.
func (p *plug) call(do func() error) error {
	if p.pulled() {
		return errNoPower
	}
	err := do()
	p.mu.Lock()
	p.calls++
	last := p.calls == p.after
	p.mu.Unlock()
	if last {
		p.pull()
	}
	if p.pulled() {
		return errNoPower
	}
	return err
}

// onPull closes c when the plug is pulled.
func (p *plug) onPull(c io.Closer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = append(p.closed, c)
	if p.out {
		_ = c.Close()
	}
}

// transport sends requests through the plug. Reads are no calls, and events neither: they are told beside the work.
func (p *plug) transport(next http.RoundTripper) http.RoundTripper {
	if p == nil {
		return next
	}
	return roundTripper(func(r *http.Request) (response *http.Response, err error) {
		send := func() error {
			response, err = next.RoundTrip(r)
			return err
		}
		if r.Method == http.MethodGet || strings.HasSuffix(r.URL.Path, "/events") || strings.Contains(r.URL.Path, "/leases") {
			if p.pulled() {
				return nil, errNoPower
			}
			return next.RoundTrip(r)
		}
		if err := p.call(send); err != nil {
			return nil, err
		}
		return response, nil
	})
}

// proxy returns a DSN that leads through the plug.
func (p *plug) proxy(t testing.TB, dsn string) string {
	t.Helper()
	if p == nil {
		return dsn
	}
	parsed, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "plug-") //nolint:usetesting // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	const socket = ".s.PGSQL.5432"
	listener, err := net.Listen("unix", filepath.Join(dir, socket))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	p.onPull(listener)
	server := filepath.Join(parsed.Query().Get("host"), socket)
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go p.relay(client, server)
		}
	}()
	parsed.RawQuery = url.Values{"host": {dir}}.Encode()
	return parsed.String()
}

// relay hands on what a client and the server say.
func (p *plug) relay(client net.Conn, address string) {
	defer client.Close()
	p.onPull(client)
	server, err := net.Dial("unix", address)
	if err != nil {
		return
	}
	defer server.Close()
	p.onPull(server)
	go func() {
		defer client.Close()
		_, _ = io.Copy(client, server)
	}()
	said, session := make([]byte, 1<<16), session{reads: map[string]bool{}}
	for err == nil {
		var n int
		if n, err = client.Read(said); err != nil {
			return
		}
		send := func() error {
			_, err := server.Write(said[:n])
			return err
		}
		if session.changes(said[:n]) {
			err = p.call(send)
		} else {
			err = send()
		}
	}
}

// session is what is known of a connection to Postgres.
type session struct {
	inTransaction bool
	reads         map[string]bool // prepared statements that change nothing
}

// changes says whether a message makes a change that others see: the end of a transaction, or a statement outside of one.
//
// Source: https://www.postgresql.org/docs/current/protocol-message-formats.html
func (s *session) changes(message []byte) bool {
	if len(message) < 6 {
		return false
	}
	kind, fields := message[0], strings.SplitN(string(message[5:]), "\x00", 3)
	switch {
	case kind == 'Q' && strings.HasPrefix(fields[0], "begin"):
		s.inTransaction = true
	case kind == 'Q':
		s.inTransaction = false
		return true
	case kind == 'P' && len(fields) > 1:
		s.reads[fields[0]] = strings.HasPrefix(strings.TrimSpace(fields[1]), "SELECT")
	case kind == 'B' && len(fields) > 1:
		return !s.inTransaction && !s.reads[fields[1]]
	}
	return false
}
