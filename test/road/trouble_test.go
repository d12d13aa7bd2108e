package road

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/riverqueue/river/rivertype"

	"github.com/followup-dev/followup-operator/internal/jobs"
	"github.com/followup-dev/followup-operator/internal/telemetry"
	"github.com/followup-dev/followup-operator/internal/tenancy"
	"github.com/followup-dev/followup-operator/internal/workers"
	"github.com/followup-dev/followup-operator/test/doubles/fathom"
	"github.com/followup-dev/followup-operator/test/doubles/fault"
)

// snoozes runs a job that has to wait, and returns for how long.
func (w *world) snoozes(j *job) time.Duration {
	w.t.Helper()
	err := w.run(j)
	snoozed, ok := errors.AsType[*rivertype.JobSnoozeError](err)
	if !ok {
		w.t.Fatalf("the run ended with %v, want it to wait\n%s", err, w.log)
	}
	return snoozed.Duration
}

// starts clicks "Follow up" in the list.
func (w *world) starts(user string) *job {
	w.t.Helper()
	w.types(user, "/meetings")
	w.presses(user, "followup_start")
	return w.next()
}

// Fathom takes minutes to write down what was said. The user is told, and the job waits without using up its attempts.
func TestAMeetingThatFathomHasNotWrittenDown(t *testing.T) {
	w := newWorld(t)
	pending := meeting()
	pending.PendingCalls = 1
	var err error
	double, err := fathom.New(fathom.Config{Keys: []fathom.Key{{Key: "fathom-key", Meetings: []fathom.Meeting{pending}}}})
	w.must(err)
	w.urls.fathom = w.serve(double)
	w.worker = w.process()
	j := w.starts(ada)
	if wait := w.snoozes(j); wait <= 0 || wait > time.Minute {
		t.Errorf("waits %s, want a minute at most", wait)
	}
	if len(w.anthropic.Requests()) != 0 {
		t.Error("the model was asked for nothing")
	}
	w.must(w.run(j))
	w.closes(ada)
	w.sees(ada, "Version 1")
	if j.row.Attempt != 1 {
		t.Errorf("attempt %d, want the first", j.row.Attempt)
	}
}

// What one process hears of a limit holds for the others, and for the tenant's other users. Nobody sleeps in place.
func TestALimitHoldsForEachProcess(t *testing.T) {
	w := newWorld(t)
	for _, user := range []string{ada, bob} {
		w.prepares(user)
	}
	w.must(w.crono.Fail("create_note", fault.Fault{Kind: fault.RateLimited, RetryAfter: 40}))
	w.presses(ada, "followup_act_crm_note")
	adas := w.next()
	if wait := w.snoozes(adas); wait < 30*time.Second || wait > time.Minute {
		t.Errorf("waits %s, want 40 s", wait)
	}
	w.crono.ResetCalls()
	w.worker = w.process()
	w.presses(bob, "followup_act_crm_note")
	bobs := w.next()
	w.snoozes(bobs)
	if calls := w.crono.Calls(); len(calls) != 0 {
		t.Errorf("calls %v, want none", calls)
	}
	w.exec(`DELETE FROM followup.vendor_gates`) // 40 seconds later
	for _, j := range []*job{adas, bobs} {
		w.must(w.run(j))
	}
	if notes := w.crono.Received("crono-public").Notes; len(notes) != 2 {
		t.Errorf("%d notes, want 2", len(notes))
	}
}

func TestAModelThatIsOverloaded(t *testing.T) {
	w := newWorld(t)
	w.must(w.anthropic.Fail("messages", fault.Fault{Kind: fault.Error, Code: "overloaded_error", Times: 2}))
	j := w.starts(ada)
	w.snoozes(j)
	w.anthropic.ClearFaults()
	w.must(w.run(j))
	w.closes(ada)
	w.sees(ada, "Version 1")
}

// A token that ends early is replaced once, and the user notices nothing.
func TestATokenThatGoogleRefusesIsReplacedOnce(t *testing.T) {
	w := newWorld(t)
	w.prepares(ada)
	w.clicks(ada, "followup_act_gmail_draft")
	w.google.ExpireTokens()
	w.clicks(ada, "followup_form_event")
	w.submits(ada, map[string]string{"title": "Offer", "date": tomorrow(), "time": "15:00", "minutes": "30"})
	w.works()
	events, err := w.google.Events(adaEmail)
	w.must(err)
	if minted := w.google.Calls()["token"]["ok"]; len(events) != 1 || minted != 2 {
		t.Errorf("%d events, %d tokens minted; want 1 and 2", len(events), minted)
	}
	if w.count(`SELECT count(*) FROM followup.connection_tokens WHERE position('ya29'::bytea IN access_token) > 0`) != 0 {
		t.Error("a token is kept in the clear")
	}
}

