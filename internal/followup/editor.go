package followup

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// The forms that an Editor opens, as they are named in buttons and jobs.
const (
	FormEdit       = "edit"
	FormRegenerate = "regenerate"
	FormEvent      = "event"
	FormAccount    = "account" // Subject: the Kind to be done then
	FormTask       = "task"    // without a session, a task that belongs to no meeting
	FormDeals      = "deals"
	FormDeal       = "deal" // Subject: the ID of the deal
)

// Editor shows the forms of a follow-up, and keeps what a user made of its texts.
type Editor struct {
	Workbench
}

// FormRequest asks for a form.
type FormRequest struct {
	SlackUserID string
	Form        string
	SessionID   uuid.UUID
	Revision    int // that the user saw
	Subject     string
	Key         string // the form's own: what is submitted twice is done once
	Final       bool
}

// Open shows a form, or what is in the way.
func (e *Editor) Open(ctx context.Context, tenant tenancy.Tenant, req FormRequest) error {
	return errors.ErrUnsupported
}

// SaveRequest has a session's texts as the user left them.
type SaveRequest struct {
	SlackUserID string
	SessionID   uuid.UUID
	Revision    int // that was edited
	Summary     string
	Subject     string
	Body        string
	Note        string
	Final       bool
}

// Save keeps the texts as a new revision.
func (e *Editor) Save(ctx context.Context, tenant tenancy.Tenant, req SaveRequest) error {
	return errors.ErrUnsupported
}
