package main

import (
	"testing"

	"github.com/followup-dev/followup-operator/test/postgres"
)

// What the benchmark compares does the work that it is said to do. Nothing is timed.
func TestPeersLeaveTheRowsThatTheyShould(t *testing.T) {
	b, err := newBed(t.Context(), "", postgres.Run)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.close)
	peers, err := b.startAll(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	if len(peers) != 3 {
		t.Errorf("%d peers, want the webhook and two of Go", len(peers))
	}
}
