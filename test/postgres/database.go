package postgres

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/followup-dev/followup-operator/migrations"
)

// Database is one migrated, empty database. Its fields are DSNs.
type Database struct {
	Admin    string // the superuser: for fixtures, and for looking behind row-level security
	Operator string
	Webhook  string
	Worker   string
}

var (
	shared = sync.OnceValues(func() (*Server, error) { return startServer(context.Background(), nil) })
	names  atomic.Int64
)

// New gives the test a database of its own on a server that all tests of the process share.
func New(t testing.TB) *Database {
	t.Helper()
	server, err := shared()
	if err != nil {
		t.Fatalf("start Postgres: %v", err)
	}
	return server.New(t)
}

// New gives the test a database of its own on this server.
func (s *Server) New(t testing.TB) *Database {
	t.Helper()
	name := fmt.Sprintf("test_%d", names.Add(1))
	database, err := s.Create(t.Context(), name)
	if err != nil {
		t.Fatalf("make a database: %v", err)
	}
	t.Cleanup(func() {
		if err := execute(context.Background(), s.Admin("postgres"), "DROP DATABASE "+name+" WITH (FORCE)"); err != nil && s.running() {
			t.Errorf("drop the database: %v", err)
		}
	})
	return database
}

// Create makes a database that lives as long as the server.
func (s *Server) Create(ctx context.Context, name string) (*Database, error) {
	if err := s.copyTemplate(ctx, name); err != nil {
		return nil, err
	}
	return &Database{
		Admin:    s.Admin(name),
		Operator: s.dsn("followup_operator", name),
		Webhook:  s.dsn("followup_webhook", name),
		Worker:   s.dsn("followup_worker", name),
	}, nil
}

// copyTemplate makes the database's own grants again: they are the one thing that a template does not hand on.
func (s *Server) copyTemplate(ctx context.Context, name string) error {
	if err := execute(ctx, s.Admin("postgres"), "CREATE DATABASE "+name+" TEMPLATE "+template+" STRATEGY file_copy"); err != nil {
		return err
	}
	return execute(ctx, s.Admin(name), migrations.Roles)
}

func execute(ctx context.Context, dsn, statement string) error {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, statement)
	return err
}
