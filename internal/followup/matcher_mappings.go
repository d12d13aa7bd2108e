package followup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/followup-dev/followup-operator/internal/crm"
)

var whyOf = map[Source]MatchWhy{Declared: ByDeclaration, Chosen: ByChoice, Imported: ByImport, Discovered: ByMapping}

// byMapping takes the first of the domain's mappings whose account is there. Those that were discovered and whose account is
// gone are forgotten.
func (m *Matcher) byMapping(ctx context.Context, c CRM, of guests) (found, error) {
	if of.domain == "" {
		return found{}, nil
	}
	kept, err := m.Mappings.Find(ctx, c.ConnectionID, of.domain)
	if err != nil {
		return found{}, fmt.Errorf("find mappings: %w", err)
	}
	for _, mapping := range kept {
		accounts, err := m.accounts(ctx, c, mapping)
		if err != nil {
			return found{}, err
		}
		if len(accounts) > 0 {
			mapping.AccountID = accounts[0].ID // by which its use is counted
			return found{accounts: accounts, why: whyOf[mapping.Source], evidence: of.domain, mapping: &mapping}, nil
		}
		if mapping.Source != Discovered {
			continue
		}
		if err := m.Mappings.Forget(ctx, c.ConnectionID, mapping); err != nil {
			return found{}, fmt.Errorf("forget a mapping: %w", err)
		}
	}
	return found{}, nil
}

// accounts are those that a mapping means: one, or if it only has a name, all with that name. None: its account is gone.
func (m *Matcher) accounts(ctx context.Context, c CRM, mapping Mapping) ([]crm.Account, error) {
	if mapping.AccountID != "" {
		account, err := c.Account(ctx, mapping.AccountID)
		if err == nil {
			return []crm.Account{account}, nil
		}
		if !errors.Is(err, crm.ErrNotFound) {
			return nil, fmt.Errorf("ask for a mapping's account: %w", err)
		}
	}
	named, err := c.AccountsByName(ctx, mapping.AccountName)
	if err != nil {
		return nil, fmt.Errorf("look for a mapping's account: %w", err)
	}
	// Some CRMs deny by ID what they list by name.
	if i := slices.IndexFunc(named, func(a crm.Account) bool { return a.ID == mapping.AccountID }); i >= 0 {
		return named[i : i+1], nil
	}
	if mapping.Source == Discovered {
		return nil, nil
	}
	named = called(mapping.AccountName, named)
	if len(named) == 1 {
		mapping.AccountID = named[0].ID
		if err := m.Mappings.Resolve(ctx, c.ConnectionID, mapping); err != nil {
			return nil, fmt.Errorf("resolve a mapping: %w", err)
		}
	}
	return named, nil
}

// remember keeps a choice. What is declared or imported goes before it: where that names several accounts, and the chosen one
// is one of them, the choice says which is meant.
func (m *Matcher) remember(ctx context.Context, c CRM, chosen Mapping) error {
	if err := m.Mappings.Remember(ctx, c.ConnectionID, chosen); err != nil {
		return fmt.Errorf("remember the choice: %w", err)
	}
	kept, err := m.Mappings.Find(ctx, c.ConnectionID, chosen.Domain)
	if err != nil {
		return fmt.Errorf("find mappings: %w", err)
	}
	for _, mapping := range kept {
		if mapping.AccountID == chosen.AccountID || !strings.EqualFold(mapping.AccountName, strings.TrimSpace(chosen.AccountName)) {
			continue
		}
		mapping.AccountID = chosen.AccountID
		if err := m.Mappings.Resolve(ctx, c.ConnectionID, mapping); err != nil {
			return fmt.Errorf("resolve a mapping: %w", err)
		}
	}
	return nil
}