// Who can't be helped by waiting is told what is wrong, with a way to try again; nothing is left half done.
func TestWhatIsInTheWayIsSaid(t *testing.T) {
	w := newWorld(t)
	w.prepares(ada)
	w.must(w.google.Fail("create_draft", fault.Fault{Kind: fault.Error, Code: "authError", Times: fault.Always}))
	w.clicks(ada, "followup_act_gmail_draft")
	w.sees(ada, "followup_retry")
	if w.count(`SELECT count(*) FROM followup.meeting_actions WHERE state = 'failed'`) != 1 {
		t.Errorf("want one action failed\n%s", w.log)
	}
	w.google.ClearFaults()
	w.secrets["acme-google/key"] += " \n" // another credential: the same words, but a person has seen to it
	w.clicks(ada, "followup_retry")
	drafts, err := w.google.Drafts(adaEmail)
	w.must(err)
	if len(drafts) != 1 {
		t.Errorf("%d drafts after all, want 1\n%s", len(drafts), w.log)
	}
}

// The last run of a job tells its user.
func TestTheLastRunTells(t *testing.T) {
	w := newWorld(t)
	j := w.starts(ada)
	w.exec(`ALTER TABLE followup.session_revisions RENAME TO away`)
	for j.row.Attempt < j.row.MaxAttempts {
		if err := w.run(j); err == nil {
			t.Fatal("it ran without its table")
		}
	}
	w.exec(`ALTER TABLE followup.away RENAME TO session_revisions`)
	w.closes(ada)
	if !strings.Contains(w.screen(ada), "our side") && !strings.Contains(w.screen(ada), "went wrong") {
		t.Errorf("Ada is not told:\n%s", w.screen(ada))
	}
}

// subscribe makes Fathom call the tenant's URL, with a secret that is in the tenant's credential then.
func (w *world) subscribe() {
	w.t.Helper()
	body := `{"destination_url": "https://followup.example/fathom", "triggered_for": ["my_recordings"], "include_summary": true}`
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.urls.fathom+"/external/v1/webhooks", strings.NewReader(body))
	w.must(err)
	r.Header.Set("X-Api-Key", "fathom-key")
	r.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(r)
	w.must(err)
	defer response.Body.Close()
	var made struct{ Secret string }
	w.must(json.NewDecoder(response.Body).Decode(&made))
	w.secrets["acme-fathom/key"] = `{"api_key": "fathom-key", "webhook_secret": "` + made.Secret + `"}`
}

// hears has Fathom tell of the recording, and returns the answer's status.
func (w *world) hears(change func(*fathom.Message)) int {
	w.t.Helper()
	messages, err := w.fathom.Announce("fathom-key", review)
	if err != nil || len(messages) != 1 {
		w.t.Fatal(len(messages), err)
	}
	messages[0].URL = w.url + "/fathom/webhooks/" + w.tenant.String()
	if change != nil {
		change(&messages[0])
	}
	status, err := w.fathom.Send(w.t.Context(), messages[0])
	w.must(err)
	return status
}

// Whoever recorded a meeting is told once, by the webhook or by the poll behind it, and goes on from there.
func TestARecordingIsAnnouncedOnceAndFollowedUp(t *testing.T) {
	w := newWorld(t)
	w.subscribe()
	var first fathom.Message
	if status := w.hears(func(m *fathom.Message) { first = *m }); status != http.StatusNoContent {
		t.Fatalf("answer %d\n%s", status, w.log)
	}
	if status := w.hears(func(m *fathom.Message) { *m = first }); status != http.StatusNoContent {
		t.Errorf("sent again: answer %d", status)
	}
	if n := w.count(`SELECT count(*) FROM river.river_job WHERE kind = 'announce_recording'`); n != 1 {
		t.Errorf("%d jobs, want 1", n)
	}
	w.hears(nil) // another message of the same recording
	w.works()
	w.must(w.run(w.poll()))
	if posts := w.slack.Screens(acme, ada)[0].Posts; len(posts) != 1 {
		t.Fatalf("%d messages, want 1", len(posts))
	}
	if len(w.slack.Screens(acme, bob)) != 0 {
		t.Error("Bob is told of what Ada recorded")
	}
	w.clicks(ada, "followup_start")
	w.sees(ada, "Version 1")
}

