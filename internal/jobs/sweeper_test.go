package jobs

import (
	"context"
	"log/slog"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/followup-dev/followup-operator/internal/telemetry"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// All processes of an app enqueue one sweep; its poll of a tenant is not enqueued beside one that waits, and none of it is late.
func TestSweepIsOneAndSoIsThePollOfATenant(t *testing.T) {
	b := newTestbed(t)
	other := b.sync(t, "globex", 60)
	known := river.NewWorkers()
	swept := make(chan error, 1)
	river.AddWorker(known, river.WorkFunc(func(ctx context.Context, job *river.Job[SweepRecordings]) error {
		err := Follow(ctx, job.Args, []tenancy.ID{b.tenant, other})
		if err == nil {
			err = Follow(ctx, job.Args, []tenancy.ID{other, b.tenant})
		}
		swept <- err
		return err
	}))
	river.AddWorker(known, river.WorkFunc(func(context.Context, *river.Job[PollRecordings]) error { return nil }))
	options := patient
	options.Log, options.Metrics = slog.New(slog.DiscardHandler), telemetry.NewWebhook(prometheus.NewRegistry())
	client, err := NewClient(b.worker, appID, known, options)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // two processes
		sweeper := Sweeper{Client: client, AppID: appID, Log: options.Log}
		if err := sweeper.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	another := Sweeper{Client: client, AppID: "A0OTHER", Log: options.Log}
	if err := another.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	run(t, client)
	if err := await(t, swept); err != nil {
		t.Fatal(err)
	}
	var sweeps, tenants, polls int
	const count = `SELECT count(*) FILTER (WHERE kind = 'sweep_recordings' AND queue = $1),
		count(DISTINCT args->>'tenant_id') FILTER (WHERE kind = 'poll_recordings' AND scheduled_at < now() + $2::interval AND queue = $1),
		count(*) FILTER (WHERE kind = 'poll_recordings') FROM river.river_job`
	if err := b.admin.QueryRow(t.Context(), count, BulkQueue(appID), SweepEvery).Scan(&sweeps, &tenants, &polls); err != nil {
		t.Fatal(err)
	}
	if sweeps != 1 || tenants != 2 || polls != 2 {
		t.Errorf("%d sweeps, %d polls of %d tenants; want 1 sweep, 1 poll each of 2", sweeps, polls, tenants)
	}
}

func TestSnoozedJobHasRunBefore(t *testing.T) {
	for metadata, want := range map[string]bool{`{}`: false, `{"snoozes": 1}`: true, ``: false, `{"snoozes": 0}`: false} {
		if got := Snoozed(&rivertype.JobRow{Metadata: []byte(metadata)}); got != want {
			t.Errorf("%q: %v, want %v", metadata, got, want)
		}
	}
}
