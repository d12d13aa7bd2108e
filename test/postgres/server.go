package postgres

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Server is a Postgres server on a Unix socket, holding a migrated template database.
type Server struct {
	binaries  installation
	dir       runDir
	settings  []string          // name=value
	passwords map[string]string // by role

	process *os.Process
	exited  chan struct{}
}

// Start gives the test a server of its own, with settings such as "log_statement=all" in addition: for tests that stop
// the server, read its log or change roles, which databases share.
func Start(t testing.TB, settings ...string) *Server {
	t.Helper()
	server, err := startServer(t.Context(), settings)
	if err != nil {
		t.Fatalf("start Postgres: %v", err)
	}
	t.Cleanup(func() {
		if err := server.Remove(); err != nil {
			t.Errorf("remove the data directory: %v", err)
		}
	})
	return server
}

// Run is Start for programs, which end the server with Remove.
func Run(ctx context.Context, settings ...string) (*Server, error) { return startServer(ctx, settings) }

// RunDurable is Run for benchmarks: the server loses no commit, and has Postgres' own defaults where those of tests differ.
func RunDurable(ctx context.Context, settings ...string) (*Server, error) {
	server, err := newServer(ctx, append([]string{
		"fsync=on", "synchronous_commit=on", "full_page_writes=on", "autovacuum=on", "shared_buffers=128MB",
		"max_wal_size=1GB", "min_wal_size=80MB",
	}, settings...))
	if err != nil {
		return nil, err
	}
	// The small segments of tests would have commits wait for the next file of the log all the time.
	output, err := server.binaries.command(ctx, "pg_resetwal", "--wal-segsize=16", "-D", server.dir.join("data")).CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("pg_resetwal: %w: %s", err, output)
	}
	return server, server.run(ctx)
}

// Stop ends the server at once, as when its machine goes down. It does nothing to a stopped server.
func (s *Server) Stop() {
	if s.running() {
		s.signal(syscall.SIGQUIT)
	}
	<-s.exited
}

// Remove stops the server and deletes its data.
func (s *Server) Remove() error {
	s.Stop()
	return s.dir.remove()
}

// PID is the process of the server; those that serve connections are its children.
func (s *Server) PID() int { return s.process.Pid }

// Restart brings a stopped server back with its data, on the same socket.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	if err := s.run(t.Context()); err != nil {
		t.Fatalf("restart Postgres: %v", err)
	}
}

// Admin returns the superuser's DSN of a database.
func (s *Server) Admin(database string) string { return s.dsn(superuser, database) }

// Log returns all that the server has logged.
func (s *Server) Log(t testing.TB) string {
	t.Helper()
	text, err := s.ReadLog()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// ReadLog is Log for programs.
func (s *Server) ReadLog() (string, error) {
	text, err := os.ReadFile(s.logFile())
	return string(text), err
}

func (s *Server) dsn(role, database string) string {
	dsn := url.URL{
		Scheme:   "postgres",
		User:     url.UserPassword(role, s.passwords[role]),
		Path:     "/" + database,
		RawQuery: url.Values{"host": {s.dir.path}}.Encode(),
	}
	return dsn.String()
}

func (s *Server) logFile() string { return s.dir.join("log") }

func startServer(ctx context.Context, settings []string) (*Server, error) {
	server, err := newServer(ctx, settings)
	if err != nil {
		return nil, err
	}
	return server, server.run(ctx)
}

// newServer makes a server of a copy of the cached data directory. It does not run yet.
func newServer(ctx context.Context, settings []string) (*Server, error) {
	binaries, err := findInstallation()
	if err != nil {
		return nil, err
	}
	removeAbandoned()
	dir, err := newRunDir(binaries)
	if err != nil {
		return nil, err
	}
	passwords, err := copyGolden(ctx, binaries, dir.join("data"))
	if err != nil {
		return nil, err
	}
	return &Server{binaries: binaries, dir: dir, settings: settings, passwords: passwords}, nil
}

// run starts the server process and returns when it answers. Durability is off: a test's data need not outlive it.
func (s *Server) run(ctx context.Context) error {
	log, err := os.OpenFile(s.logFile(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	args := []string{"-D", s.dir.join("data"), "-k", s.dir.path, "-h", ""}
	for _, setting := range append([]string{"fsync=off", "full_page_writes=off", "autovacuum=off", "shared_buffers=32MB"}, s.settings...) {
		args = append(args, "-c", setting)
	}
	cmd := s.binaries.command(ctx, "postgres", args...)
	cmd.Cancel = nil // a test's context ends before its cleanup, which still needs the server
	cmd.Stdout, cmd.Stderr = log, log
	if err := s.supervise(cmd); err != nil {
		return err
	}
	return s.awaitReady(ctx)
}

// supervise starts cmd so that it ends with this process, however that ends. The kernel ties it to the starting thread,
// which therefore stays with it.
func (s *Server) supervise(cmd *exec.Cmd) error {
	cmd.SysProcAttr.Pdeathsig = syscall.SIGQUIT
	s.exited = make(chan struct{})
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer close(s.exited)
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // how it ended is in its log
		}
	}()
	err := <-started
	s.process = cmd.Process
	return err
}

func (s *Server) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, s.Admin("postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-s.exited:
			text, _ := os.ReadFile(s.logFile())
			return fmt.Errorf("the server ended: %s", text)
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func (s *Server) running() bool {
	select {
	case <-s.exited:
		return false
	default:
		return true
	}
}

func (s *Server) signal(signal syscall.Signal) { _ = s.process.Signal(signal) }
