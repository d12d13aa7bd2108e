package telemetry

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/followup-dev/followup-operator/internal/outcome"
)

func TestWebhookMetrics(t *testing.T) {
	reg := prometheus.NewPedanticRegistry()
	m := NewWebhook(reg)
	m.Request(KindMeetings, OutcomeAdmitted, 20*time.Millisecond)
	m.Request(KindMeetings, OutcomeAdmitted, LateAck+time.Millisecond)
	m.Retry("http_timeout")
	m.Notice(NoticeDropped)
	m.JobWaited(KindListMeetings, time.Second)
	m.JobRan(KindListMeetings, JobCompleted, time.Second)
	m.VendorCalls(slog.New(slog.DiscardHandler))(outcome.Call{Vendor: "fathom", Operation: "list_meetings", Took: time.Second})
	RegisterDirectory(reg, func() int { return 3 }, func() time.Duration { return 1500 * time.Millisecond })
	for _, pool := range []string{"webhook", "worker"} {
		RegisterPool(reg, pool, func() PoolStats { return PoolStats{Max: 10, Idle: 2, Acquired: 1} })
	}
	text := scrape(t, reg)
	for _, want := range []string{
		`followup_slack_requests_total{kind="meetings",outcome="admitted"} 2`,
		`followup_slack_ack_seconds_count{kind="meetings"} 2`,
		`followup_slack_ack_seconds_bucket{kind="meetings",le="3"} 1`,
		`followup_slack_late_acks_total 1`,
		`followup_slack_retries_total{reason="http_timeout"} 1`,
		`followup_slack_notices_total{outcome="dropped"} 1`,
		`followup_jobs_total{kind="list_meetings",outcome="completed"} 1`,
		`followup_job_wait_seconds_count{kind="list_meetings"} 1`,
		`followup_job_duration_seconds_count{kind="list_meetings"} 1`,
		`followup_vendor_requests_total{operation="list_meetings",outcome="ok",vendor="fathom"} 1`,
		`followup_vendor_request_duration_seconds_count{operation="list_meetings",vendor="fathom"} 1`,
		`followup_directory_tenants 3`,
		`followup_directory_age_seconds 1.5`,
		`followup_database_connections{pool="webhook",state="max"} 10`,
		`followup_database_connections{pool="webhook",state="idle"} 2`,
		`followup_database_connections{pool="worker",state="acquired"} 1`,
	} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("no line %q in\n%s", want, text)
		}
	}
}

func TestOperatorMetrics(t *testing.T) {
	reg := prometheus.NewPedanticRegistry()
	m := NewOperator(reg)
	m.SetObjects(KindTenant, 4, 1)
	m.SetObjects(KindTenant, 5, 0)
	m.Reconciled(KindTenant, ReconcileStalled)
	want := []string{
		`followup_objects{kind="Tenant",ready="false"} 0`,
		`followup_objects{kind="Tenant",ready="true"} 5`,
		`followup_reconciles_total{kind="Tenant",outcome="stalled"} 1`,
	}
	if diff := cmp.Diff(want, series(t, reg)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// What a stranger sends must not create series, or a scrape grows without end.
func TestStrangersShareOneSeries(t *testing.T) {
	reg := prometheus.NewPedanticRegistry()
	webhook, operator := NewWebhook(reg), NewOperator(reg)
	count := func(round int) int {
		kind := fmt.Sprintf("kind-%d", round)
		webhook.Request(kind, kind, time.Millisecond)
		webhook.Retry(kind)
		webhook.Notice(kind)
		webhook.JobWaited(kind, time.Millisecond)
		webhook.JobRan(kind, kind, time.Millisecond)
		operator.SetObjects(kind, 1, 1)
		operator.Reconciled(kind, kind)
		return len(series(t, reg))
	}
	first := count(0)
	for round := range 20 {
		if got := count(round); got != first {
			t.Fatalf("%d series after another stranger, %d before:\n%s", got, first, strings.Join(series(t, reg), "\n"))
		}
	}
}

func scrape(t *testing.T, reg *prometheus.Registry) string {
	t.Helper()
	server := httptest.NewServer(promhttp.HandlerFor(reg, promhttp.HandlerOpts{}))
	defer server.Close()
	resp, err := http.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func series(t *testing.T, reg *prometheus.Registry) []string {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(scrape(t, reg)), "\n")
	return slices.DeleteFunc(lines, func(line string) bool { return strings.HasPrefix(line, "#") })
}
