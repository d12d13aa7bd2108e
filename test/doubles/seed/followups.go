package seed

import (
	"encoding/json"

	"github.com/followup-dev/followup-operator/test/doubles/anthropic"
	"github.com/followup-dev/followup-operator/test/doubles/crono"
	"github.com/followup-dev/followup-operator/test/doubles/google"
)

// Anthropic has keys, and what its model answers.
type Anthropic struct {
	Keys    []string          `json:"keys"`
	Replies []anthropic.Reply `json:"replies,omitempty"`
}

// Crono has its customers' workspaces, described at crono.Workspace.
type Crono struct {
	Workspaces []CronoWorkspace `json:"workspaces"`
}

// CronoWorkspace is what one pair of keys sees.
type CronoWorkspace struct {
	PublicKey  string         `json:"public_key"`
	PrivateKey string         `json:"private_key"`
	Stages     []string       `json:"stages,omitempty"` // of its one pipeline
	Accounts   []CronoAccount `json:"accounts"`
}

// CronoAccount is a company, with its people and deals.
type CronoAccount struct {
	ID       string         `json:"id"`
	Name     string         `json:"name"`
	Website  string         `json:"website,omitempty"`
	Contacts []CronoContact `json:"contacts,omitempty"`
	Deals    []CronoDeal    `json:"deals,omitempty"`
}

// CronoContact is a person.
type CronoContact struct {
	ID        string `json:"id"`
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
	Email     string `json:"email,omitempty"`
}

// CronoDeal is an open opportunity.
type CronoDeal struct {
	ID          string      `json:"id"`
	Name        string      `json:"name"`
	Stage       string      `json:"stage"`
	Amount      json.Number `json:"amount,omitempty"`
	Currency    string      `json:"currency,omitempty"`
	Description string      `json:"description,omitempty"`
}

// Google has one OAuth client, and users who gave it their consent.
type Google struct {
	ClientID     string       `json:"client_id"`
	ClientSecret string       `json:"client_secret"`
	Users        []GoogleUser `json:"users"`
}

// GoogleUser has a mailbox and a calendar.
type GoogleUser struct {
	Email        string `json:"email"`
	RefreshToken string `json:"refresh_token"`
}

// AnthropicConfig is the part of the Anthropic double.
func (f File) AnthropicConfig() anthropic.Config {
	return anthropic.Config{Keys: f.Anthropic.Keys, Replies: f.Anthropic.Replies}
}

// CronoConfig is the part of the Crono double.
func (f File) CronoConfig() crono.Config {
	var c crono.Config
	for _, w := range f.Crono.Workspaces {
		workspace := crono.Workspace{
			PublicKey: w.PublicKey, PrivateKey: w.PrivateKey, Pipelines: []crono.Pipeline{{Name: "Sales", Stages: w.Stages}},
		}
		for _, a := range w.Accounts {
			workspace.Accounts = append(workspace.Accounts, crono.Account{ID: a.ID, Name: a.Name, Website: a.Website})
			for _, p := range a.Contacts {
				workspace.Contacts = append(workspace.Contacts, crono.Contact{
					ID: p.ID, FirstName: p.FirstName, LastName: p.LastName, Email: p.Email, AccountID: a.ID,
				})
			}
			for _, d := range a.Deals {
				workspace.Deals = append(workspace.Deals, crono.Deal{
					ID: d.ID, AccountID: a.ID, Name: d.Name, Stage: d.Stage, Amount: d.Amount, Currency: d.Currency, Description: d.Description,
				})
			}
		}
		c.Workspaces = append(c.Workspaces, workspace)
	}
	return c
}

// GoogleConfig is the part of the Google double.
func (f File) GoogleConfig() google.Config {
	c := google.Config{Clients: []google.Client{{ID: f.Google.ClientID, Secret: f.Google.ClientSecret}}}
	for _, u := range f.Google.Users {
		c.Users = append(c.Users, google.User{
			Email: u.Email, Consent: google.Consent{ClientID: f.Google.ClientID, RefreshToken: u.RefreshToken},
		})
	}
	return c
}
