package followup

import (
	"context"

	"github.com/followup-dev/followup-operator/internal/crm"
)

// crmDeal is a change of a deal.
type crmDeal struct {
	office crm.Deals
	change crm.DealChange
}

func (a *Actor) crmDeal(ctx context.Context, d *deed) (performer, error) {
	var input DealInput
	if err := d.input(&input); err != nil {
		return nil, err
	}
	c, err := a.Offices.CRM(ctx)
	if err != nil {
		return nil, err
	}
	office, ok := c.CRM.(crm.Deals)
	if !ok || !c.Capabilities().Deals {
		return nil, &Problem{Reason: CRMNotSetUp}
	}
	return crmDeal{office: office, change: crm.DealChange{
		ID:          input.DealID,
		AccountID:   input.AccountID,
		Stage:       input.Stage,
		Amount:      input.Amount,
		Description: input.Description,
	}}, nil
}

// look finds nothing: to make a deal twice what it is to be is to do it once.
func (crmDeal) look(context.Context) (Artefact, bool, error) { return Artefact{}, false, nil }

func (c crmDeal) do(ctx context.Context) (Artefact, error) {
	record, err := c.office.UpdateDeal(ctx, c.change)
	return artefact(record), err
}

func (crmDeal) undo(context.Context, Artefact) error { return errNoUndo }
