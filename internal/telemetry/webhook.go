package telemetry

import (
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/followup-dev/followup-operator/internal/outcome"
)

// LateAck is how long Slack waits for an answer before the user sees operation_timeout.
//
// Source: https://docs.slack.dev/interactivity/implementing-slash-commands
const LateAck = 3 * time.Second

// Kinds of requests and jobs; any other is counted as KindOther.
const (
	KindMeetings          = "meetings"
	KindFollowup          = "followup"
	KindSSLCheck          = "ssl_check"
	KindURLVerification   = "url_verification"
	KindAction            = "action" // a click, Slack's block_actions
	KindViewSubmission    = "view_submission"
	KindViewClosed        = "view_closed"
	KindSuggestion        = "suggestion" // what is being typed, Slack's block_suggestion
	KindShortcut          = "shortcut"
	KindMessageShortcut   = "message_shortcut" // Slack's message_action
	KindEvent             = "event"
	KindAppRateLimited    = "app_rate_limited"
	KindAddTask           = "crono_add_task"
	KindRecording         = "recording" // Fathom's webhook
	KindListMeetings      = "list_meetings"
	KindPrepareFollowup   = "prepare_followup"
	KindOpenForm          = "open_form"
	KindSaveTexts         = "save_texts"
	KindChooseAccount     = "choose_account"
	KindAct               = "act"
	KindAnnounceRecording = "announce_recording"
	KindPollRecordings    = "poll_recordings"
	KindSweepRecordings   = "sweep_recordings"
	KindVerifyCredentials = "verify_credentials"
	KindOther             = "other"
)

// Outcomes of a Slack request.
const (
	OutcomeAdmitted         = "admitted"          // a job was committed
	OutcomeDuplicate        = "duplicate"         // the same request had been admitted before
	OutcomeAnswered         = "answered"          // a request of the protocol, nothing to do
	OutcomeHeld             = "held"              // the tenant is paused
	OutcomeLimited          = "limited"           // the tenant's limit is reached
	OutcomeUnknownWorkspace = "unknown_workspace" // no tenant claims it
	OutcomeUnknownCommand   = "unknown_command"   // not one of ours
	OutcomeUnknownType      = "unknown_type"      // a payload, event, action or callback that nobody serves
	OutcomeForeign          = "foreign"           // from a person of another workspace
	OutcomeDisconnected     = "disconnected"      // the app was removed from the workspace, or is now
	OutcomeOutdated         = "outdated"          // an event of an earlier installation
	OutcomeWrongApp         = "wrong_app"         // signed with our secret for another app
	OutcomeUnavailable      = "unavailable"       // the database, or the signing secret, was not there
	OutcomeUnverified       = "unverified"        // wrong or missing signature
	OutcomeMalformed        = "malformed"         // not what Slack sends, or too large
	OutcomePanicked         = "panicked"          // our bug
)

// Outcomes of a notice: what a user is told when the answer to Slack could not carry it.
const (
	NoticeDelivered = "delivered"
	NoticeFailed    = "failed"  // Slack refused it, or did not answer
	NoticeDropped   = "dropped" // too many were waiting
)

// Outcomes of a run of a job.
const (
	JobCompleted = "completed"
	JobRetried   = "retried"   // failed, will be tried again
	JobDiscarded = "discarded" // failed at the last attempt
	JobSnoozed   = "snoozed"   // waits for a vendor, will be run again
	JobCancelled = "cancelled" // failed in a way that another attempt cannot mend
	JobPanicked  = "panicked"
)

var (
	requestKinds = set(KindMeetings, KindFollowup, KindSSLCheck, KindURLVerification, KindAction, KindViewSubmission,
		KindViewClosed, KindSuggestion, KindShortcut, KindMessageShortcut, KindEvent, KindAppRateLimited, KindAddTask,
		KindRecording)
	requestOutcomes = set(OutcomeAdmitted, OutcomeDuplicate, OutcomeAnswered, OutcomeHeld, OutcomeLimited,
		OutcomeUnknownWorkspace, OutcomeUnknownCommand, OutcomeUnknownType, OutcomeForeign, OutcomeDisconnected,
		OutcomeOutdated, OutcomeWrongApp, OutcomeUnavailable, OutcomeUnverified, OutcomeMalformed, OutcomePanicked)
	noticeOutcomes = set(NoticeDelivered, NoticeFailed, NoticeDropped)
	// retryReasons are what Slack says in x-slack-retry-reason.
	//
	// Source: https://docs.slack.dev/apis/events-api/#retries
	retryReasons = set("http_timeout", "too_many_redirects", "connection_failed", "ssl_error", "http_error", "unknown_error")
	jobKinds     = set(KindListMeetings, KindPrepareFollowup, KindOpenForm, KindSaveTexts, KindChooseAccount, KindAct,
		KindAnnounceRecording, KindPollRecordings, KindSweepRecordings, KindVerifyCredentials)
	jobOutcomes = set(JobCompleted, JobRetried, JobDiscarded, JobSnoozed, JobCancelled, JobPanicked)
)

