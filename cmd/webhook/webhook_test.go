package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/followup-dev/followup-operator/internal/followup"
	"github.com/followup-dev/followup-operator/test/doubles/slack"
	"github.com/followup-dev/followup-operator/test/postgres"
)

// patient is the production's timing on a machine that may be busy, without the wait for proxies.
var patient = timing{
	budget: time.Minute, jobTimeout: time.Minute, rescueAfter: 2 * time.Minute, serve: time.Minute, work: time.Minute,
}

func TestProductionTiming(t *testing.T) {
	if drain := production.linger + production.serve + production.work + production.tell; drain >= 30*time.Second {
		t.Errorf("a drain takes up to %v: Kubernetes kills after 30 s", drain)
	}
	if production.budget >= 3*time.Second || followup.FindTime >= production.budget || production.rescueAfter <= production.jobTimeout {
		t.Errorf("%+v", production)
	}
}

func TestCommandIsAnsweredOutsideKubernetes(t *testing.T) {
	b := start(t, addTenant(t, postgres.New(t)), patient)
	b.awaitReady(t)
	if sent := b.send(t); sent.Ack.Status != http.StatusOK || sent.Ack.Body != "" {
		t.Fatalf("ack %+v, want an empty 200", sent.Ack)
	}
	seen := func() string {
		request := b.slack.Requests()[0]
		text := fmt.Sprintf("%s", request.Messages)
		for _, modal := range request.Modals {
			text += string(modal.Current())
		}
		return text
	}
	eventually(t, "meeting on the user's screen", func() bool { return strings.Contains(seen(), "Planted meeting") })

	b.checkMetrics(t)
	b.stopped(t)
	for _, secret := range []string{signingSecret, botToken, fathomKey, "Planted meeting", "ada@acme.example"} {
		if strings.Contains(b.log.String(), secret) {
			t.Errorf("the log has %q:\n%s", secret, b.log)
		}
	}
}

func (b *testbed) checkMetrics(t *testing.T) {
	t.Helper()
	metrics := "http://" + b.metrics.listener.Addr().String() + "/metrics"
	scraped := func() string {
		_, text := get(metrics)
		return text
	}
	eventually(t, "completed job in the metrics", func() bool {
		return strings.Contains(scraped(), `followup_jobs_total{kind="list_meetings",outcome="completed"} 1`)
	})
	text := scraped()
	for _, want := range []string{
		`followup_slack_requests_total{kind="meetings",outcome="admitted"} 1`,
		`followup_slack_ack_seconds_count{kind="meetings"} 1`,
		`followup_slack_late_acks_total 0`,
		`followup_job_wait_seconds_count{kind="list_meetings"} 1`,
		`followup_job_duration_seconds_count{kind="list_meetings"} 1`,
		`followup_vendor_requests_total{operation="list_meetings",outcome="ok",vendor="fathom"} 2`,
		`followup_vendor_requests_total{operation="views.open",outcome="ok",vendor="slack"} 1`,
		`followup_directory_tenants 1`,
		`followup_directory_age_seconds `,
		`followup_database_connections{pool="webhook",state="max"} 10`,
		`followup_database_connections{pool="worker",state="max"} 10`,
		`followup_database_query_seconds_count{statement="admit"} 1`,
		`followup_database_query_seconds_count{statement="saveUser"} 1`,
		`followup_database_query_seconds_count{statement="JobGetAvailable"} `,
		`go_goroutines `,
		`process_cpu_seconds_total `,
	} {
		if !strings.Contains(text, "\n"+want) {
			t.Errorf("no metric %q", want)
		}
	}
	if status, _ := get(b.url("/metrics")); status != http.StatusNotFound {
		t.Errorf("/metrics on the public port = %d, want 404", status)
	}
}

// A process that runs no jobs acknowledges, leaves the job to others, and has no part in running them.
func TestWithoutWorkersTheJobIsLeft(t *testing.T) {
	b := startWith(t, addTenant(t, postgres.New(t)), patient, "--workers=0")
	b.awaitReady(t)
	if sent := b.send(t); sent.Ack.Status != http.StatusOK || sent.Ack.Body != "" {
		t.Fatalf("ack %+v, want an empty 200", sent.Ack)
	}
	b.stopped(t)
	var untouched, queues int
	const left = `SELECT (SELECT count(*) FROM river.river_job WHERE state = 'available' AND attempt = 0), (SELECT count(*) FROM river.river_queue)`
	if err := b.admin.QueryRow(t.Context(), left).Scan(&untouched, &queues); err != nil {
		t.Fatal(err)
	}
	if untouched != 1 || queues != 0 {
		t.Errorf("%d jobs untouched, %d queues announced; want 1 and 0", untouched, queues)
	}
}

