package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"
)

// workshop is a tenant with a session to act on.
type workshop struct {
	testbed
	tenant  *Tenant
	session Session
}

func newWorkshop(t *testing.T) workshop {
	t.Helper()
	bed := newTestbed(t)
	tenant, user, _ := bed.newUsers(t)
	return workshop{bed, tenant, openDemo(t, tenant, user)}
}

func (w workshop) note() Action {
	return Action{
		Key: "note", SessionID: w.session.ID, ActorSlackID: "U1", Kind: "crm_note", Target: "7", Revision: 1,
		Input: json.RawMessage(`{"account_id": "7"}`),
	}
}

func (w workshop) plan(t *testing.T, action Action) Action {
	t.Helper()
	planned, err := w.tenant.PlanAction(t.Context(), action)
	if err != nil {
		t.Fatal(err)
	}
	return planned
}

// put has the note in a state, as if holder "before" had been at it.
func (w workshop) put(t *testing.T, state string, lease time.Duration) Action {
	t.Helper()
	action := w.plan(t, w.note())
	w.exec(t, `UPDATE followup.meeting_actions SET state = $2, external_id = 'old', url = 'https://old.test', reason = 'crm_down',
		lease_holder = CASE $2 WHEN 'sending' THEN 'before' ELSE '' END, lease_until = CASE $2 WHEN 'sending' THEN now() + $3::interval END
		WHERE id = $1`, action.ID, state, lease)
	w.exec(t, "TRUNCATE followup.audit_logs")
	return action
}

func (w workshop) state(t *testing.T, id uuid.UUID) string {
	t.Helper()
	return queryOne[string](t, w.testbed, "SELECT state FROM followup.meeting_actions WHERE id = $1", id)
}

// audited returns what was recorded, without order: what one statement records has one time.
func (w workshop) audited(t *testing.T) []string {
	t.Helper()
	records := queryOne[[]string](t, w.testbed, `
		SELECT coalesce(array_agg(concat_ws(' ', event_type, event_category, actor_slack_id)), '{}') FROM followup.audit_logs`)
	slices.Sort(records)
	return records
}

var but = cmpopts.IgnoreFields(Action{}, "ID", "UpdatedAt")

func TestPlanActionOnceForAKey(t *testing.T) {
	w := newWorkshop(t)
	want := w.note()
	want.State = "planned"
	first := w.plan(t, w.note())
	if diff := cmp.Diff(want, first, but); diff != "" {
		t.Errorf("planned (-want +got):\n%s", diff)
	}
	again := w.plan(t, w.note())
	if diff := cmp.Diff(first, again); diff != "" {
		t.Errorf("planned again (-first +again):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"crm_note.planned integration U1"}, w.audited(t)); diff != "" {
		t.Errorf("audited (-want +got):\n%s", diff)
	}

	task := Action{Key: "task/1", ActorSlackID: "U1", Kind: "crm_task", Target: "1"} // of no session, and with nothing typed in
	planned := w.plan(t, task)
	task.State = "planned"
	if diff := cmp.Diff(task, planned, but); diff != "" {
		t.Errorf("task (-want +got):\n%s", diff)
	}
	all, err := w.tenant.ListActions(t.Context(), w.session.ID)
	if diff := cmp.Diff([]Action{first}, all); err != nil || diff != "" {
		t.Errorf("of the session: %v (-want +got):\n%s", err, diff)
	}
}

func TestOnlyWhatIsNotDoneIsPlannedAgain(t *testing.T) {
	tests := map[string]struct {
		changed bool // the input is
		want    string
		input   string
		audited []string
	}{
		"planned": {want: "planned", input: "new", audited: []string{"crm_note.planned integration U1"}, changed: true},
		"sending": {want: "sending", input: "7"},
		"unknown": {want: "unknown", input: "7"},
		"done":    {want: "done", input: "7"},
		"failed":  {want: "planned", input: "new", audited: []string{"crm_note.planned integration U1"}, changed: true},
		"undone":  {want: "planned", input: "new", audited: []string{"crm_note.planned integration U1"}, changed: true},
	}
	for state, tc := range tests {
		t.Run(state, func(t *testing.T) {
			w := newWorkshop(t)
			w.put(t, state, time.Hour)
			next := w.note()
			next.Input = json.RawMessage(`{"account_id": "new"}`)
			got := w.plan(t, next)
			if got.State != tc.want || string(got.Input) != fmt.Sprintf(`{"account_id": %q}`, tc.input) {
				t.Errorf("state %s, input %s; want %s, %s", got.State, got.Input, tc.want, tc.input)
			}
			if tc.changed == (got.ExternalID == "old" || got.URL != "" || got.Reason != "") {
				t.Errorf("artefact %q %q, reason %q; taken up again: %v", got.ExternalID, got.URL, got.Reason, tc.changed)
			}
			if diff := cmp.Diff(tc.audited, w.audited(t), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("audited (-want +got):\n%s", diff)
			}
		})
	}
}

func TestBeginActionSaysHowItWasBefore(t *testing.T) {
	const over, lasts = -time.Second, time.Hour
	tests := map[string]struct {
		state  string
		lease  time.Duration
		holder string
		want   string // the state that is returned; "" for ErrBusy
		then   string
	}{
		"planned":                         {state: "planned", holder: "run", want: "planned", then: "sending"},
		"failed":                          {state: "failed", holder: "run", want: "failed", then: "sending"},
		"undone":                          {state: "undone", holder: "run", want: "undone", then: "sending"},
		"unknown":                         {state: "unknown", holder: "run", want: "unknown", then: "sending"},
		"done":                            {state: "done", holder: "run", want: "done", then: "done"},
		"another is at it":                {state: "sending", lease: lasts, holder: "run", then: "sending"},
		"another died at it":              {state: "sending", lease: over, holder: "run", want: "unknown", then: "sending"},
		"the same was at it":              {state: "sending", lease: lasts, holder: "before", want: "unknown", then: "sending"},
		"the same was at it for too long": {state: "sending", lease: over, holder: "before", want: "unknown", then: "sending"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorkshop(t)
			id := w.put(t, tc.state, tc.lease).ID
			got, err := w.tenant.BeginAction(t.Context(), id, tc.holder, time.Minute)
			if got.State != tc.want || errors.Is(err, ErrBusy) != (tc.want == "") || err != nil && !errors.Is(err, ErrBusy) {
				t.Errorf("state %q, %v; want %q", got.State, err, tc.want)
			}
			if now := w.state(t, id); now != tc.then {
				t.Errorf("then it is %s, want %s", now, tc.then)
			}
			// Whoever has it now keeps others out.
			_, err = w.tenant.BeginAction(t.Context(), id, "other", time.Minute)
			if busy := errors.Is(err, ErrBusy); busy != (tc.then == "sending") {
				t.Errorf("another run: %v", err)
			}
			if records := w.audited(t); len(records) > 0 {
				t.Errorf("audited %v, want nothing: nothing is done yet", records)
			}
		})
	}
}

