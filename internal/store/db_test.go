package store

import (
	"strings"
	"testing"

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
	got := db.Stats()
	if got.Max != 3 || got.Total != 1 || got.Acquired != 1 || got.Idle != 0 || got.AcquireCount != 1 {
		t.Errorf("stats = %+v, want 1 of 3 connections, acquired once", got)
	}
}

func TestPingTellsWhetherTheDatabaseAnswers(t *testing.T) {
	server := postgres.Start(t)
	db := openDB(t, server.New(t).Webhook)
	if err := db.Ping(t.Context()); err != nil {
		t.Errorf("Ping: %v", err)
	}
	server.Stop()
	if err := db.Ping(t.Context()); err == nil {
		t.Error("Ping of a stopped server succeeded")
	}
	server.Restart(t)
	if err := db.Ping(t.Context()); err != nil {
		t.Errorf("Ping after the restart: %v", err)
	}
}
