package followup

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// Preparer has the texts of a meeting written, and keeps them.
type Preparer struct {
	Workbench

	Content Content
	Writer  Writer
}

// PrepareRequest asks for the first texts of the meeting at Pick, or for the revision after From of a session.
type PrepareRequest struct {
	SlackUserID string
	Pick        Position
	SessionID   uuid.UUID
	From        int // the revision that the user saw, 0 for a Pick
	Wishes      Wishes
	AskedAt     time.Time // when the user clicked
	Final       bool      // no other run follows, so that the user must hear of an error
}

// Prepare returns nil when the user has seen how it ended, *Later, or an error that is worth another run.
func (p *Preparer) Prepare(ctx context.Context, tenant tenancy.Tenant, req PrepareRequest) error {
	return errors.ErrUnsupported
}
