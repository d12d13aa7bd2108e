package workers

import (
	"strings"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/followup-dev/followup-operator/internal/jobs"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

func TestQueuedJobsOfATenantThatDrainsAreToldAndCancelled(t *testing.T) {
	db := newDatabase(t)
	for name, tc := range map[string]struct {
		stop  tenancy.Stop
		drawn bool
	}{
		"hold finishes what is queued": {tenancy.Hold, true},
		"drain does not":               {tenancy.Drain, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, db)
			args := w.types(jane)
			w.tenant.Stop = tc.stop
			err := w.work(t.Context(), args, 1)
			shown := strings.Join(append(w.seen().Modal, w.seen().Messages...), "\n")
			if cancelled(err) == tc.drawn || strings.Contains(shown, "Quarterly") != tc.drawn || strings.Contains(shown, "is paused") == tc.drawn {
				t.Errorf("ended with %v and shows:\n%s", err, shown)
			}
		})
	}
}

func TestAUserIsToldWhichLimitIsUsedUpAndUntilWhen(t *testing.T) {
	w := newWorld(t, newDatabase(t))
	w.db.exec(t, `UPDATE followup.tenant_runtime SET quotas = '{"api_calls/daily":1}' WHERE tenant_id = $1`, w.tenant.ID)
	first := w.types(jane)
	for range 2 { // the same request again costs nothing
		if err := w.work(t.Context(), first, 1); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.work(t.Context(), w.types(jane), 1); err != nil {
		t.Fatal(err)
	}
	shown := strings.Join(append(w.seen().Modal, w.seen().Messages...), "\n")
	tomorrow := time.Now().UTC().Truncate(24 * time.Hour).Add(24 * time.Hour) // by Postgres' clock, which is this one
	rome, zoneErr := time.LoadLocation("Europe/Rome")
	if zoneErr != nil {
		t.Fatal(zoneErr)
	}
	for _, want := range []string{"1 request a day", tomorrow.In(rome).Format("2 Jan 2006"), tomorrow.In(rome).Format("15:04"), "Nothing is lost"} {
		if !strings.Contains(shown, want) {
			t.Errorf("nothing of %q is shown:\n%s", want, shown)
		}
	}
}

// What nobody asked for is not done for a tenant that is not served.
func TestNothingIsAnnouncedToATenantThatIsNotServed(t *testing.T) {
	db := newDatabase(t)
	for name, stop := range map[string]func(*world){
		"held":      func(w *world) { w.tenant.Stop = tenancy.Hold },
		"draining":  func(w *world) { w.tenant.Stop = tenancy.Drain },
		"trial":     func(w *world) { w.tenant.TrialEndsAt = w.clock() },
		"no app":    func(w *world) { w.tenant.Disconnected = true },
		"is served": func(*world) {},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, db)
			stop(w)
			poll := PollRecordings{Worker: w.worker.Worker}
			err := poll.Work(t.Context(), &river.Job[jobs.PollRecordings]{
				JobRow: &rivertype.JobRow{ID: 8, Attempt: 1, MaxAttempts: maxAttempts}, Args: jobs.PollRecordings{TenantID: w.tenant.ID},
			})
			if served := name == "is served"; cancelled(err) == served || (err == nil) != served {
				t.Errorf("ended with %v", err)
			}
		})
	}
}
