package intake

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/followup-dev/followup-operator/internal/jobs"
	"github.com/followup-dev/followup-operator/internal/store"
	"github.com/followup-dev/followup-operator/internal/telemetry"
)

// requestLife is how long Slack's signature stays valid, twice: after it no replay verifies.
const requestLife = 2 * maxSkew

// admit records a person's request and its job in one transaction: hold, limit, dedupe, audit, job. audited is its name
// in the audit log.
func (h *Handler) admit(ctx context.Context, r *request, p payload, audited string, from jobs.Click, asked jobs.Stamped) answer {
	from.TenantID = r.tenant.ID
	from.RequestKey = jobs.RequestKey(from.TriggerID)
	from.ReceivedAt = r.arrived
	job := asked.Stamp(from)
	request := store.Request{
		Key:           from.RequestKey,
		ExpiresIn:     requestLife,
		EventType:     audited,
		EventCategory: "data_access",
		ActorSlackID:  from.SlackUserID,
	}
	admission, err := h.DB.Tenant(r.tenant.ID).Admit(ctx, request, func(ctx context.Context, tx pgx.Tx) error {
		return h.Jobs.Enqueue(ctx, tx, job)
	})
	if err != nil {
		return p.tell(r, r.notServed(err))
	}
	switch admission.Verdict {
	case store.Admitted:
		h.Jobs.Committed(job)
		return acknowledged(telemetry.OutcomeAdmitted)
	case store.Duplicate: // the first one is being answered
		return acknowledged(telemetry.OutcomeDuplicate)
	case store.Limited:
		return p.tell(r, r.limited(admission.RetryAt.Sub(h.Now())))
	case store.Ended:
		return p.tell(r, r.ended())
	default:
		return p.tell(r, r.held())
	}
}
