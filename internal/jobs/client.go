package jobs

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/followup-dev/followup-operator/internal/store"
	"github.com/followup-dev/followup-operator/internal/telemetry"
)

// fetchCooldown bounds how often a queue is fetched, and with it how late a job starts.
const fetchCooldown = 5 * time.Millisecond

// Options are what a client of jobs needs beside its database and workers.
type Options struct {
	Log     *slog.Logger
	Metrics *telemetry.Webhook
	// Workers is how many jobs the process runs at once that users wait for, and half as many of the others; they mostly wait
	// for a vendor. 0: it runs none, and its client must not be started.
	Workers int
	// JobTimeout cancels the context of a job.
	JobTimeout time.Duration
	// RescueAfter is when a job of a process that died is run again. It must exceed JobTimeout.
	RescueAfter time.Duration
	// SoftStop is how long a stop waits for running jobs before it cancels them, to be run again elsewhere.
	SoftStop time.Duration
}

// NewClient makes the River client that runs the app's jobs, with the worker's pool. The caller starts and stops it.
func NewClient(db *store.DB, appID string, workers *river.Workers, o Options) (*river.Client[pgx.Tx], error) {
	client, err := river.NewClient(db.RiverDriver(), clientConfig(appID, workers, o))
	if err != nil {
		return nil, fmt.Errorf("make the working client: %w", err)
	}
	return client, nil
}

func clientConfig(appID string, workers *river.Workers, o Options) *river.Config {
	queues := map[string]river.QueueConfig{}
	if o.Workers > 0 {
		queues[InteractiveQueue(appID)] = river.QueueConfig{MaxWorkers: o.Workers}
		queues[BulkQueue(appID)] = river.QueueConfig{MaxWorkers: max(1, o.Workers/2)}
	}
	return &river.Config{
		Schema:  riverSchema,
		Logger:  o.Log,
		Queues:  queues,
		Workers: workers,
		// A newer release may enqueue kinds that this one does not know: leave them to its workers.
		FetchOnlyKnownKinds:  true,
		FetchCooldown:        fetchCooldown,
		JobTimeout:           o.JobTimeout,
		RescueStuckJobsAfter: o.RescueAfter,
		SoftStopTimeout:      o.SoftStop,
		Middleware:           []rivertype.Middleware{&observer{log: o.Log, metrics: o.Metrics, now: time.Now}},
		// The table stays small, and the response_urls in it go when Slack has closed them.
		CompletedJobRetentionPeriod: 10 * time.Minute,
		CancelledJobRetentionPeriod: time.Hour,
		DiscardedJobRetentionPeriod: 24 * time.Hour,
		// Reindexing takes an owner; the worker's role is none.
		ReindexerIndexNames: []string{},
	}
}
