package intake

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/followup-dev/followup-operator/internal/credentials"
	"github.com/followup-dev/followup-operator/internal/directory"
	"github.com/followup-dev/followup-operator/internal/jobs"
	"github.com/followup-dev/followup-operator/internal/store"
	"github.com/followup-dev/followup-operator/internal/telemetry"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

const (
	maxBody = 1 << 20
	// requestLife is how long Slack's signature stays valid, twice: after it no replay verifies.
	requestLife = 2 * maxSkew
)

// Config is what a Handler needs.
type Config struct {
	AppID     string                               // of the Slack app whose requests are served
	Secrets   func() ([]credentials.Secret, error) // its signing secrets at this moment
	Directory *directory.Directory
	DB        *store.DB // the webhook's pool
	Jobs      *jobs.Enqueuer
	Metrics   *telemetry.Webhook
	Log       *slog.Logger
	Now       func() time.Time
	// Budget bounds the work before the ack; Slack waits 3 s from its sending, and the network takes its part.
	Budget time.Duration
}

// Handler answers Slack.
type Handler struct{ Config }

// NewHandler makes a Handler.
func NewHandler(c Config) *Handler { return &Handler{c} }

// ServeHTTP answers one request of Slack, counts and logs it.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	arrived := h.Now()
	ctx, cancel := context.WithTimeout(r.Context(), h.Budget)
	defer cancel()
	call := &request{kind: telemetry.KindOther, header: r.Header, arrived: arrived, log: h.Log}
	if err := h.answer(ctx, call, http.MaxBytesReader(w, r.Body, maxBody)).write(w); err != nil {
		call.log.Warn("answer not sent", "error", err)
	}
}

// request is one request of Slack, with what is known of it so far for the log and the metrics.
type request struct {
	kind    string
	header  http.Header
	body    []byte
	arrived time.Time
	log     *slog.Logger
}

// answer turns a panic into a 500: Slack shows the user an error, and the process goes on.
func (h *Handler) answer(ctx context.Context, r *request, body io.Reader) (a answer) {
	defer func() {
		if value := recover(); value != nil {
			logPanic(r.log, value)
			a = answer{status: http.StatusInternalServerError, plain: "internal error", outcome: telemetry.OutcomePanicked}
		}
		took := h.Now().Sub(r.arrived)
		h.Metrics.Request(r.kind, a.outcome, took)
		r.log.Info("slack request", "kind", r.kind, "outcome", a.outcome, "status", a.status, "took_ms", took.Milliseconds())
	}()
	var err error
	if r.body, err = io.ReadAll(body); err != nil {
		return unreadable(err)
	}
	return h.route(ctx, r)
}

func (h *Handler) route(ctx context.Context, r *request) answer {
	if isSSLCheck(r.body) {
		r.kind = telemetry.KindSSLCheck
		return answer{status: http.StatusOK, outcome: telemetry.OutcomeAnswered}
	}
	secrets, err := h.Secrets()
	if err != nil {
		r.log.Error("signing secret not readable", "error", err)
		return answer{status: http.StatusServiceUnavailable, plain: "not configured", outcome: telemetry.OutcomeUnavailable}
	}
	if err := verify(r.header, r.body, secrets, r.arrived); err != nil {
		r.log = r.log.With("reason", err)
		return answer{status: http.StatusUnauthorized, plain: err.Error(), outcome: telemetry.OutcomeUnverified}
	}
	if challenge, ok := urlVerification(r.body); ok {
		r.kind = telemetry.KindURLVerification
		return answer{status: http.StatusOK, plain: challenge, outcome: telemetry.OutcomeAnswered}
	}
	return h.command(ctx, r)
}

