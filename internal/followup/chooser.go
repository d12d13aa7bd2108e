package followup

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// ChooseRequest says which account a session's meeting belongs to.
type ChooseRequest struct {
	SlackUserID string
	SessionID   uuid.UUID
	Revision    int
	AccountID   string
	Then        Kind // to be done with it: CRMNote, or "" for nothing
	Holder      string
	AskedAt     time.Time
	Final       bool
}

// Choose remembers the account, and does what the user meant it for.
func (a *Actor) Choose(ctx context.Context, _ tenancy.Tenant, req ChooseRequest) error {
	return a.end(ctx, a.choose(ctx, req), req.Final)
}

func (a *Actor) choose(ctx context.Context, req ChooseRequest) error {
	session, err := a.session(ctx, req.SessionID, req.SlackUserID)
	if err != nil {
		return err
	}
	match, err := a.chosen(ctx, session, req)
	if err != nil {
		return atCRM.explain(err)
	}
	if err := a.Sheets.SetAccount(ctx, session.ID, match); err != nil {
		return fmt.Errorf("keep the account: %w", err)
	}
	if req.Then != "" {
		return a.start(ctx, ActRequest{
			SlackUserID: req.SlackUserID, Kind: req.Then, SessionID: req.SessionID, Revision: req.Revision,
			Holder: req.Holder, AskedAt: req.AskedAt, Final: req.Final,
		})
	}
	session.Account = &match
	card, err := a.cardOf(ctx, session)
	if err != nil {
		return err
	}
	return a.show(ctx, card)
}

func (a *Actor) chosen(ctx context.Context, session Session, req ChooseRequest) (Match, error) {
	asking, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	c, err := a.Offices.CRM(asking)
	if err != nil {
		return Match{}, err
	}
	return a.matcher().Choose(asking, c, session, req.AccountID, req.SlackUserID)
}
