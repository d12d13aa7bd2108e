package workers

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/riverqueue/river/rivertype"

	"github.com/followup-dev/followup-operator/internal/followup"
	"github.com/followup-dev/followup-operator/internal/outcome"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// River's rescuer takes a process for dead when a worker's Timeout has passed, and then runs the job again: by then, the run
// must have ended, and an action's run before its lease has.
func TestARunIsOverBeforeAnotherMayBegin(t *testing.T) {
	for name, tc := range map[string]struct{ river, run time.Duration }{
		"prepare": {(&PrepareFollowup{}).Timeout(nil), prepareTime},
		"act":     {(&Act{}).Timeout(nil), actTime},
		"choose":  {(&ChooseAccount{}).Timeout(nil), actTime},
		"poll":    {(&PollRecordings{}).Timeout(nil), pollTime},
	} {
		if tc.river < tc.run+Grace {
			t.Errorf("%s: River waits %s for a run of %s", name, tc.river, tc.run)
		}
	}
	if actTime >= followup.Lease {
		t.Errorf("an action may take %s, its lease is over after %s", actTime, followup.Lease)
	}
}

func TestWhatTheEndOfARunMeansForItsJob(t *testing.T) {
	now := time.Unix(1795000000, 0)
	w := &Worker{Now: func() time.Time { return now }}
	away := errors.New("database away")
	for name, tc := range map[string]struct {
		err       error
		cancelled bool
		snoozed   time.Duration // -1: it is not
	}{
		"done":               {err: nil, snoozed: -1},
		"later":              {err: fmt.Errorf("wrapped: %w", &followup.Later{At: now.Add(time.Minute)}), snoozed: time.Minute},
		"later, that is now": {err: &followup.Later{At: now.Add(-time.Minute)}, snoozed: 0},
		"no tenant":          {err: fmt.Errorf("find: %w", tenancy.ErrNotFound), cancelled: true, snoozed: -1},
		"never":              {err: &outcome.Error{Class: outcome.Permanent}, cancelled: true, snoozed: -1},
		"no token":           {err: &outcome.Error{Class: outcome.Unauthorized}, cancelled: true, snoozed: -1},
		"perhaps later":      {err: &outcome.Error{Class: outcome.Transient}, snoozed: -1},
		"of ours":            {err: away, snoozed: -1},
	} {
		t.Run(name, func(t *testing.T) {
			err := w.ended(tc.err)
			snoozed := time.Duration(-1)
			if snooze, ok := errors.AsType[*rivertype.JobSnoozeError](err); ok {
				snoozed = snooze.Duration
			}
			if cancelled(err) != tc.cancelled || snoozed != tc.snoozed || (err == nil) != (tc.err == nil) {
				t.Errorf("ended with %v", err)
			}
		})
	}
}