func (h *Handler) command(ctx context.Context, r *request) answer {
	c, err := parseCommand(r.body)
	if err != nil {
		r.log = r.log.With("reason", err)
		return answer{status: http.StatusBadRequest, plain: err.Error(), outcome: telemetry.OutcomeMalformed}
	}
	r.log = r.log.With("team_id", c.workspace.TeamID, "enterprise_id", c.workspace.EnterpriseID)
	if c.appID != h.AppID {
		r.log = r.log.With("reason", "api_app_id is not ours", "api_app_id", c.appID)
		return say(textWrongApp, telemetry.OutcomeWrongApp)
	}
	if c.name != telemetry.KindMeetings && c.name != telemetry.KindFollowup {
		return say(textUnknownCommand, telemetry.OutcomeUnknownCommand)
	}
	r.kind = c.name
	tenant, err := h.Directory.Lookup(ctx, c.workspace)
	if err != nil {
		return refused(r, err)
	}
	r.log = r.log.With("tenant_id", tenant.ID)
	admission, err := h.admit(ctx, tenant.ID, c, r.arrived)
	if err != nil {
		return refused(r, err)
	}
	return h.acknowledge(admission)
}

// admit records the request in one transaction: hold, limit, dedupe, audit, job.
func (h *Handler) admit(ctx context.Context, id tenancy.ID, c command, arrived time.Time) (store.Admission, error) {
	job := jobs.ListMeetings{
		TenantID:    id,
		SlackUserID: c.userID,
		TriggerID:   c.triggerID,
		ResponseURL: c.responseURL,
		RequestKey:  jobs.RequestKey(c.triggerID),
		ReceivedAt:  arrived,
	}
	request := store.Request{
		Key:           job.RequestKey,
		ExpiresIn:     requestLife,
		EventType:     "command." + c.name,
		EventCategory: "data_access",
		ActorSlackID:  c.userID,
	}
	return h.DB.Tenant(id).Admit(ctx, request, func(ctx context.Context, tx pgx.Tx) error {
		return h.Jobs.Enqueue(ctx, tx, job)
	})
}

func (h *Handler) acknowledge(admission store.Admission) answer {
	switch admission.Verdict {
	case store.Admitted:
		h.Jobs.Committed()
		return answer{status: http.StatusOK, outcome: telemetry.OutcomeAdmitted}
	case store.Duplicate: // the first one is being answered
		return answer{status: http.StatusOK, outcome: telemetry.OutcomeDuplicate}
	case store.Limited:
		return say(limitedText(admission.RetryAt.Sub(h.Now())), telemetry.OutcomeLimited)
	default:
		return say(textHeld, telemetry.OutcomeHeld)
	}
}

func refused(r *request, err error) answer {
	if errors.Is(err, tenancy.ErrNotFound) {
		return say(textUnknownWorkspace, telemetry.OutcomeUnknownWorkspace)
	}
	r.log.Error("database not available", "error", err)
	return say(textUnavailable, telemetry.OutcomeUnavailable)
}

// say answers the user. Slack shows a text only with status 200.
//
// Source: "Sending error responses" of https://docs.slack.dev/interactivity/implementing-slash-commands.
func say(text, outcome string) answer {
	return answer{status: http.StatusOK, text: text, outcome: outcome}
}

func unreadable(err error) answer {
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return answer{
			status: http.StatusRequestEntityTooLarge, plain: "the body is larger than 1 MiB", outcome: telemetry.OutcomeMalformed,
		}
	}
	return answer{status: http.StatusBadRequest, plain: "the body cannot be read", outcome: telemetry.OutcomeMalformed}
}

// isSSLCheck recognises Slack's check of our certificate. It may come unsigned, so it does nothing.
//
// Source: https://docs.slack.dev/interactivity/implementing-slash-commands
func isSSLCheck(body []byte) bool {
	if !bytes.Contains(body, []byte("ssl_check=1")) {
		return false
	}
	form, err := url.ParseQuery(string(body))
	return err == nil && form.Get("ssl_check") == "1"
}

// urlVerification returns the challenge of Slack's check of a request URL, which is echoed.
//
// Source: https://docs.slack.dev/reference/events/url_verification
func urlVerification(body []byte) (challenge string, ok bool) {
	if !bytes.HasPrefix(body, []byte("{")) {
		return "", false
	}
	var event struct {
		Type      string `json:"type"`
		Challenge string `json:"challenge"`
	}
	if err := json.Unmarshal(body, &event); err != nil || event.Type != "url_verification" {
		return "", false
	}
	return event.Challenge, true
}
