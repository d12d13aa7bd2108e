package main

import (
	"context"
	"testing"
)

const (
	tenants = 500

	mostConnections = 10 // to Postgres, at any moment
	// mostLists is more than the operator has informers, and far less than there are objects.
	mostLists = 100
)

// An operator that starts anew looks at each object, writes nothing, and lists per kind, not per object.
func TestColdStartOfManyTenantsWritesNothing(t *testing.T) {
	ctx := t.Context()
	b, err := newBed(ctx, "../../..", t.TempDir(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.close(); err != nil {
			t.Errorf("clean up: %v", err)
		}
	})
	end, err := b.countConnections(ctx)
	if err != nil {
		t.Fatal(err)
	}
	b.standInFor(t)
	if err := b.generate(ctx, tenants); err != nil {
		t.Fatal(err)
	}
	operator, done, err := b.first(ctx, tenants)
	if err != nil {
		t.Fatal(err)
	}
	if err := operator.settle(ctx, tenants); err != nil {
		t.Fatal(err)
	}
	operator.stop()
	t.Logf("all were ready %.1f s after the first start", done.Seconds)
	if n := done.lists(); n > mostLists {
		t.Errorf("the first reconcile made %.0f lists", n)
	}
	if ready, err := b.allReady(ctx, tenants); err != nil || !ready {
		t.Errorf("not all are ready: %v", err)
	}
	b.testColdStart(t)
	if n, err := end(); err != nil || n == 0 || n > mostConnections {
		t.Errorf("there were %d connections to Postgres, want 1 to %d; %v", n, mostConnections, err)
	}
}

func (b *bed) testColdStart(t *testing.T) {
	t.Helper()
	done, err := b.coldStart(t.Context(), tenants)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("a cold start took %.1f s, %d MiB at most, and %.0f GETs", done.Seconds, done.memory>>20, done.gets)
	if n := done.writes; n > 0 {
		t.Errorf("%.0f requests of a cold start change something", n)
	}
	if n := done.rows; n > 0 {
		t.Errorf("a cold start wrote %d rows", n)
	}
	if n := done.lists(); n > mostLists {
		t.Errorf("a cold start made %.0f lists", n)
	}
	if ready, err := b.allReady(t.Context(), tenants); err != nil || !ready {
		t.Errorf("not all are ready: %v", err)
	}
}

// standInFor plays External Secrets and the Deployment controller until the test ends.
func (b *bed) standInFor(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- b.standIn(ctx) }()
	t.Cleanup(func() {
		cancel()
		<-ended // what it says after the cancellation means nothing; a stand-in that failed leaves objects that are not ready
	})
}
