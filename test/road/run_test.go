package road

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"runtime"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/followup-dev/followup-operator/internal/jobs"
	"github.com/followup-dev/followup-operator/internal/workers"
	"github.com/followup-dev/followup-operator/test/doubles/slack"
)

// job is one that waits.
type job struct {
	row  *rivertype.JobRow
	args []byte
}

// errKilled stands for a process that died.
var errKilled = errors.New("killed")

// next takes the job that was enqueued first, nil if none waits.
func (w *world) next() *job {
	w.t.Helper()
	rows, err := w.admin.Query(w.t.Context(), `UPDATE river.river_job SET state = 'running' WHERE id =
		(SELECT min(id) FROM river.river_job WHERE state = 'available') RETURNING id, kind, args, max_attempts`)
	w.must(err)
	defer rows.Close()
	if !rows.Next() {
		return nil
	}
	j := &job{row: &rivertype.JobRow{}}
	w.must(rows.Scan(&j.row.ID, &j.row.Kind, &j.args, &j.row.MaxAttempts))
	return j
}

// works runs what waits, and fails the test unless each job ends well.
func (w *world) works() {
	w.t.Helper()
	for j := w.next(); j != nil; j = w.next() {
		if err := w.run(j); err != nil {
			w.t.Fatalf("%s: %v\n%s", j.row.Kind, err, w.log)
		}
	}
}

// run is one more attempt, in a goroutine that may be killed as a process is.
func (w *world) run(j *job) error {
	w.t.Helper()
	j.row.Attempt++
	done := make(chan error, 1)
	go func() {
		err := errKilled
		defer func() { done <- err }() // runs when the goroutine is killed, too
		err = w.attempt(j)
	}()
	err := <-done
	if _, snoozed := errors.AsType[*rivertype.JobSnoozeError](err); snoozed {
		j.row.Attempt--
		j.row.Metadata = []byte(`{"snoozes": 1}`)
	}
	return err
}

func (w *world) attempt(j *job) error {
	switch j.row.Kind {
	case "list_meetings":
		return work(w, j, &workers.ListMeetings{Worker: w.worker})
	case "prepare_followup":
		return work(w, j, &workers.PrepareFollowup{Worker: w.worker})
	case "open_form":
		return work(w, j, &workers.OpenForm{Worker: w.worker})
	case "save_texts":
		return work(w, j, &workers.SaveTexts{Worker: w.worker})
	case "choose_account":
		return work(w, j, &workers.ChooseAccount{Worker: w.worker})
	case "act":
		return work(w, j, &workers.Act{Worker: w.worker})
	case "announce_recording":
		return work(w, j, &workers.AnnounceRecording{Worker: w.worker})
	case "poll_recordings":
		return work(w, j, &workers.PollRecordings{Worker: w.worker})
	default:
		return errors.New("no worker has this kind")
	}
}

func work[T river.JobArgs](w *world, j *job, worker river.Worker[T]) error {
	var args T
	if err := json.Unmarshal(j.args, &args); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(w.t.Context(), time.Minute)
	defer cancel()
	return worker.Work(ctx, &river.Job[T]{JobRow: j.row, Args: args})
}

// poll is the job of a sweep.
func (w *world) poll() *job {
	args, err := json.Marshal(jobs.PollRecordings{TenantID: w.tenant})
	w.must(err)
	return &job{row: &rivertype.JobRow{Kind: "poll_recordings", MaxAttempts: 2}, args: args}
}

// switchboard is the network. It can kill whoever makes a call, before or after it.
type switchboard struct {
	slack string // the double's host

	mu     sync.Mutex
	before func(*http.Request) bool
	after  func(*http.Request) bool
}

// RoundTrip implements http.RoundTripper.
func (s *switchboard) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	before, after := s.before, s.after
	s.mu.Unlock()
	if before != nil && before(r) {
		s.clear()
		runtime.Goexit()
	}
	response, err := http.DefaultTransport.RoundTrip(r)
	if after != nil && after(r) {
		s.clear()
		if err == nil {
			_ = response.Body.Close()
		}
		runtime.Goexit()
	}
	return response, err
}

func (s *switchboard) clear() { s.kill(nil, nil) }

// kill ends the next run that calls one of these, before it does or after the vendor has answered.
func (s *switchboard) kill(before, after func(*http.Request) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before, s.after = before, after
}

// types sends a command, and runs what comes of it.
func (w *world) types(user, command string) {
	w.t.Helper()
	_, err := w.slack.SendCommand(w.t.Context(), w.url+"/slack/commands", slack.Command{TeamID: acme, UserID: user, Command: command})
	w.must(err)
	w.works()
}

// presses a button, whose job waits then.
func (w *world) presses(user, action string) {
	w.t.Helper()
	request, err := w.slack.SendAction(w.t.Context(), w.url+"/slack/interactions", slack.Action{TeamID: acme, UserID: user, ActionID: action})
	if err != nil || request.Ack.Error != "" {
		w.t.Fatalf("%v, %+v\n%s", err, request.Ack, w.screen(user))
	}
}

// clicks a button, and runs what comes of it.
func (w *world) clicks(user, action string) {
	w.t.Helper()
	w.presses(user, action)
	w.works()
}

// submits the form on top; its job waits then.
func (w *world) submits(user string, values map[string]string) {
	w.t.Helper()
	request, err := w.slack.SendSubmission(w.t.Context(), w.url+"/slack/interactions", slack.Submission{TeamID: acme, UserID: user, Values: values})
	if err != nil || request.Ack.Error != "" || request.Ack.Body != "" {
		w.t.Fatalf("%v, %+v\n%s", err, request.Ack, w.screen(user))
	}
}

// closes what a user has open: behind a modal there is nothing to press.
func (w *world) closes(user string) { w.slack.CloseModals(acme, user) }

// prepares the follow-up of the one meeting, as far as the card.
func (w *world) prepares(user string) {
	w.t.Helper()
	w.types(user, "/meetings")
	w.clicks(user, "followup_start")
	w.closes(user)
}

func typing(user, action, text string) slack.Typing {
	return slack.Typing{TeamID: acme, UserID: user, ActionID: action, Text: text}
}
