package intake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/followup-dev/followup-operator/internal/credentials"
	"github.com/followup-dev/followup-operator/internal/crm"
	"github.com/followup-dev/followup-operator/internal/directory"
	"github.com/followup-dev/followup-operator/internal/followup"
	"github.com/followup-dev/followup-operator/internal/jobs"
	"github.com/followup-dev/followup-operator/internal/store"
	"github.com/followup-dev/followup-operator/internal/telemetry"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

const maxBody = 1 << 20

// Config is what a Handler needs.
type Config struct {
	AppID     string                               // of the Slack app whose requests are served
	Secrets   func() ([]credentials.Secret, error) // its signing secrets at this moment
	Directory *directory.Directory
	DB        *store.DB // the webhook's pool
	Jobs      *jobs.Enqueuer
	Notices   *Notifier
	Metrics   *telemetry.Webhook
	Log       *slog.Logger
	Now       func() time.Time
	// Find returns what fits the typed text of the meetings that the user may see, at most 100.
	Find func(ctx context.Context, tenant tenancy.Tenant, slackUserID, typed string) ([]followup.Meeting, error)
	// Contacts and Accounts return what of the tenant's CRM fits the typed text.
	Contacts func(ctx context.Context, tenant tenancy.Tenant, typed string) ([]crm.Contact, error)
	Accounts func(ctx context.Context, tenant tenancy.Tenant, typed string) ([]crm.Account, error)
	// Recording returns where the recording stands that Fathom's webhook tells of, if the request is signed with the
	// tenant's secret; else fathom.ErrWebhook.
	Recording func(tenant tenancy.Tenant, header http.Header, body []byte, now time.Time) (followup.Position, error)
	// Budget bounds the work before the ack; Slack waits 3 s from its sending, and the network takes its part.
	Budget time.Duration
}

// Handler answers Slack.
type Handler struct {
	Config
	searches searches
}

// NewHandler makes a Handler.
func NewHandler(c Config) *Handler { return &Handler{Config: c} }

// reader makes a payload of a verified body. Its error names a field and quotes nothing.
type reader func(body []byte) (payload, error)

// payload is one request of Slack, of any family.
type payload interface {
	// envelope says what it is, and whose.
	envelope() envelope
	// serve does what it asks for; its tenant is known.
	serve(ctx context.Context, h *Handler, r *request) answer
	// tell answers with what the person behind it should know, in the way that its family has.
	tell(r *request, n news) answer
}

// envelope is what the road reads of each payload.
type envelope struct {
	kind      string              // a telemetry.Kind
	appID     string              // "" in shortcuts, which do not say
	workspace directory.Workspace // where the app is installed
	// settled is the outcome of what an empty 200 settles, without a look at whose it is; "" for what is served.
	settled string
}

// request is one request of Slack, with what is known of it so far for the log and the metrics.
type request struct {
	read    reader
	header  http.Header
	body    []byte
	arrived time.Time
	kind    string
	tenant  tenancy.Tenant // the zero value until it is known; beside an error of the directory, only for telling
	log     *slog.Logger
}

// road is what each request passes, in this order.
func (h *Handler) road(ctx context.Context, r *request) answer {
	if isSSLCheck(r.body) {
		r.kind = telemetry.KindSSLCheck
		return acknowledged(telemetry.OutcomeAnswered)
	}
	secrets, err := h.Secrets()
	if err != nil {
		return unsigned(r, err)
	}
	if err := verify(r.header, r.body, secrets, r.arrived); err != nil {
		return r.refuse(http.StatusUnauthorized, telemetry.OutcomeUnverified, err)
	}
	h.noteRetry(r)
	if challenge, ok := urlVerification(r.body); ok {
		r.kind = telemetry.KindURLVerification
		return answer{status: http.StatusOK, plain: challenge, outcome: telemetry.OutcomeAnswered}
	}
	p, err := r.read(r.body)
	if err != nil {
		return r.refuse(http.StatusBadRequest, telemetry.OutcomeMalformed, err)
	}
	e := p.envelope()
	r.kind = e.kind
	r.log = r.log.With("team_id", loggable(e.workspace.TeamID), "enterprise_id", loggable(e.workspace.EnterpriseID))
	if e.settled != "" {
		return acknowledged(e.settled)
	}
	if e.appID != "" && e.appID != h.AppID {
		r.log = r.log.With("reason", "api_app_id is not ours", "api_app_id", e.appID)
		return p.tell(r, r.wrongApp())
	}
	if r.tenant, err = h.Directory.Lookup(ctx, e.workspace); err != nil {
		return p.tell(r, r.notServed(err))
	}
	r.log = r.log.With("tenant_id", r.tenant.ID)
	return p.serve(ctx, h, r)
}

// on is the road behind one of Slack's request URLs, to which it sends what read understands.
func (h *Handler) on(read reader) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		arrived := h.Now()
		ctx, cancel := context.WithTimeout(req.Context(), h.Budget)
		defer cancel()
		r := &request{read: read, header: req.Header, arrived: arrived, kind: telemetry.KindOther, log: h.Log}
		a := h.answer(ctx, r, http.MaxBytesReader(w, req.Body, maxBody))
		if err := a.write(w); err != nil {
			r.log.Warn("answer not sent", "error", err)
		}
		if a.notice != nil { // never before the answer: it calls Slack
			h.Notices.enqueue(*a.notice, r.log)
		}
	})
}

// answer turns a panic into a 500: Slack shows the user an error, and the process goes on.
func (h *Handler) answer(ctx context.Context, r *request, body io.Reader) (a answer) {
	defer func() {
		if value := recover(); value != nil {
			logPanic(r.log, "request", value)
			a = answer{status: http.StatusInternalServerError, plain: "internal error", outcome: telemetry.OutcomePanicked}
		}
		took := h.Now().Sub(r.arrived)
		h.Metrics.Request(r.kind, a.outcome, took)
		r.log.Info("slack request", "kind", r.kind, "outcome", a.outcome, "status", a.status, "took_ms", took.Milliseconds())
	}()
	var err error
	if r.body, err = io.ReadAll(body); err != nil {
		return unreadable(r, err)
	}
	return h.road(ctx, r)
}

// logPanic leaves out the panic's own text: it could quote a request.
func logPanic(log *slog.Logger, what string, value any) {
	log.Error("panicked", "in", what, "type", fmt.Sprintf("%T", value), "stack", string(debug.Stack()))
}

// refuse answers what is not Slack's, or not whole. err quotes nothing of the request.
func (r *request) refuse(status int, outcome string, err error) answer {
	r.log = r.log.With("reason", err)
	return answer{status: status, plain: err.Error(), outcome: outcome, noRetry: outcome == telemetry.OutcomeMalformed}
}

func unreadable(r *request, err error) answer {
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return r.refuse(http.StatusRequestEntityTooLarge, telemetry.OutcomeMalformed, errors.New("the body is larger than 1 MiB"))
	}
	return r.refuse(http.StatusBadRequest, telemetry.OutcomeMalformed, errors.New("the body cannot be read"))
}

func unsigned(r *request, err error) answer {
	r.log.Error("signing secret not readable", "error", err)
	return answer{status: http.StatusServiceUnavailable, plain: "not configured", outcome: telemetry.OutcomeUnavailable}
}
