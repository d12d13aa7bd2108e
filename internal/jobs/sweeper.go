package jobs

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// SweepEvery is the time between two polls of a tenant's recordings.
const SweepEvery = 10 * time.Minute

// Sweeper enqueues a SweepRecordings for each stretch of SweepEvery, one for all processes of an app.
//
// River's own periodic jobs are those of one leader among all clients on the database, which may be another app's.
type Sweeper struct {
	Client *river.Client[pgx.Tx] // that runs the jobs
	AppID  string
	Log    *slog.Logger
}

// Run enqueues until ctx ends.
func (s *Sweeper) Run(ctx context.Context) {
	tick := time.NewTicker(SweepEvery)
	defer tick.Stop()
	for {
		if err := s.Sweep(ctx); err != nil && ctx.Err() == nil {
			s.Log.Warn("sweep of recordings not enqueued", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Sweep enqueues the job of this stretch of time, unless somebody did.
func (s *Sweeper) Sweep(ctx context.Context) error {
	args := SweepRecordings{AppID: s.AppID}
	_, err := s.Client.Insert(ctx, args, &river.InsertOpts{
		Queue: queueOf(s.AppID, args), UniqueOpts: river.UniqueOpts{ByArgs: true, ByPeriod: SweepEvery},
	})
	return err
}

// unfinished are the states of a job that is to run, or runs.
var unfinished = []rivertype.JobState{
	rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable, rivertype.JobStateRunning,
	rivertype.JobStateScheduled,
}

// Follow enqueues the polls of these tenants from inside the job of a sweep, spread over half of the time until the next. A
// tenant whose last poll has not ended gets none.
func Follow(ctx context.Context, sweep SweepRecordings, tenants []tenancy.ID) error {
	if len(tenants) == 0 {
		return nil
	}
	polls := make([]river.InsertManyParams, len(tenants))
	for i, tenant := range tenants {
		args := PollRecordings{TenantID: tenant}
		polls[i] = river.InsertManyParams{Args: args, InsertOpts: &river.InsertOpts{
			Queue:       queueOf(sweep.AppID, args),
			ScheduledAt: time.Now().Add(rand.N(SweepEvery / 2)), //nolint:gosec // nobody gains by guessing it
			UniqueOpts:  river.UniqueOpts{ByArgs: true, ByState: unfinished},
		}}
	}
	if _, err := river.ClientFromContext[pgx.Tx](ctx).InsertMany(ctx, polls); err != nil {
		return fmt.Errorf("enqueue %d polls: %w", len(polls), err)
	}
	return nil
}