// Webhook has the metrics of the data plane.
type Webhook struct {
	requests *prometheus.CounterVec
	ack      *prometheus.HistogramVec
	lateAcks prometheus.Counter
	retries  *prometheus.CounterVec
	notices  *prometheus.CounterVec

	jobs        *prometheus.CounterVec
	jobWait     *prometheus.HistogramVec
	jobDuration *prometheus.HistogramVec

	vendorRequests *prometheus.CounterVec
	vendorDuration *prometheus.HistogramVec
}

// NewWebhook registers the metrics of the data plane; it panics if they are registered already.
func NewWebhook(reg prometheus.Registerer) *Webhook {
	m := &Webhook{
		requests: counter("slack_requests_total", "Requests from Slack by kind and outcome.", "kind", "outcome"),
		ack: histogram("slack_ack_seconds", "From the arrival of a request from Slack to the end of its answer.",
			[]float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2, 3}, "kind"),
		lateAcks: prometheus.NewCounter(prometheus.CounterOpts{
			Namespace: namespace, Name: "slack_late_acks_total", Help: "Answers to Slack that took longer than the 3 s it waits.",
		}),
		retries:     counter("slack_retries_total", "Events that Slack sent again, by its reason.", "reason"),
		notices:     counter("slack_notices_total", "Texts told to users beside the answer to their request, by outcome.", "outcome"),
		jobs:        counter("jobs_total", "Runs of jobs by kind and outcome.", "kind", "outcome"),
		jobWait:     histogram("job_wait_seconds", "From the commit of a job to its first run.", jobBuckets, "kind"),
		jobDuration: histogram("job_duration_seconds", "How long a run of a job took.", jobBuckets, "kind"),
		vendorRequests: counter("vendor_requests_total", "Requests to a vendor by operation and outcome.",
			"vendor", "operation", "outcome"),
		vendorDuration: histogram("vendor_request_duration_seconds", "How long a request to a vendor took.",
			[]float64{.025, .05, .1, .25, .5, 1, 1.5, 2.5, 5, 10, 30}, "vendor", "operation"),
	}
	reg.MustRegister(m.requests, m.ack, m.lateAcks, m.retries, m.notices, m.jobs, m.jobWait, m.jobDuration,
		m.vendorRequests, m.vendorDuration)
	return m
}

var jobBuckets = []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 150}

// Request counts an answered request from Slack.
func (m *Webhook) Request(kind, outcome string, took time.Duration) {
	kind = bounded(requestKinds, kind)
	m.requests.WithLabelValues(kind, bounded(requestOutcomes, outcome)).Inc()
	m.ack.WithLabelValues(kind).Observe(took.Seconds())
	if took > LateAck {
		m.lateAcks.Inc()
	}
}

// Retry counts an event that Slack sent before; reason is its header x-slack-retry-reason.
func (m *Webhook) Retry(reason string) {
	m.retries.WithLabelValues(bounded(retryReasons, reason)).Inc()
}

// Notice counts a text for a user that went, or should have gone, beside the answer to the request.
func (m *Webhook) Notice(outcome string) {
	m.notices.WithLabelValues(bounded(noticeOutcomes, outcome)).Inc()
}

// JobWaited records how long a job lay in its queue before its first run.
func (m *Webhook) JobWaited(kind string, waited time.Duration) {
	m.jobWait.WithLabelValues(bounded(jobKinds, kind)).Observe(waited.Seconds())
}

// JobRan counts a run of a job.
func (m *Webhook) JobRan(kind, outcome string, took time.Duration) {
	kind = bounded(jobKinds, kind)
	m.jobs.WithLabelValues(kind, bounded(jobOutcomes, outcome)).Inc()
	m.jobDuration.WithLabelValues(kind).Observe(took.Seconds())
}

// VendorCalls returns what is to be told of each call to a vendor: it counts the call and, if it failed or was slow, logs it.
// All three labels are constants of that vendor's package, or of vendorhttp.
func (m *Webhook) VendorCalls(log *slog.Logger) func(outcome.Call) {
	return func(c outcome.Call) {
		m.vendorRequests.WithLabelValues(c.Vendor, c.Operation, c.Outcome()).Inc()
		m.vendorDuration.WithLabelValues(c.Vendor, c.Operation).Observe(c.Took.Seconds())
		if c.Failed != nil {
			log.Warn("vendor call failed", "error", c.Failed, "took_ms", c.Took.Milliseconds())
		} else if c.Took > Slow {
			log.Warn("slow vendor call", "vendor", c.Vendor, "operation", c.Operation, "took_ms", c.Took.Milliseconds())
		}
	}
}

// RegisterDirectory exports the size of the tenant directory, and its age: how long ago its listener was last known to
// be connected.
func RegisterDirectory(reg prometheus.Registerer, tenants func() int, age func() time.Duration) {
	reg.MustRegister(
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Namespace: namespace, Name: "directory_tenants", Help: "Tenants in the in-memory directory.",
		}, func() float64 { return float64(tenants()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Namespace: namespace, Name: "directory_age_seconds",
			Help: "Time since the directory was last known to hear of changes; over 5 s, lookups go to the database.",
		}, func() float64 { return age().Seconds() }),
	)
}
