package crono

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"

	"github.com/followup-dev/followup-operator/internal/crm"
)

type deal struct {
	ID          text `json:"objectId"`
	AccountID   text `json:"accountId"`
	Name        text `json:"name"`
	Stage       text `json:"stage"`
	Amount      text `json:"amount"`
	Currency    text `json:"currency"`
	Description text `json:"description"`
	IsClosed    bool `json:"isClosed"`
	IsWon       bool `json:"isWon"`
}

// Deals implements crm.Deals.
func (c *Client) Deals(ctx context.Context, accountID string) ([]crm.Deal, error) {
	search := struct {
		AccountID  string `json:"AccountId"`
		IsClosed   bool
		Pagination page
	}{accountID, false, page{Limit: pageLimit}}
	var found []deal
	err := c.call(ctx, request{name: "search_deals", method: http.MethodPost, path: "/Opportunities/search", body: search, repeatable: true}, &found)
	if err != nil {
		return nil, err
	}
	open := make([]crm.Deal, 0, len(found))
	for _, d := range found {
		if d.ID == "" || d.IsClosed || d.IsWon || (d.AccountID != "" && string(d.AccountID) != accountID) {
			continue // Crono has ignored filters before
		}
		open = append(open, crm.Deal{
			ID: string(d.ID), AccountID: accountID, Name: string(d.Name), Stage: string(d.Stage), Amount: string(d.Amount),
			Currency: string(d.Currency), Description: string(d.Description), URL: accountURL(accountID),
		})
	}
	return open, nil
}

// Stages implements crm.Deals. How Crono answers is not documented: stages are taken from pipelines that list them as texts or
// by name, and else there are none.
func (c *Client) Stages(ctx context.Context) ([]string, error) {
	var pipelines []struct {
		Stages []stage `json:"stages"`
	}
	err := c.call(ctx, request{name: "list_pipelines", method: http.MethodGet, path: "/Pipelines", repeatable: true}, &pipelines)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, pipeline := range pipelines {
		for _, s := range pipeline.Stages {
			if s != "" && !slices.Contains(names, string(s)) {
				names = append(names, string(s))
			}
		}
	}
	return names, nil
}

// stage is the name of one.
type stage text

// UnmarshalJSON implements json.Unmarshaler.
func (s *stage) UnmarshalJSON(raw []byte) error {
	var named struct {
		Name text `json:"name"`
	}
	if json.Unmarshal(raw, &named) == nil {
		*s = stage(named.Name)
		return nil
	}
	return (*text)(s).UnmarshalJSON(raw)
}

// UpdateDeal implements crm.Deals. The deal's ID is in the body: Crono refuses it in the path. An amount that is no number is
// refused here, as Permanent.
func (c *Client) UpdateDeal(ctx context.Context, change crm.DealChange) (crm.Record, error) {
	if change.Amount != nil && *change.Amount == "" {
		change.Amount = nil // as JSON it would be 0
	}
	body := wrapped{struct {
		OpportunityID string       `json:"OpportunityId"`
		AccountID     string       `json:"AccountId"`
		Stage         *string      `json:",omitempty"`
		Amount        *json.Number `json:",omitempty"`
		Description   *string      `json:",omitempty"`
	}{change.ID, change.AccountID, change.Stage, (*json.Number)(change.Amount), change.Description}}
	var changed json.RawMessage
	err := c.call(ctx, request{name: "update_deal", method: http.MethodPatch, path: "/Opportunities", body: body, repeatable: true}, &changed)
	if err != nil {
		return crm.Record{}, err
	}
	return crm.Record{ID: change.ID, URL: accountURL(change.AccountID)}, nil
}
