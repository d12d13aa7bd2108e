package followup

import (
	"context"
	"errors"
	"fmt"

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
	return e.end(ctx, e.open(ctx, tenant, req), req.Final)
}

func (e *Editor) open(ctx context.Context, tenant tenancy.Tenant, req FormRequest) error {
	if err := e.Board.Loading(ctx); err != nil {
		return fmt.Errorf("show that it is loading: %w", err)
	}
	form, err := e.form(ctx, tenant, req)
	if err != nil {
		return err
	}
	if err := e.Board.Form(ctx, form); err != nil {
		return fmt.Errorf("show the form: %w", err)
	}
	return nil
}

// form fills a form, in the time that its user will wait.
func (e *Editor) form(ctx context.Context, tenant tenancy.Tenant, req FormRequest) (Form, error) {
	asking, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if req.Form == FormTask && req.SessionID == uuid.Nil {
		return e.looseTask(asking, tenant, req)
	}
	session, err := e.session(asking, req.SessionID, req.SlackUserID)
	if err != nil {
		return nil, err
	}
	revision, err := e.Sheets.Revision(asking, session.ID, req.Revision)
	if err != nil {
		return nil, fmt.Errorf("find the texts: %w", gone(err))
	}
	switch req.Form {
	case FormEdit:
		return &EditForm{Session: session, Revision: revision}, nil
	case FormRegenerate:
		tone, err := e.Sheets.Tone(asking, req.SlackUserID)
		return &RegenerateForm{Session: session, Revision: revision, Tone: tone}, err
	case FormEvent:
		return e.eventForm(tenant, session, revision), nil
	default:
		form, err := e.crmForm(asking, tenant, req, session, revision)
		return form, atCRM.explain(err)
	}
}

var errNoForm = errors.New("there is no such form")