// A process that starts before its database is alive, not ready, and says so to the user.
func TestStartsBeforeItsDatabase(t *testing.T) {
	server := postgres.Start(t)
	database := addTenant(t, server.New(t))
	server.Stop()
	b := start(t, database, patient)
	if status, _ := get(b.url("/healthz")); status != http.StatusOK {
		t.Errorf("/healthz = %d, want 200", status)
	}
	if status, body := get(b.url("/readyz")); status != http.StatusServiceUnavailable {
		t.Errorf("/readyz = %d %q, want 503", status, body)
	}
	if sent := b.send(t); sent.Ack.Message == nil || !strings.Contains(string(sent.Ack.Message.Body), "try again in a minute") {
		t.Errorf("ack %+v, want the friendly text", sent.Ack)
	}
	server.Restart(t)
	b.awaitReady(t)
	if sent := b.send(t); sent.Ack.Status != http.StatusOK || sent.Ack.Body != "" {
		t.Errorf("ack %+v, want an empty 200", sent.Ack)
	}
}

// Ten requests have arrived in part when SIGTERM comes, one comes after it. All are acknowledged, and each has its job.
func TestDrainLosesNoRequest(t *testing.T) {
	const inFlight = 10
	limits := patient
	limits.linger = time.Second
	b := start(t, addTenant(t, postgres.New(t)), limits)
	b.awaitReady(t)
	term, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	context.AfterFunc(term, b.stop)

	var requests []*slowRequest
	for i := range inFlight {
		requests = append(requests, b.beginRequest(t, "trigger-"+strconv.Itoa(i)))
	}
	if err := syscall.Kill(os.Getpid(), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	eventually(t, "end of readiness", func() bool {
		status, body := get(b.url("/readyz"))
		return status == http.StatusServiceUnavailable && strings.Contains(body, "draining")
	})
	late := b.beginRequest(t, "trigger-late")
	late.finish(t)
	eventually(t, "end of listening", func() bool {
		status, _ := get(b.url("/healthz"))
		return status == 0
	})
	var all sync.WaitGroup
	for _, r := range requests {
		all.Go(func() { r.finish(t) })
	}
	all.Wait()
	b.stopped(t)

	var jobs int
	if err := b.admin.QueryRow(t.Context(), `SELECT count(*) FROM river.river_job WHERE kind = 'list_meetings'`).Scan(&jobs); err != nil {
		t.Fatal(err)
	}
	if jobs != inFlight+1 {
		t.Errorf("%d jobs for %d acknowledged requests", jobs, inFlight+1)
	}
	for _, step := range []string{"draining: not ready", "draining: requests finished", "drained: jobs finished"} {
		if !strings.Contains(b.log.String(), step) {
			t.Errorf("log has no %q:\n%s", step, b.log)
		}
	}
}

// slowRequest is a command whose body has not been sent yet, though the handler waits for it.
type slowRequest struct {
	conn   net.Conn
	answer *bufio.Reader
	body   string
}

func (b *testbed) beginRequest(t *testing.T, trigger string) *slowRequest {
	t.Helper()
	conn, err := net.Dial("tcp", b.public.listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	body := url.Values{
		"team_id": {teamID}, "user_id": {userID}, "command": {"/meetings"}, "api_app_id": {appID},
		"response_url": {"http://127.0.0.1/commands/x"}, "trigger_id": {trigger},
	}.Encode()
	stamp := strconv.FormatInt(time.Now().Unix(), 10)
	fmt.Fprintf(conn, "POST /slack/commands HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\nExpect: 100-continue\r\n"+
		"X-Slack-Request-Timestamp: %s\r\nX-Slack-Signature: %s\r\n\r\n", len(body), stamp, slack.Sign(signingSecret, stamp, []byte(body)))
	r := &slowRequest{conn: conn, answer: bufio.NewReader(conn), body: body}
	// The server says so when the handler begins to read: the request is in flight.
	if line, err := r.answer.ReadString('\n'); err != nil || !strings.Contains(line, "100 Continue") {
		t.Fatalf("%q, %v; want 100 Continue", line, err)
	}
	if _, err := r.answer.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *slowRequest) finish(t *testing.T) {
	t.Helper()
	if _, err := r.conn.Write([]byte(r.body)); err != nil {
		t.Errorf("send the body: %v", err)
		return
	}
	resp, err := http.ReadResponse(r.answer, nil)
	if err != nil {
		t.Errorf("read the answer: %v", err)
		return
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK || resp.ContentLength != 0 {
		t.Errorf("answer %s with %d bytes, want an empty 200", resp.Status, resp.ContentLength)
	}
}
