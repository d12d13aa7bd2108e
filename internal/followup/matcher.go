package followup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/followup-dev/followup-operator/internal/crm"
	"github.com/followup-dev/followup-operator/internal/mappings"
)

const (
	// maxCandidates is how many accounts a user is asked to choose from.
	maxCandidates = 10
	// maxAsked is how many guests the CRM is asked for: each takes a call or more.
	maxAsked = 5
)

// Matcher finds the account at the CRM that a meeting belongs to, by its guests: the external invitees. Nobody's note must go
// to another company, so it compares whole domains, addresses and names, and where several accounts fit, it asks. A domain at
// which anybody gets an address, or one of the user's own organisation, says nothing about the account.
type Matcher struct{ Mappings Mappings }

// guests are the external invitees of one domain.
type guests struct {
	domain string // "" of a mail provider, where it says nothing
	people []Person
}

// found is what one way to look found for one domain.
type found struct {
	accounts []crm.Account
	why      MatchWhy
	evidence string
	mapping  *Mapping // that it was found by, nil if by another way
	maybe    bool     // it is not certain that they are meant, not even of a single one
}

// Match returns the account, and why it is taken for the meeting's. If several fit, or some only might, it returns them as
// candidates instead, at most 10; both are nil if nothing was found. It tries what was declared, chosen, imported or discovered
// for the guests' domains, then their addresses among the CRM's contacts, then the accounts' websites, then their names; of
// several domains, in the invitation's order, the first that one way finds something for decides.
//
// What was found by address or website is remembered as discovered, and forgotten when its account is gone. Errors are those
// of the CRM and of Mappings.
func (m *Matcher) Match(ctx context.Context, c CRM, session Session) (match *Match, candidates []Match, err error) {
	companies := session.companies()
	for _, look := range []func(context.Context, CRM, guests) (found, error){m.byMapping, byContact, byWebsite, byName} {
		for _, company := range companies {
			f, err := look(ctx, c, company)
			if err != nil {
				return nil, nil, err
			}
			if len(f.accounts) == 0 {
				continue
			}
			if len(f.accounts) > 1 || f.maybe {
				return nil, f.matches(), nil
			}
			if err := m.learn(ctx, c, company.domain, f); err != nil {
				return nil, nil, err
			}
			return &f.matches()[0], nil, nil
		}
	}
	return nil, nil, nil
}

// Choose takes an account for the session's that its user chose, and remembers the choice for the guests' domain. If they are
// of several domains, it is for the one that the account's website is at, if any.
func (m *Matcher) Choose(ctx context.Context, c CRM, session Session, accountID, slackUserID string) (Match, error) {
	companies := session.companies()
	account, err := c.Account(ctx, accountID)
	if errors.Is(err, crm.ErrNotFound) { // some CRMs deny accounts that they list
		account, err = amongTheirs(ctx, c, companies, accountID)
	}
	switch {
	case errors.Is(err, crm.ErrNotFound): // it was among those to choose from all the same
		return Match{AccountID: accountID, AccountName: accountID, Why: ByChoice, ChosenBy: slackUserID}, nil
	case err != nil:
		return Match{}, fmt.Errorf("ask for the chosen account: %w", err)
	}
	match := Match{AccountID: account.ID, AccountName: account.Name, AccountURL: account.URL, Why: ByChoice, ChosenBy: slackUserID}
	match.Evidence = domainFor(account, companies)
	if match.Evidence == "" {
		return match, nil
	}
	chosen := Mapping{Domain: match.Evidence, AccountName: account.Name, AccountID: account.ID, Source: Chosen, ChosenBy: slackUserID}
	if err := m.remember(ctx, c, chosen); err != nil {
		return Match{}, err
	}
	return match, nil
}

// amongTheirs looks for an account that can't be asked for by its ID where a choice offers them.
func amongTheirs(ctx context.Context, c CRM, companies []guests, accountID string) (crm.Account, error) {
	for _, company := range companies {
		for _, list := range []func(context.Context, CRM, guests) (found, error){byName, byWebsite} {
			f, err := list(ctx, c, company)
			if err != nil {
				return crm.Account{}, err
			}
			if i := slices.IndexFunc(f.accounts, func(a crm.Account) bool { return a.ID == accountID }); i >= 0 {
				return f.accounts[i], nil
			}
		}
	}
	return crm.Account{}, crm.ErrNotFound
}

// domainFor is the one that a choice says something about, "" if none.
func domainFor(account crm.Account, companies []guests) string {
	companies = slices.DeleteFunc(slices.Clone(companies), func(g guests) bool { return g.domain == "" })
	if len(companies) == 1 {
		return companies[0].domain
	}
	i := slices.IndexFunc(companies, func(g guests) bool { return sameSite(account.Website, g.domain) })
	if i < 0 {
		return ""
	}
	return companies[i].domain
}

