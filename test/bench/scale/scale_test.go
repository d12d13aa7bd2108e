package scale

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
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
	b, err := newBed(ctx, "../../..", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.close(); err != nil {
			t.Errorf("clean up: %v", err)
		}
	})
	most := b.watchConnections(t)
	b.standInFor(t)
	if err := b.generate(ctx, tenants); err != nil {
		t.Fatal(err)
	}
	first, err := b.start(ctx)
	if err != nil {
		t.Fatal(err)
	}
	took, err := first.await(ctx, b.allReady)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("all were ready %v after the first start", took.Round(time.Millisecond))
	if _, err := first.awaitReconciled(ctx, tenants); err != nil {
		t.Fatal(err)
	}
	first.stop()

	rows, lists := b.mustWritten(t), b.lists(t)
	second, err := b.start(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if took, err = second.awaitReconciled(ctx, tenants); err != nil {
		t.Fatal(err)
	}
	told, err := second.read(ctx)
	if err != nil {
		t.Fatal(err)
	}
	memory, err := second.peakMemory()
	if err != nil {
		t.Fatal(err)
	}
	second.stop()
	t.Logf("a cold start took %v, %d MiB at most, and %.0f GETs", took.Round(time.Millisecond), memory>>20,
		told.sum("rest_client_requests_total", "method", http.MethodGet))
	if n := told.writes(); n > 0 {
		t.Errorf("%.0f requests of a cold start change something", n)
	}
	if n := b.mustWritten(t) - rows; n > 0 {
		t.Errorf("a cold start wrote %d rows", n)
	}
	if n := b.lists(t) - lists; n > mostLists {
		t.Errorf("a cold start made %.0f lists", n)
	}
	if n := most(); n == 0 || n > mostConnections {
		t.Errorf("there were %d connections to Postgres, want 1 to %d", n, mostConnections)
	}
	if ready, err := b.allReady(ctx); err != nil || !ready {
		t.Errorf("not all are ready: %v", err)
	}
}

// allReady says whether all is that generate declared.
func (b *bed) allReady(ctx context.Context) (bool, error) {
	all := 0
	connections, declared := &v1alpha1.CRMConnectionList{}, &v1alpha1.TenantList{}
	for _, list := range []client.ObjectList{connections, declared} {
		if err := b.kube.List(ctx, list, client.InNamespace(namespace)); err != nil {
			return false, err
		}
	}
	for _, c := range connections.Items {
		if !apimeta.IsStatusConditionTrue(c.Status.Conditions, v1alpha1.ConditionReady) {
			return false, nil
		}
		all++
	}
	for _, t := range declared.Items {
		if !apimeta.IsStatusConditionTrue(t.Status.Conditions, v1alpha1.ConditionReady) {
			return false, nil
		}
		all++
	}
	return all == 3*tenants, nil
}

func (b *bed) mustWritten(t *testing.T) int64 {
	t.Helper()
	rows, err := b.written(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// lists is how many the API server has answered.
func (b *bed) lists(t *testing.T) float64 {
	t.Helper()
	by, err := rest.HTTPClientFor(b.admin)
	if err != nil {
		t.Fatal(err)
	}
	told, err := scrape(t.Context(), by, strings.TrimSuffix(b.admin.Host, "/")+"/metrics")
	if err != nil {
		t.Fatal(err)
	}
	return told.sum("apiserver_request_total", "verb", "LIST")
}

// standInFor plays External Secrets and the Deployment controller until the test ends.
func (b *bed) standInFor(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- b.standIn(ctx) }()
	t.Cleanup(func() {
		cancel()
		<-ended // what it says after the cancellation means nothing; a stand-in that failed leaves objects that are not ready
	})
}

// watchConnections returns the most connections that the operator's login has had.
func (b *bed) watchConnections(t *testing.T) func() int {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), b.dsn)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	most, failed := 0, make(chan error, 1)
	go func() {
		defer close(failed)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for ctx.Err() == nil {
			var now int
			err := conn.QueryRow(ctx, "SELECT count(*) FROM pg_stat_activity WHERE usename = 'followup_operator'").Scan(&now)
			if err != nil && ctx.Err() == nil {
				failed <- err
				return
			}
			most = max(most, now)
			<-tick.C
		}
	}()
	ended := sync.OnceFunc(func() {
		cancel()
		if err := <-failed; err != nil {
			t.Errorf("count connections: %v", err)
		}
		_ = conn.Close(context.Background())
	})
	t.Cleanup(ended)
	return func() int {
		ended()
		return most
	}
}