// All of them look at the row before any may change it.
func TestOneOfManyRunsBegins(t *testing.T) {
	const runs = 3
	w := newWorkshop(t)
	id := w.plan(t, w.note()).ID
	others, err := w.admin.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer others.Rollback(t.Context())
	if _, err := others.Exec(t.Context(), "SELECT FROM followup.meeting_actions FOR UPDATE"); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	for i := range runs {
		go func() {
			_, err := w.tenant.BeginAction(t.Context(), id, fmt.Sprint("run ", i), time.Minute)
			ended <- err
		}()
	}
	w.waitForLocks(t, runs)
	if err := others.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	began := 0
	for range runs {
		if err := <-ended; err == nil {
			began++
		} else if !errors.Is(err, ErrBusy) {
			t.Error(err)
		}
	}
	if began != 1 {
		t.Errorf("%d of %d runs began, want one", began, runs)
	}
}

func TestFinishAction(t *testing.T) {
	tests := map[string]map[string]bool{ // by the state before, the ends that are possible
		"planned": {"done": true, "failed": true},
		"sending": {"planned": true, "done": true, "failed": true, "unknown": true},
		"unknown": {"done": true, "failed": true, "unknown": true},
		"failed":  {"done": true, "failed": true},
		"done":    {"done": true, "undone": true},
		"undone":  {"undone": true},
	}
	w := newWorkshop(t)
	for before, ends := range tests {
		for _, end := range []string{"planned", "done", "failed", "unknown", "undone"} {
			t.Run(before+" to "+end, func(t *testing.T) {
				id := w.put(t, before, time.Hour).ID
				err := w.tenant.FinishAction(t.Context(), id, Result{State: end, ExternalID: "new", URL: "https://new.test", Reason: "internal"})
				if ends[end] != (err == nil) || err != nil && !errors.Is(err, ErrBusy) {
					t.Errorf("error = %v, possible: %v", err, ends[end])
				}
				want := map[string]string{"state": before, "external_id": "old"}
				var audited []string
				if ends[end] {
					want = map[string]string{"state": end, "external_id": "new"}
					if end != before {
						audited = []string{"crm_note." + end + " integration U1"}
					}
				}
				got, err := w.tenant.FindAction(t.Context(), id, "U1")
				if diff := cmp.Diff(want, map[string]string{"state": got.State, "external_id": got.ExternalID}); err != nil || diff != "" {
					t.Errorf("%v (-want +got):\n%s", err, diff)
				}
				if diff := cmp.Diff(audited, w.audited(t), cmpopts.EquateEmpty()); diff != "" {
					t.Errorf("audited (-want +got):\n%s", diff)
				}
				w.exec(t, "DELETE FROM followup.meeting_actions")
			})
		}
	}
}

func TestWhatIsTakenBackKeepsItsArtefact(t *testing.T) {
	w := newWorkshop(t)
	id := w.put(t, "done", 0).ID
	if err := w.tenant.FinishAction(t.Context(), id, Result{State: "undone"}); err != nil {
		t.Fatal(err)
	}
	got, err := w.tenant.FindAction(t.Context(), id, "U1")
	if err != nil || got.ExternalID != "old" || got.URL != "https://old.test" || got.Reason != "" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestAnActionIsItsActorsOnly(t *testing.T) {
	w := newWorkshop(t)
	mine := w.put(t, "failed", 0)
	if _, err := w.tenant.FindAction(t.Context(), mine.ID, "U2"); !errors.Is(err, ErrNotFound) {
		t.Errorf("find: error = %v, want ErrNotFound", err)
	}
	theirs := w.note()
	theirs.ActorSlackID, theirs.Input = "U2", nil
	if _, err := w.tenant.PlanAction(t.Context(), theirs); !errors.Is(err, ErrNotFound) {
		t.Errorf("plan: error = %v, want ErrNotFound", err)
	}
	if state := w.state(t, mine.ID); state != "failed" {
		t.Errorf("a colleague made it %s", state)
	}
	for name, err := range map[string]error{
		"begin":  func() error { _, err := w.tenant.BeginAction(t.Context(), uuid.New(), "run", time.Minute); return err }(),
		"finish": w.tenant.FinishAction(t.Context(), uuid.New(), Result{State: "done"}),
	} {
		if !errors.Is(err, ErrNotFound) {
			t.Errorf("%s what there is not: error = %v, want ErrNotFound", name, err)
		}
	}
}
