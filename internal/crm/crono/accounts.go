package crono

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/followup-dev/followup-operator/internal/crm"
)

const (
	// pageLimit is what searches are asked for at a time: Crono gives contacts 50 at most.
	pageLimit = 50
	// Accounts are looked through for a website, for which there is no filter. They are listed 200 at a time at most.
	hostLimit = 200
	hostPages = 25
	// contactPages bounds a search for people by name.
	contactPages = 4
	maxNamed     = 20
)

// page is of Crono's searches.
type page struct{ Limit, Offset int }

type account struct {
	ID      text `json:"objectId"`
	Name    text `json:"name"`
	Website text `json:"website"`
}

func (a account) crm() crm.Account {
	return crm.Account{ID: string(a.ID), Name: string(a.Name), Website: string(a.Website), URL: accountURL(string(a.ID))}
}

// Account implements crm.CRM. Crono denies some accounts that exist: ErrNotFound is not the last word.
func (c *Client) Account(ctx context.Context, id string) (crm.Account, error) {
	if id == "" {
		return crm.Account{}, crm.ErrNotFound
	}
	var found account
	err := c.call(ctx, request{name: "get_account", method: http.MethodGet, path: "/Accounts/" + url.PathEscape(id), repeatable: true}, &found)
	if notFound(err) || (err == nil && found.ID == "") {
		return crm.Account{}, crm.ErrNotFound
	}
	return found.crm(), err
}

// AccountsByHost implements crm.CRM. It looks through the first 5,000 accounts.
func (c *Client) AccountsByHost(ctx context.Context, host string) ([]crm.Account, error) {
	host = crm.Host(host)
	var same, near []crm.Account
	site := crm.Site(host)
	err := pages(hostLimit, hostPages, func(at page) ([]account, error) {
		var listed []account
		path := fmt.Sprintf("/Accounts?limit=%d&offset=%d", at.Limit, at.Offset)
		err := c.call(ctx, request{name: "list_accounts", method: http.MethodGet, path: path, repeatable: true}, &listed)
		return listed, err
	}, func(a account) {
		switch theirs := crm.Host(string(a.Website)); {
		case theirs == "":
		case theirs == host:
			same = append(same, a.crm())
		case site != "" && crm.Site(theirs) == site:
			near = append(near, a.crm())
		}
	})
	if len(same) > 0 {
		return same, err
	}
	return near, err
}

// AccountsByName implements crm.CRM. What Crono takes for alike is not documented; those that are called exactly so are first.
func (c *Client) AccountsByName(ctx context.Context, name string) ([]crm.Account, error) {
	name = strings.TrimSpace(name)
	if name == "" { // or it would be all
		return nil, nil
	}
	search := struct {
		Name       string
		Pagination page
	}{name, page{Limit: pageLimit}}
	var found []account
	err := c.call(ctx, request{name: "search_accounts", method: http.MethodPost, path: "/Accounts/search", body: search, repeatable: true}, &found)
	if err != nil {
		return nil, err
	}
	named := make([]crm.Account, 0, len(found))
	for _, a := range found {
		if a.ID != "" {
			named = append(named, a.crm())
		}
	}
	slices.SortStableFunc(named, func(a, b crm.Account) int { return cmp.Compare(distance(a.Name, name), distance(b.Name, name)) })
	return named[:min(len(named), maxNamed)], nil
}

// distance is 0 for the name, 1 for one that begins with it, 2 for another.
func distance(candidate, name string) int {
	switch {
	case strings.EqualFold(candidate, name):
		return 0
	case strings.HasPrefix(strings.ToLower(candidate), strings.ToLower(name)):
		return 1
	default:
		return 2
	}
}

type contact struct {
	ID        text `json:"objectId"`
	Name      text `json:"name"`
	FirstName text `json:"firstName"`
	LastName  text `json:"lastName"`
	Email     text `json:"email"`
	AccountID text `json:"accountId"`
}

// Contacts implements crm.CRM, for the first 200 people that Crono finds.
func (c *Client) Contacts(ctx context.Context, name, accountID string) ([]crm.Contact, error) {
	var people []crm.Contact
	err := pages(pageLimit, contactPages, func(at page) ([]contact, error) {
		var found []contact
		search := struct {
			Name       string `json:",omitempty"`
			AccountID  string `json:"AccountId,omitempty"`
			Pagination page
		}{strings.TrimSpace(name), accountID, at}
		err := c.call(ctx, request{name: "search_contacts", method: http.MethodPost, path: "/Prospects/search", body: search, repeatable: true}, &found)
		return found, err
	}, func(p contact) {
		called := cmp.Or(string(p.Name), strings.TrimSpace(string(p.FirstName+" "+p.LastName)))
		people = append(people, crm.Contact{ID: string(p.ID), Name: called, Email: string(p.Email), AccountID: string(p.AccountID)})
	})
	return people, err
}

// object is anything with an ID of Crono's.
type object interface{ id() text }

func (a account) id() text { return a.ID }
func (p contact) id() text { return p.ID }

// pages has each object of a search looked at once. Answers do not say how many there are: a page is the last if it is shorter
// than the shortest that Crono makes of a longer limit, or brings nothing new.
func pages[T object](limit, most int, search func(page) ([]T, error), look func(T)) error {
	seen := map[text]bool{}
	for at, n := (page{Limit: limit}), 0; n < most; n++ {
		found, err := search(at)
		if err != nil {
			return err
		}
		before := len(seen)
		for _, o := range found {
			if o.id() != "" && !seen[o.id()] {
				seen[o.id()] = true
				look(o)
			}
		}
		if len(found) < pageLimit || len(seen) == before {
			return nil
		}
		at.Offset += len(found)
	}
	return nil
}
