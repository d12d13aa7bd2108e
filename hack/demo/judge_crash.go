package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/followup-dev/followup-operator/test/doubles/control"
	"github.com/followup-dev/followup-operator/test/doubles/fathom"
	"github.com/followup-dev/followup-operator/test/doubles/fault"
	"github.com/followup-dev/followup-operator/test/doubles/slack"
)

// rescuePatience bounds the wait for a job whose worker was killed: River takes it for lost after 45 s, looks every 30 s,
// and elects a new leader first.
const rescuePatience = 3 * time.Minute

// killBeforeWork tries again where the work had begun before the kill: the workers are told of the pause, and do not say when
// they have heard it.
func (s *stack) killBeforeWork(ctx context.Context) error {
	for try := 1; ; try++ {
		err := s.killPaused(ctx)
		if !errors.Is(err, errBegun) || try == 3 {
			return err
		}
	}
}

var errBegun = errors.New("the work had begun before the kill")

// killPaused stops the workers from fetching (River's own pause), so that the kill falls between acknowledgement and work.
func (s *stack) killPaused(ctx context.Context) error {
	if err := s.settled(ctx); err != nil {
		return err
	}
	if err := s.pauseJobs(ctx, "now()"); err != nil {
		return err
	}
	id, err := s.send(ctx, ada, "/meetings")
	if err == nil {
		err = s.crash(ctx)
	}
	if err := errors.Join(err, s.pauseJobs(ctx, "NULL")); err != nil {
		return err
	}
	request, err := s.await(ctx, id, rescuePatience, isAnswered)
	if err != nil {
		return err
	}
	if len(request.Modals) > 0 {
		return errBegun
	}
	// The 3 s in which a modal may be opened are long over: one message instead.
	if len(request.Messages) != 1 {
		return fmt.Errorf("%d messages, want one", len(request.Messages))
	}
	if !strings.Contains(string(request.Messages[0].Body), adasMeeting) {
		return fmt.Errorf("the message holds no list:\n%s", request)
	}
	return s.lastJob(ctx, "1")
}

// killDuringWork has Fathom hang once, so that the kill falls between the loading modal and the list.
func (s *stack) killDuringWork(ctx context.Context) error {
	if err := s.settled(ctx); err != nil {
		return err
	}
	if err := s.outside.Fail(ctx, control.Fathom, fathom.ListMeetings, fault.Fault{Kind: fault.Hang}); err != nil {
		return err
	}
	id, err := s.send(ctx, ada, "/meetings")
	if err != nil {
		return err
	}
	loading := func(r slack.Request) bool { return len(r.Modals) == 1 }
	if _, err := s.await(ctx, id, answerPatience, loading); err != nil {
		return err
	}
	if err := s.crash(ctx); err != nil {
		return err
	}
	request, err := s.await(ctx, id, rescuePatience, isAnswered)
	if err != nil {
		return err
	}
	if len(request.Modals) != 1 || len(request.Messages) != 0 {
		return fmt.Errorf("%d modals and %d messages, want the one modal", len(request.Modals), len(request.Messages))
	}
	if !strings.Contains(string(request.Modals[0].Current()), adasMeeting) {
		return fmt.Errorf("the modal holds no list:\n%s", request)
	}
	return s.lastJob(ctx, "2")
}

// settled waits until no webhook is on its way out any more: one that drains still works, and is not killed.
func (s *stack) settled(ctx context.Context) error {
	return s.eventually(ctx, time.Minute, func() error {
		all, err := s.kubectl(ctx, "get", "pods", "-n", appNamespace, "-l", webhookSelector, "-o", "jsonpath={.items[*].metadata.uid}")
		if err != nil {
			return err
		}
		live, err := s.livePods(ctx, "{{.metadata.uid}} ")
		if err == nil && len(live) != len(strings.Fields(all)) {
			err = errors.New("a webhook of a former rollout still drains")
		}
		return err
	})
}

// crash kills the webhooks and waits until Kubernetes has started them again.
func (s *stack) crash(ctx context.Context) error {
	before, err := s.restarts(ctx)
	if err != nil {
		return err
	}
	killed, err := s.killWebhooks(ctx)
	if err != nil {
		return err
	}
	if killed == 0 {
		return errors.New("found no webhook to kill")
	}
	// A Deployment looks well until the kubelet has noticed.
	noticed := func() error {
		after, err := s.restarts(ctx)
		if err == nil && after < before+killed {
			err = fmt.Errorf("%d of %d killed webhooks were started again", after-before, killed)
		}
		return err
	}
	if err := s.eventually(ctx, time.Minute, noticed); err != nil {
		return err
	}
	return s.cluster.AwaitDeployment(ctx, appNamespace, "followup-webhook")
}

// restarts is how often Kubernetes has restarted the containers of the webhooks' pods.
func (s *stack) restarts(ctx context.Context) (total int, err error) {
	counts, err := s.livePods(ctx, "{{range .status.containerStatuses}}{{.restartCount}} {{end}}")
	for _, count := range counts {
		n, convErr := strconv.Atoi(count)
		total, err = total+n, errors.Join(err, convErr)
	}
	return total, err
}

func (s *stack) pauseJobs(ctx context.Context, at string) error {
	_, err := s.psql(ctx, `UPDATE river.river_queue SET paused_at = `+at+`, updated_at = now();
		SELECT pg_notify('river.river_control', json_build_object('action', CASE WHEN `+at+`::timestamptz IS NULL THEN 'resume' ELSE 'pause' END, 'queue', '*')::text)`)
	return err
}

// lastJob wants all jobs done, the newest in this attempt.
func (s *stack) lastJob(ctx context.Context, attempt string) error {
	if err := s.jobsDone(ctx); err != nil {
		return err
	}
	got, err := s.psql(ctx, `SELECT attempt FROM river.river_job WHERE kind <> 'sweep_recordings' ORDER BY id DESC LIMIT 1`, "-At")
	if err == nil && strings.TrimSpace(got) != attempt {
		err = fmt.Errorf("the job was done in attempt %s, want %s", strings.TrimSpace(got), attempt)
	}
	return err
}

// restartsLoseNothing types commands all through a rolling restart.
func (s *stack) restartsLoseNothing(ctx context.Context) error {
	if _, err := s.kubectl(ctx, "rollout", "restart", "deployment/followup-webhook", "-n", appNamespace); err != nil {
		return err
	}
	rolled := make(chan error, 1)
	go func() { rolled <- s.cluster.AwaitDeployment(ctx, appNamespace, "followup-webhook") }()
	for sent := 0; ; sent++ {
		request, err := s.ask(ctx, hank, "/meetings")
		if err != nil {
			return err
		}
		if request.Ack.Error != "" || request.Ack.Message != nil {
			return fmt.Errorf("command %d was answered %d %q %s", sent, request.Ack.Status, request.Ack.Body, request.Ack.Error)
		}
		select {
		case err := <-rolled:
			return err
		case <-time.After(time.Second): // within the tenant's limit of commands per minute
		}
	}
}

func (s *stack) databaseMayGo(ctx context.Context) error {
	if err := s.database.Stop(ctx); err != nil {
		return err
	}
	answered := s.expectAnswer(ctx, ada, "try again in a minute")
	if err := s.database.Start(ctx); err != nil {
		return errors.Join(answered, err)
	}
	return errors.Join(answered, s.eventually(ctx, answerPatience, func() error { return s.expectMeetings(ctx, ada) }))
}