// learn counts the use of what the account was found by, or remembers it.
func (m *Matcher) learn(ctx context.Context, c CRM, domain string, f found) error {
	if f.mapping != nil {
		if err := m.Mappings.Used(ctx, c.ConnectionID, *f.mapping); err != nil {
			return fmt.Errorf("count a mapping's use: %w", err)
		}
		return nil
	}
	if domain == "" || f.why == ByName {
		return nil
	}
	discovered := Mapping{Domain: domain, AccountName: f.accounts[0].Name, AccountID: f.accounts[0].ID, Source: Discovered}
	if err := m.Mappings.Remember(ctx, c.ConnectionID, discovered); err != nil {
		return fmt.Errorf("remember an account: %w", err)
	}
	return nil
}

func (f found) matches() []Match {
	matches := make([]Match, 0, min(len(f.accounts), maxCandidates))
	for _, account := range f.accounts[:min(len(f.accounts), maxCandidates)] {
		match := Match{AccountID: account.ID, AccountName: account.Name, AccountURL: account.URL, Why: f.why, Evidence: f.evidence}
		if f.mapping != nil {
			match.ChosenBy, match.TimesUsed = f.mapping.ChosenBy, f.mapping.TimesUsed
		}
		matches = append(matches, match)
	}
	return matches
}

// companies are the guests by their domains, in the invitation's order. Who has an address of the user's own organisation is
// no guest, whatever the invitation says.
func (s Session) companies() []guests {
	own := map[string]bool{mappings.DomainOf(s.Viewer.Email): true, mappings.DomainOf(s.Meeting.RecordedBy.Email): true}
	for _, p := range s.Meeting.Invitees {
		if !p.External {
			own[mappings.DomainOf(p.Email)] = true
		}
	}
	var companies []guests
	for _, p := range s.Meeting.Invitees {
		domain := mappings.DomainOf(p.Email)
		switch {
		case !p.External, domain == "", own[domain]:
			continue
		case mappings.FreeMail(domain):
			domain = ""
		}
		i := slices.IndexFunc(companies, func(g guests) bool { return g.domain == domain })
		if i < 0 {
			i = len(companies)
			companies = append(companies, guests{domain: domain})
		}
		companies[i].people = append(companies[i].people, p)
	}
	return companies
}

// byContact looks for contacts with the guests' very addresses.
func byContact(ctx context.Context, c CRM, of guests) (found, error) {
	f := found{why: ByContact}
	for _, guest := range of.people[:min(len(of.people), maxAsked)] {
		if guest.Name == "" || strings.Contains(guest.Name, "@") {
			continue // contacts are looked for by name
		}
		contacts, err := c.Contacts(ctx, guest.Name, "")
		if err != nil {
			return found{}, fmt.Errorf("look for a contact: %w", err)
		}
		for _, contact := range contacts {
			known := slices.ContainsFunc(f.accounts, func(a crm.Account) bool { return a.ID == contact.AccountID })
			if contact.AccountID == "" || known || !SameAddress(contact.Email, guest.Email) {
				continue
			}
			account, err := c.Account(ctx, contact.AccountID)
			switch {
			case errors.Is(err, crm.ErrNotFound): // other ways may find it
			case err != nil:
				return found{}, fmt.Errorf("ask for a contact's account: %w", err)
			default:
				f.accounts, f.evidence = append(f.accounts, account), cmp.Or(f.evidence, guest.Email)
			}
		}
	}
	return f, nil
}

// byWebsite looks for accounts whose website is at the domain.
func byWebsite(ctx context.Context, c CRM, of guests) (found, error) {
	if of.domain == "" {
		return found{}, nil
	}
	accounts, err := c.AccountsByHost(ctx, of.domain)
	if err != nil {
		return found{}, fmt.Errorf("look for a website: %w", err)
	}
	return found{accounts: accounts, why: ByWebsite, evidence: of.domain}, nil
}

// byName looks for accounts that are called as the domain is. A single one that is called exactly so is taken, unless its
// website says that it is another company; anything else is for the user to choose from.
func byName(ctx context.Context, c CRM, of guests) (found, error) {
	name, _, _ := strings.Cut(crm.Site(of.domain), ".")
	if name == "" {
		return found{}, nil
	}
	accounts, err := c.AccountsByName(ctx, name)
	if err != nil {
		return found{}, fmt.Errorf("look for a name: %w", err)
	}
	exact := called(name, accounts)
	if len(exact) == 1 && (exact[0].Website == "" || sameSite(exact[0].Website, of.domain)) {
		return found{accounts: exact, why: ByName, evidence: exact[0].Name}, nil
	}
	return found{accounts: accounts, why: ByName, evidence: name, maybe: true}, nil
}

// called are the accounts with exactly this name, in any case.
func called(name string, accounts []crm.Account) []crm.Account {
	var exact []crm.Account
	for _, account := range accounts {
		if strings.EqualFold(strings.TrimSpace(account.Name), strings.TrimSpace(name)) {
			exact = append(exact, account)
		}
	}
	return exact
}

func sameSite(website, domain string) bool {
	site := crm.Site(domain)
	return site != "" && crm.Site(website) == site
}
