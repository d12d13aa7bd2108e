package crono

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The most that is given at a time.
const (
	maxListed   = 200
	maxSearched = 50
	usualLimit  = 50
)

// object is one of an answer.
type object map[string]any

func nullable(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// paged is a part of what was found.
func paged(all []object, limit, offset, most int) (any, *refusal) {
	if limit < 1 || limit > most || offset < 0 {
		return nil, badRequest("Pagination.Limit", "want 1 to "+strconv.Itoa(most)+", and an offset of 0 or more")
	}
	offset = min(offset, len(all))
	return slices.Concat([]object{}, all[offset:min(offset+limit, len(all))]), nil
}

// searched is paged as a search says: {"Pagination": {"Limit": 50, "Offset": 0}}.
func searched(v values, all []object, most int) (any, *refusal) {
	given, _ := v["pagination"].(map[string]any) // nil is none
	at, failure := lower(given)
	if failure != nil {
		return nil, failure
	}
	for name := range at {
		if name != "limit" && name != "offset" {
			return nil, badRequest("Pagination."+name, "is no property of this request")
		}
	}
	return at.paged(all, most)
}

func (v values) paged(all []object, most int) (any, *refusal) {
	limit, offset := usualLimit, 0
	if n, ok := v.number("limit"); ok {
		limit = n
	}
	if n, ok := v.number("offset"); ok {
		offset = n
	}
	return paged(all, limit, offset, most)
}

func listed(query map[string]string, all []object) (any, *refusal) {
	limit, offset := usualLimit, 0
	var err error
	if text, given := query["limit"]; given {
		if limit, err = strconv.Atoi(text); err != nil {
			return nil, badRequest("limit", "want a number")
		}
	}
	if text, given := query["offset"]; given {
		if offset, err = strconv.Atoi(text); err != nil {
			return nil, badRequest("offset", "want a number")
		}
	}
	return paged(all, limit, offset, maxListed)
}

func (s *Server) listUsers(_ *workspace, in input) (any, *refusal) {
	return listed(in.query, []object{{"objectId": "1", "name": "Manager", "email": "manager@example.com", "active": true}})
}

func (a Account) describe() object {
	return object{"objectId": a.ID, "name": a.Name, "website": nullable(a.Website), "status": "Inactive", "numberOfEmployees": nil}
}

func (s *Server) listAccounts(w *workspace, in input) (any, *refusal) {
	return listed(in.query, describe(w.Accounts, Account.describe))
}

func (s *Server) getAccount(w *workspace, in input) (any, *refusal) {
	i := slices.IndexFunc(w.Accounts, func(a Account) bool { return a.ID == in.id && !a.Denied })
	if i < 0 {
		return nil, &refusal{status: http.StatusNotFound}
	}
	return w.Accounts[i].describe(), nil
}

func (s *Server) searchAccounts(w *workspace, in input) (any, *refusal) {
	found := slices.DeleteFunc(slices.Clone(w.Accounts), func(a Account) bool {
		return !like(a.Name, in.values.text("name")) || (in.values["haswebsite"] == true && a.Website == "")
	})
	return searched(in.values, describe(found, Account.describe), maxListed)
}

// like takes a name for found by a part of it.
func like(name, part string) bool {
	return strings.Contains(strings.ToLower(name), strings.ToLower(part))
}

func (c Contact) name() string { return strings.TrimSpace(c.FirstName + " " + c.LastName) }

func (c Contact) describe() object {
	return object{
		"objectId": c.ID, "name": c.name(), "firstName": c.FirstName, "lastName": c.LastName, "email": nullable(c.Email),
		"accountId": nullable(c.AccountID), "title": nil,
	}
}

func (s *Server) searchContacts(w *workspace, in input) (any, *refusal) {
	found := slices.DeleteFunc(slices.Clone(w.Contacts), func(c Contact) bool {
		return !like(c.name(), in.values.text("name")) || !isOf(c.AccountID, in.values.text("accountid"))
	})
	return searched(in.values, describe(found, Contact.describe), maxSearched)
}

func (d Deal) describe() object {
	var amount any
	if d.Amount != "" {
		amount = d.Amount
	}
	return object{
		"objectId": d.ID, "accountId": d.AccountID, "name": d.Name, "stage": nullable(d.Stage), "amount": amount,
		"currency": nullable(d.Currency), "description": nullable(d.Description), "isClosed": d.Closed, "isWon": d.Won, "closeDate": nil,
	}
}

func (s *Server) searchDeals(w *workspace, in input) (any, *refusal) {
	closed, given := in.values["isclosed"].(bool)
	found := slices.DeleteFunc(slices.Clone(w.Deals), func(d Deal) bool {
		return !isOf(d.AccountID, in.values.text("accountid")) || !like(d.Name, in.values.text("name")) || (given && d.Closed != closed)
	})
	return searched(in.values, describe(found, Deal.describe), maxListed)
}

func (n Note) describe() object {
	return object{"objectId": n.ID, "description": n.Text, "accountId": n.AccountID, "createdDate": n.At.Format(time.RFC3339)}
}

func (s *Server) searchNotes(w *workspace, in input) (any, *refusal) {
	found := slices.DeleteFunc(slices.Clone(w.received.Notes), func(n Note) bool {
		return !isOf(n.AccountID, in.values.text("accountid")) || !like(n.Text, in.values.text("descriptioncontains"))
	})
	return searched(in.values, describe(found, Note.describe), maxListed)
}

func (t Task) describe() object {
	return object{
		"objectId": t.ID, "type": t.Type, "activityDate": t.Due.Format(time.RFC3339), "subject": nullable(t.Subject),
		"description": nullable(t.Description), "accountId": t.AccountID, "prospectId": t.ContactID, "completed": false,
	}
}

func (s *Server) searchTasks(w *workspace, in input) (any, *refusal) {
	found := slices.DeleteFunc(slices.Clone(w.received.Tasks), func(t Task) bool {
		return !isOf(t.AccountID, in.values.text("accountid")) || !isOf(t.ContactID, in.values.text("prospectid")) ||
			(in.values["type"] != nil && taskType(in.values["type"]) != t.Type)
	})
	if in.values.text("sortby") == "CreatedDateDesc" {
		slices.Reverse(found)
	}
	return in.values.paged(describe(found, Task.describe), maxListed)
}

func (s *Server) listPipelines(w *workspace, _ input) (any, *refusal) {
	return describe(w.Pipelines, func(p Pipeline) object { return object{"name": p.Name, "stages": p.Stages} }), nil
}

// isOf compares with what was asked for, if anything was.
func isOf(id, wanted string) bool { return wanted == "" || id == wanted }

func describe[T any](all []T, one func(T) object) []object {
	described := []object{}
	for _, item := range all {
		described = append(described, one(item))
	}
	return described
}
