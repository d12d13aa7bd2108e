package jobs

import (
	"context"
	"slices"
	"strconv"
	"testing"

	"github.com/riverqueue/river"

	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// One worker takes the jobs one by one. A tenant that asked for a minute's jobs at once is overtaken by one that asks
// afterwards, for once.
func TestQuietTenantOvertakesABacklog(t *testing.T) {
	const backlog = 60
	b := newTestbed(t)
	noisy, quiet := b.sync(t, "noisy", backlog), b.sync(t, "quiet", backlog)
	for i := range backlog {
		b.admitFor(t, noisy, strconv.Itoa(i))
	}
	b.admitFor(t, quiet, "quiet")
	order := b.workAll(t, 1, backlog+1)
	if at := slices.Index(order, quiet); at > backlog/2 {
		t.Errorf("the quiet tenant's job ran after %d jobs of the backlog", at)
	}
}

// A tenant far ahead of the clock has all workers while nobody else asks: no job waits for its time.
func TestIdleWorkersTakeABacklog(t *testing.T) {
	const backlog = 20
	b := newTestbed(t)
	noisy := b.sync(t, "noisy", backlog)
	if _, err := b.admin.Exec(t.Context(), `UPDATE followup.tenant_runtime SET virtual_next = now() + interval '1 hour'`); err != nil {
		t.Fatal(err)
	}
	for i := range backlog {
		b.admitFor(t, noisy, strconv.Itoa(i))
	}
	b.workAll(t, 4, backlog)
}

// workAll works the given number of jobs and returns whose they were, in order.
func (b *testbed) workAll(t *testing.T, workers, jobs int) (order []tenancy.ID) {
	t.Helper()
	worked := make(chan tenancy.ID, jobs)
	options := patient
	options.Workers = workers
	b.startClient(t, options, func(_ context.Context, job *river.Job[ListMeetings]) error {
		worked <- job.Args.TenantID
		return nil
	})
	for range jobs {
		order = append(order, await(t, worked))
	}
	return order
}
