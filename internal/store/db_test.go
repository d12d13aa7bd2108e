package store

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/followup-dev/followup-operator/test/postgres"
)

func TestOpenKeepsThePasswordToItself(t *testing.T) {
	for _, dsn := range []string{"postgres://webhook:s3cret@host:port/db", "host=h password=s3cret port=x"} {
		_, err := Open(t.Context(), dsn, Options{})
		if err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("Open(%q): error = %v", dsn, err)
		}
	}
}

func TestOptionsAndStats(t *testing.T) {
	db, err := Open(t.Context(), postgres.New(t).Webhook, Options{MaxConns: 3, ApplicationName: "webhook-test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	conn, err := db.pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()

	var application string
	if err := conn.QueryRow(t.Context(), "SHOW application_name").Scan(&application); err != nil || application != "webhook-test" {
		t.Errorf("application_name = %q, %v; want webhook-test", application, err)
	}
	if got, want := db.Stats(), (Stats{Max: 3, Acquired: 1}); got != want {
		t.Errorf("stats = %+v, want %+v", got, want)
	}
}

// A database that has gone without a word takes the connection, or so it seems, and then says nothing.
func TestConnectingToASilentDatabaseEnds(t *testing.T) {
	silent, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	dsn := "postgres://nobody@" + silent.Addr().String() + "/followup?sslmode=disable"
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	db := openDB(t, dsn)
	for what, connect := range map[string]func() error{
		"a query": func() error {
			_, err := db.TenantDirectory(ctx, App{ID: testApp})
			return err
		},
		"listening": func() error { return db.ListenTenants(ctx, testApp, newEvents()) },
	} {
		if err := connect(); err == nil || ctx.Err() != nil {
			t.Errorf("%s: error = %v, want one of its own and not the caller's", what, err)
		}
	}
	for suffix, want := range map[string]time.Duration{"": connectTimeout, "&connect_timeout=7": 7 * time.Second} {
		if got := openDB(t, dsn+suffix).pool.Config().ConnConfig.ConnectTimeout; got != want {
			t.Errorf("connect timeout with %q = %v, want %v", suffix, got, want)
		}
	}
}

func TestPoolOutlivesItsServer(t *testing.T) {
	server := postgres.Start(t)
	db := openDB(t, server.New(t).Webhook)
	ask := func() error {
		_, err := db.TenantDirectory(t.Context(), App{ID: testApp})
		return err
	}
	if err := ask(); err != nil {
		t.Error(err)
	}
	server.Stop()
	if err := ask(); err == nil {
		t.Error("a stopped server answered")
	}
	server.Restart(t)
	if err := ask(); err != nil {
		t.Errorf("after the restart: %v", err)
	}
}
