package intake

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/followup-dev/followup-operator/internal/fathom"
	"github.com/followup-dev/followup-operator/internal/jobs"
	"github.com/followup-dev/followup-operator/internal/store"
	"github.com/followup-dev/followup-operator/internal/telemetry"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

const (
	// maxRecording has room for a meeting with its transcript, which is not asked for.
	maxRecording = 4 << 20
	// recordingLife is longer than Svix, by which Fathom's webhooks are made, sends one again.
	recordingLife = 72 * time.Hour
)

// recording is one request of Fathom's webhook, which tells that a meeting has its contents. Of its body only the position
// is used: the job asks Fathom for the rest.
//
// Source: https://developers.fathom.ai/webhooks and https://www.standardwebhooks.com
type recording struct {
	header  http.Header
	arrived time.Time
	tenant  tenancy.Tenant
	log     *slog.Logger
}

// recorded answers Fathom. Any 2xx is an acknowledgement; anything else has it sent again later, and a poll is behind it.
func (h *Handler) recorded(w http.ResponseWriter, req *http.Request) {
	ctx, cancel := context.WithTimeout(req.Context(), h.Budget)
	defer cancel()
	r := &recording{header: req.Header, arrived: h.Now(), log: h.Log}
	status, outcome := h.hear(ctx, r, req.PathValue("tenant"), http.MaxBytesReader(w, req.Body, maxRecording))
	took := h.Now().Sub(r.arrived)
	h.Metrics.Request(telemetry.KindRecording, outcome, took)
	r.log.Info("fathom webhook", "outcome", outcome, "status", status, "took_ms", took.Milliseconds())
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
}

// hear turns a panic into a 500.
func (h *Handler) hear(ctx context.Context, r *recording, tenantID string, body io.Reader) (status int, outcome string) {
	defer func() {
		if value := recover(); value != nil {
			logPanic(r.log, "webhook", value)
			status, outcome = http.StatusInternalServerError, telemetry.OutcomePanicked
		}
	}()
	id, err := uuid.Parse(tenantID)
	if err != nil {
		return http.StatusNotFound, telemetry.OutcomeUnknownWorkspace
	}
	if r.tenant, err = h.Directory.ByID(ctx, id); err != nil {
		return r.failed(err)
	}
	r.log = r.log.With("tenant_id", r.tenant.ID)
	content, err := io.ReadAll(body)
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return http.StatusRequestEntityTooLarge, telemetry.OutcomeMalformed
	}
	if err != nil {
		return http.StatusBadRequest, telemetry.OutcomeMalformed
	}
	at, err := h.Recording(r.tenant, r.header, content, r.arrived)
	messageID := r.header.Get("webhook-id")
	switch {
	case errors.Is(err, fathom.ErrWebhook):
		return http.StatusUnauthorized, telemetry.OutcomeUnverified
	case err != nil || at.IsZero() || !eventID.fits(messageID): // signed, so that there is no use in sending it again
		return http.StatusBadRequest, telemetry.OutcomeMalformed
	case r.tenant.Disconnected:
		return http.StatusNoContent, telemetry.OutcomeDisconnected
	}
	return h.announce(ctx, r, messageID, jobs.AnnounceRecording{TenantID: r.tenant.ID, At: at.String()})
}

// announce records the message and its job, as admit does for people. It takes one of the tenant's requests of the minute;
// when none is left, Fathom comes again.
func (h *Handler) announce(ctx context.Context, r *recording, messageID string, job jobs.AnnounceRecording) (status int, outcome string) {
	request := store.Request{
		Key: messageID, ExpiresIn: recordingLife, EventType: "webhook.recording", EventCategory: "integration", ActorSlackID: "",
	}
	admission, err := h.DB.Tenant(r.tenant.ID).Admit(ctx, request, func(ctx context.Context, tx pgx.Tx) error {
		return h.Jobs.Enqueue(ctx, tx, job)
	})
	if err != nil {
		return r.failed(err)
	}
	switch admission.Verdict {
	case store.Admitted:
		h.Jobs.Committed(job)
		return http.StatusNoContent, telemetry.OutcomeAdmitted
	case store.Duplicate:
		return http.StatusNoContent, telemetry.OutcomeDuplicate
	case store.Limited:
		return http.StatusServiceUnavailable, telemetry.OutcomeLimited
	default:
		return http.StatusNoContent, telemetry.OutcomeHeld
	}
}

// failed is the answer to an error of the directory or the database.
func (r *recording) failed(err error) (status int, outcome string) {
	if errors.Is(err, tenancy.ErrNotFound) {
		return http.StatusNotFound, telemetry.OutcomeUnknownWorkspace
	}
	r.log.Error("database not available", "error", err)
	return http.StatusServiceUnavailable, telemetry.OutcomeUnavailable
}
