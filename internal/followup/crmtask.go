package followup

import (
	"context"
	"fmt"

	"github.com/followup-dev/followup-operator/internal/crm"
)

// crmTask is something to be done, in the CRM.
type crmTask struct {
	office crm.Tasks
	finds  bool // it can be looked for
	task   crm.Task
}

func (a *Actor) crmTask(ctx context.Context, d *deed) (performer, error) {
	var input TaskInput
	if err := d.input(&input); err != nil {
		return nil, err
	}
	due, err := localTime(input.Due, input.Zone)
	if err != nil {
		return nil, fmt.Errorf("read when the task is due: %w", err)
	}
	c, err := a.Offices.CRM(ctx)
	if err != nil {
		return nil, err
	}
	office, ok := c.CRM.(crm.Tasks)
	if !ok || !c.Capabilities().Tasks {
		return nil, &Problem{Reason: CRMNotSetUp}
	}
	return crmTask{office: office, finds: c.Capabilities().FindsTasks, task: crm.Task{
		AccountID:   input.AccountID,
		ContactID:   input.ContactID,
		Type:        input.Type,
		Due:         due,
		Subject:     input.Subject,
		Description: input.Description,
		Ref:         d.ref(),
	}}, nil
}

func (t crmTask) look(ctx context.Context) (Artefact, bool, error) {
	if !t.finds {
		return Artefact{}, false, errNoLook
	}
	return foundAt(t.office.FindTask(ctx, t.task))
}

func (t crmTask) do(ctx context.Context) (Artefact, error) {
	record, err := t.office.CreateTask(ctx, t.task)
	return artefact(record), err
}

func (crmTask) undo(context.Context, Artefact) error { return errNoUndo }
