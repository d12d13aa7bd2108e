package crono

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Config is the Crono that a test lives in.
type Config struct {
	Workspaces []Workspace
	Now        func() time.Time // nil is time.Now
}

// Workspace is what one pair of keys sees.
type Workspace struct {
	PublicKey, PrivateKey string
	Accounts              []Account
	Contacts              []Contact
	Deals                 []Deal
	Pipelines             []Pipeline
}

// Account is a company.
type Account struct {
	ID      string
	Name    string
	Website string // "" is null
	// Denied: it is listed and found, and asking for it by its ID is answered with 404.
	Denied bool
}

// Contact is a person, in Crono a prospect.
type Contact struct {
	ID                  string
	FirstName, LastName string
	Email               string // "" is null
	AccountID           string // "" is null
}

// Deal is an opportunity.
type Deal struct {
	ID, AccountID string
	Name, Stage   string
	Amount        json.Number // "" is null
	Currency      string
	Description   string
	Closed, Won   bool
}

// Pipeline has the stages that deals go through.
type Pipeline struct {
	Name   string
	Stages []string
}

func (c Config) validate() error {
	keys := map[string]bool{}
	for _, w := range c.Workspaces {
		if w.PublicKey == "" || w.PrivateKey == "" || keys[w.PublicKey] {
			return errors.New("public key, private key: want a pair of its own for each workspace")
		}
		keys[w.PublicKey] = true
		if err := w.validate(); err != nil {
			return fmt.Errorf("workspace of %s: %w", w.PublicKey, err)
		}
	}
	return nil
}

func (w Workspace) validate() error {
	ids := map[string]bool{}
	unique := func(id string) error {
		if id == "" || ids[id] {
			return fmt.Errorf("ID %q: want one of its own for each account, contact and deal", id)
		}
		ids[id] = true
		return nil
	}
	var failures []error
	for _, a := range w.Accounts {
		failures = append(failures, unique(a.ID))
	}
	for _, p := range w.Contacts {
		failures = append(failures, unique(p.ID))
	}
	for _, d := range w.Deals {
		failures = append(failures, unique(d.ID))
	}
	return errors.Join(failures...)
}
