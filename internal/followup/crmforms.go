package followup

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/followup-dev/followup-operator/internal/crm"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// crmForm fills a form of what is in the tenant's CRM.
func (e *Editor) crmForm(ctx context.Context, tenant tenancy.Tenant, req FormRequest, session Session, revision Revision) (Form, error) {
	c, err := e.Offices.CRM(ctx)
	if err != nil {
		return nil, err
	}
	switch req.Form {
	case FormAccount:
		return e.accountForm(ctx, c, session, revision, Kind(req.Subject))
	case FormTask:
		return e.taskForm(ctx, c, tenant, req.Key, session, revision)
	case FormDeals, FormDeal:
		if session.Account == nil {
			return e.accountForm(ctx, c, session, revision, "")
		}
		return dealForm(ctx, c, req, session, revision)
	default:
		return nil, fmt.Errorf("%w: %d bytes", errNoForm, len(req.Form))
	}
}

// accountForm offers what the meeting may belong to.
func (e *Editor) accountForm(ctx context.Context, c CRM, session Session, revision Revision, then Kind) (Form, error) {
	match, candidates, err := e.matcher().Match(ctx, c, session)
	if err != nil {
		return nil, err
	}
	for _, known := range []*Match{match, session.Account} {
		if known != nil && !slices.ContainsFunc(candidates, func(m Match) bool { return m.AccountID == known.AccountID }) {
			candidates = slices.Insert(candidates, 0, *known)
		}
	}
	return &AccountForm{Session: session, Revision: revision, CRM: c.Capabilities().Name, Candidates: candidates, Then: then}, nil
}

// looseTask is the form of a task that belongs to no meeting.
func (e *Editor) looseTask(ctx context.Context, tenant tenancy.Tenant, req FormRequest) (Form, error) {
	c, err := e.Offices.CRM(ctx)
	if err != nil {
		return nil, atCRM.explain(err)
	}
	form := &TaskForm{Key: req.Key, CRM: c.Capabilities()}
	return form, e.fillTask(form, tenant, "")
}

// taskForm proposes the meeting's first next step.
func (e *Editor) taskForm(ctx context.Context, c CRM, tenant tenancy.Tenant, key string, session Session, revision Revision) (Form, error) {
	form := &TaskForm{Session: session.ID, Number: revision.Number, Key: key, CRM: c.Capabilities(), Account: session.Account}
	form.Input.Subject, form.Input.Description = session.Meeting.Title, session.Meeting.URL
	due := ""
	if steps := revision.Texts.NextSteps; len(steps) > 0 {
		form.Input.Subject, due = steps[0].What, steps[0].Due
	}
	if session.Account != nil {
		form.Input.AccountID = session.Account.AccountID
	}
	if form.Contact = guest(ctx, c, session); form.Contact != nil {
		form.Input.ContactID = form.Contact.ID
		form.Input.AccountID = cmp.Or(form.Contact.AccountID, form.Input.AccountID)
	}
	return form, e.fillTask(form, tenant, due)
}

// fillTask proposes when a task is due: at nine on the day that was said, or else on the next working day.
func (e *Editor) fillTask(form *TaskForm, tenant tenancy.Tenant, day string) error {
	if !form.CRM.Tasks {
		return &Problem{Reason: CRMNotSetUp}
	}
	if len(form.CRM.TaskTypes) > 0 {
		form.Input.Type = form.CRM.TaskTypes[0]
	}
	zone := zoneOf(tenant)
	due, err := localTime(day+"T09:00", zone.String())
	if now := e.Now().In(zone); err != nil || due.Before(now) {
		due = nextWorkday(now, 9)
	}
	form.Input.Due, form.Input.Zone = due.Format(hourLayout), zone.String()
	return nil
}

// guest is the first recipient that the CRM knows by their address, nil if it knows none, or can't be asked: then the user
// finds them.
func guest(ctx context.Context, c CRM, session Session) *crm.Contact {
	for _, p := range session.Recipients()[:min(len(session.Recipients()), maxAsked)] {
		if p.Name == "" {
			continue // contacts are looked for by name
		}
		contacts, err := c.Contacts(ctx, p.Name, "")
		if err != nil {
			return nil
		}
		if i := slices.IndexFunc(contacts, func(c crm.Contact) bool { return SameAddress(c.Email, p.Email) }); i >= 0 {
			return &contacts[i]
		}
	}
	return nil
}

// dealForm has the deals of the session's account, or one of them.
func dealForm(ctx context.Context, c CRM, req FormRequest, session Session, revision Revision) (Form, error) {
	office, ok := c.CRM.(crm.Deals)
	if !ok || !c.Capabilities().Deals {
		return nil, &Problem{Reason: CRMNotSetUp}
	}
	deals, err := office.Deals(ctx, session.Account.AccountID)
	if err != nil {
		return nil, err
	}
	name := c.Capabilities().Name
	i := slices.IndexFunc(deals, func(d crm.Deal) bool { return d.ID == req.Subject })
	if req.Form == FormDeals || i < 0 { // the deal may have been closed since
		return &DealList{Session: session, Revision: revision, CRM: name, Account: *session.Account, Deals: deals}, nil
	}
	stages, err := office.Stages(ctx)
	if err != nil {
		return nil, err
	}
	return &DealForm{Session: session, Revision: revision, Key: req.Key, CRM: name, Deal: deals[i], Stages: stages}, nil
}
