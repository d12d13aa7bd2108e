package store

import (
	"bytes"
	"context"
	"log/slog"
	"sync"
	"testing"

	"github.com/riverqueue/river"

	"github.com/followup-dev/followup-operator/internal/tenancy"
)

type testWorker struct {
	river.WorkerDefaults[jobArgs]
	worked chan tenancy.ID
}

func (w *testWorker) Work(_ context.Context, job *river.Job[jobArgs]) error {
	w.worked <- job.Args.TenantID
	return nil
}

// lockedBuffer is written by River's goroutines.
type lockedBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *lockedBuffer) Write(text []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(text)
}

// River's client runs on the worker's grants: it works jobs of every tenant, leads, and has nothing to complain of.
func TestRiverWorksAsTheWorkerRole(t *testing.T) {
	bed := newTestbed(t)
	acme, globex := bed.syncTenant(t, tenantRecord("acme")), bed.syncTenant(t, tenantRecord("globex"))
	worker := &testWorker{worked: make(chan tenancy.ID, 2)}
	workers := river.NewWorkers()
	river.AddWorker(workers, worker)
	var complaints lockedBuffer
	client, err := river.NewClient(bed.worker.RiverDriver(), &river.Config{
		Schema:              "river",
		Queues:              map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 2}},
		Workers:             workers,
		ReindexerIndexNames: []string{}, // needs the owner
		Logger:              slog.New(slog.NewTextHandler(&complaints, &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Start(t.Context()); err != nil {
		t.Fatal(err)
	}

	for _, id := range []tenancy.ID{acme, globex} {
		if _, err := bed.webhook.Tenant(id).Admit(t.Context(), request("k1"), enqueueJob(t, bed.webhook, id)); err != nil {
			t.Fatal(err)
		}
		if worked := receive(t, worker.worked); worked != id {
			t.Errorf("worked a job of %v, want %v", worked, id)
		}
	}
	if err := client.Stop(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
	if complaints.Len() > 0 {
		t.Errorf("River logged:\n%s", complaints.String())
	}
	if completed := queryOne[int](t, bed, "SELECT count(*) FROM river.river_job WHERE state = 'completed'"); completed != 2 {
		t.Errorf("%d jobs are completed, want 2", completed)
	}
}
