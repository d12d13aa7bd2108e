package adapters

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/followup-dev/followup-operator/internal/followup"
	"github.com/followup-dev/followup-operator/internal/store"
)

// ledger is the store as followup.Ledger.
type ledger struct{ rows *store.Tenant }

var _ followup.Ledger = ledger{}

// Plan implements followup.Ledger. A key that is another user's is followup.ErrNoSession.
func (l ledger) Plan(ctx context.Context, a followup.Action) (followup.Action, error) {
	var input json.RawMessage
	if len(a.Input) > 0 {
		var err error
		if input, err = storableJSON(a.Input); err != nil {
			return followup.Action{}, fmt.Errorf("input: %w", err)
		}
	}
	return action(l.rows.PlanAction(ctx, store.Action{
		Key:          a.Key,
		SessionID:    a.SessionID,
		ActorSlackID: a.ActorID,
		Kind:         string(a.Kind),
		Target:       storable(a.Target),
		Revision:     a.Revision,
		Input:        input,
	}))
}

// Begin implements followup.Ledger.
func (l ledger) Begin(ctx context.Context, id uuid.UUID, holder string) (followup.Action, error) {
	return action(l.rows.BeginAction(ctx, id, holder, followup.Lease))
}

// Finish implements followup.Ledger. followup.ErrBusy: another run went on with it, and what that one says counts.
func (l ledger) Finish(
	ctx context.Context, id uuid.UUID, state followup.ActionState, made followup.Artefact, reason followup.Reason,
) error {
	return inLedger(l.rows.FinishAction(ctx, id, store.Result{
		State:      string(state),
		ExternalID: upTo(maxExternalID, made.ExternalID),
		URL:        upTo(maxURL, made.URL),
		Reason:     string(reason),
	}))
}

// Action implements followup.Ledger.
func (l ledger) Action(ctx context.Context, id uuid.UUID, slackUserID string) (followup.Action, error) {
	return action(l.rows.FindAction(ctx, id, slackUserID))
}

// Actions implements followup.Ledger.
func (l ledger) Actions(ctx context.Context, sessionID uuid.UUID) ([]followup.Action, error) {
	rows, err := l.rows.ListActions(ctx, sessionID)
	if err != nil {
		return nil, err
	}
	all := make([]followup.Action, 0, len(rows))
	for _, row := range rows {
		all = append(all, actionOf(row))
	}
	return all, nil
}

func action(row store.Action, err error) (followup.Action, error) {
	if err != nil {
		return followup.Action{}, inLedger(err)
	}
	return actionOf(row), nil
}

func actionOf(row store.Action) followup.Action {
	return followup.Action{
		ID:        row.ID,
		Key:       row.Key,
		SessionID: row.SessionID,
		ActorID:   row.ActorSlackID,
		Kind:      followup.Kind(row.Kind),
		Target:    row.Target,
		Revision:  row.Revision,
		Input:     row.Input,
		State:     followup.ActionState(row.State),
		Artefact:  followup.Artefact{ExternalID: row.ExternalID, URL: row.URL},
		Reason:    followup.Reason(row.Reason),
		UpdatedAt: row.UpdatedAt,
	}
}

func inLedger(err error) error {
	if errors.Is(err, store.ErrBusy) {
		return followup.ErrBusy
	}
	return noSession(err)
}

// What the schema takes of a vendor's answer, in characters.
const (
	maxExternalID = 1024
	maxURL        = 2048
)

// upTo drops what is longer: half a link leads nowhere, and what was done must be kept as done whatever the vendor answers.
func upTo(most int, text string) string {
	if len(text) > most {
		return ""
	}
	return storable(text)
}
