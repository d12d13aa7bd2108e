package jobs

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/followup-dev/followup-operator/internal/store"
)

const (
	riverSchema = "river"
	// insertChannel is where River's clients listen for new jobs.
	insertChannel = riverSchema + ".river_insert"
	// coalesce is the least time between two notifications.
	coalesce = 10 * time.Millisecond
)

// Enqueuer inserts jobs in the caller's transaction and wakes the workers after its commit.
//
// River would notify inside the transaction. That costs two thirds of all commits: a transaction with a NOTIFY holds a
// lock of the whole database through its fsync.
type Enqueuer struct {
	client *river.Client[pgx.Tx]
	server interface{ InitDriver(context.Context) error }
	appID  string
	wakeup *wakeup
}

// NewEnqueuer inserts into the queues of the app, with the webhook's pool.
func NewEnqueuer(db *store.DB, appID string, log *slog.Logger) (*Enqueuer, error) {
	driver := quietDriver{db.RiverDriver()}
	client, err := river.NewClient(driver, &river.Config{Schema: riverSchema, Logger: log})
	if err != nil {
		return nil, fmt.Errorf("make the enqueuing client: %w", err)
	}
	return &Enqueuer{client: client, server: driver.GetExecutor(), appID: appID, wakeup: &wakeup{
		pending: make(chan struct{}, 1),
		apart:   coalesce,
		missed:  "workers will find the job by polling",
		log:     log,
		notify: func(ctx context.Context, queue string) error {
			return db.Notify(ctx, insertChannel, fmt.Sprintf(`{"queue": %q}`, queue))
		},
	}}, nil
}

// Enqueue inserts a job that exists when tx commits, with one query. Call Committed then.
func (e *Enqueuer) Enqueue(ctx context.Context, tx pgx.Tx, args river.JobArgs) error {
	// What River wants to know of the server it asks once, and would ask in tx.
	if err := e.server.InitDriver(ctx); err != nil {
		return fmt.Errorf("enqueue %s: ask for the server's version: %w", args.Kind(), err)
	}
	if _, err := e.client.InsertTx(ctx, tx, args, &river.InsertOpts{Queue: queueOf(e.appID, args)}); err != nil {
		return fmt.Errorf("enqueue %s: %w", args.Kind(), err)
	}
	return nil
}

// Committed wakes the workers of these arguments' queue soon; it never blocks.
func (e *Enqueuer) Committed(args river.JobArgs) { e.wakeup.request(queueOf(e.appID, args)) }

// Run sends the notifications until ctx ends.
func (e *Enqueuer) Run(ctx context.Context) { e.wakeup.run(ctx) }

// quietDriver keeps River from notifying inside the transaction.
type quietDriver struct{ *riverpgxv5.Driver }

func (quietDriver) SupportsListener() bool     { return false }
func (quietDriver) SupportsListenNotify() bool { return false }