func TestFathomsWebhookIsFathoms(t *testing.T) {
	w := newWorld(t)
	if status := w.hears0(); status != http.StatusUnauthorized {
		t.Errorf("without a secret: answer %d, want 401", status)
	}
	w.subscribe()
	for name, tc := range map[string]struct {
		change func(*fathom.Message)
		want   int
	}{
		"another tenant's":   {func(m *fathom.Message) { m.URL = w.url + "/fathom/webhooks/" + tenancy.ID{1}.String() }, http.StatusNotFound},
		"no tenant's":        {func(m *fathom.Message) { m.URL = w.url + "/fathom/webhooks/acme" }, http.StatusNotFound},
		"unsigned":           {func(m *fathom.Message) { m.ID = "" }, http.StatusUnauthorized},
		"larger than it may": {func(m *fathom.Message) { m.Body = bytes.Repeat([]byte(" "), 5<<20) }, http.StatusRequestEntityTooLarge},
		"of no recording":    {func(m *fathom.Message) { m.Body = []byte(`{"title": "Quarterly"}`) }, http.StatusBadRequest},
		"no JSON":            {func(m *fathom.Message) { m.Body = []byte(`Quarterly`) }, http.StatusBadRequest},
		"an odd ID":          {func(m *fathom.Message) { m.ID = "Quarterly review" }, http.StatusBadRequest},
	} {
		if status := w.hears(tc.change); status != tc.want {
			t.Errorf("%s: answer %d, want %d", name, status, tc.want)
		}
	}
	if n := w.count(`SELECT count(*) FROM river.river_job`); n != 0 {
		t.Errorf("%d jobs, want none", n)
	}
	w.exec(`UPDATE followup.tenant_runtime SET held = true`)
	if status := w.hears(nil); status != http.StatusNoContent || w.count(`SELECT count(*) FROM river.river_job`) != 0 {
		t.Errorf("of a tenant that is paused: answer %d", status)
	}
	w.exec(`UPDATE followup.tenant_runtime SET held = false, minute = date_trunc('minute', now()) + interval '1 hour', used = minute_limit`)
	if status := w.hears(nil); status != http.StatusServiceUnavailable {
		t.Errorf("beyond the limit: answer %d, want Fathom to come again", status)
	}
}

// hears0 is hears before Fathom has been subscribed to: somebody else sends.
func (w *world) hears0() int {
	w.t.Helper()
	response, err := http.Post(w.url+"/fathom/webhooks/"+w.tenant.String(), "application/json", strings.NewReader(`{}`))
	w.must(err)
	defer response.Body.Close()
	return response.StatusCode
}

// River's own client runs each kind; a sweep has those tenants polled whose Fathom tells of recordings.
func TestASweepPollsWhoeverIsTold(t *testing.T) {
	w := newWorld(t)
	w.subscribe()
	all := func() []tenancy.Tenant {
		tenant, err := w.tenants.ByID(t.Context(), w.tenant)
		if err != nil {
			t.Error(err)
		}
		silent := tenant
		silent.ID, silent.FathomKey = tenancy.ID{1}, ref("acme-slack")
		return []tenancy.Tenant{tenant, silent}
	}
	client, err := jobs.NewClient(w.workerDB, appID, workers.All(w.worker, all), jobs.Options{
		Log: slog.New(slog.DiscardHandler), Metrics: telemetry.NewWebhook(prometheus.NewRegistry()), Workers: 4,
		JobTimeout: time.Minute, RescueAfter: 2 * time.Minute, SoftStop: time.Minute,
	})
	w.must(err)
	events, cancel := client.Subscribe("job_completed", "job_failed")
	defer cancel()
	w.must((&jobs.Sweeper{Client: client, AppID: appID, Log: slog.New(slog.DiscardHandler)}).Sweep(t.Context()))
	w.must(client.Start(t.Context()))
	defer client.Stop(t.Context())
	select {
	case event := <-events:
		if event.Kind != "job_completed" {
			t.Fatalf("%s: %+v", event.Kind, event.Job.Errors)
		}
	case <-time.After(time.Minute):
		t.Fatal("no sweep in a minute")
	}
	if n := w.count(`SELECT count(*) FROM river.river_job WHERE kind = 'poll_recordings'`); n != 1 {
		t.Errorf("%d polls, want 1", n)
	}
	if w.count(`SELECT count(*) FROM river.river_job WHERE kind = 'poll_recordings' AND args->>'tenant_id' = $1`, w.tenant.String()) != 1 {
		t.Error("it is another tenant's")
	}
}
