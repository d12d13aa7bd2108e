package crono

import (
	"context"
	"net/http"
	"time"

	"github.com/followup-dev/followup-operator/internal/crm"
)

// CreateTask implements crm.Tasks.
func (c *Client) CreateTask(ctx context.Context, task crm.Task) (crm.Record, error) {
	body := wrapped{struct {
		AccountID    string `json:"AccountId,omitempty"`
		ProspectID   string `json:"ProspectId,omitempty"`
		Type         string
		ActivityDate string
		Subject      string `json:",omitempty"`
		Description  string
	}{task.AccountID, task.ContactID, task.Type, moment(task.Due), task.Subject, signed(task.Description, task.Ref)}}
	var made created
	err := c.call(ctx, request{name: "create_task", method: http.MethodPost, path: "/Tasks", body: body}, &made)
	if err != nil {
		return crm.Record{}, err
	}
	return crm.Record{ID: string(made.ID), URL: accountURL(task.AccountID)}, nil
}

// taskPages bounds the search for a task among the account's newest: it was made a short while ago, if it was.
const taskPages = 4

type planned struct {
	ID          text  `json:"objectId"`
	Subject     text  `json:"subject"`
	Description *text `json:"description"`
}

func (t planned) id() text { return t.ID }

// FindTask implements crm.Tasks. No filter looks into a task's text, so it looks through the newest of the contact's. Whether
// Crono lists their descriptions is not documented: one without is taken for the task if its subject is the same.
func (c *Client) FindTask(ctx context.Context, task crm.Task) (crm.Record, error) {
	search := struct {
		page
		AccountID  string `json:"AccountId,omitempty"`
		ProspectID string `json:"ProspectId,omitempty"`
		Type       string
		SortBy     string
	}{page{}, task.AccountID, task.ContactID, task.Type, "CreatedDateDesc"}
	var record *crm.Record
	err := pages(pageLimit, taskPages, func(at page) ([]planned, error) {
		search.page = at
		var listed []planned
		err := c.call(ctx, request{name: "search_tasks", method: http.MethodPost, path: "/Tasks/search", body: search, repeatable: true}, &listed)
		return listed, err
	}, func(t planned) {
		if record == nil && t.is(task) {
			record = &crm.Record{ID: string(t.ID), URL: accountURL(task.AccountID)}
		}
	})
	switch {
	case record != nil:
		return *record, nil
	case err != nil:
		return crm.Record{}, err
	default:
		return crm.Record{}, crm.ErrNotFound
	}
}

func (t planned) is(task crm.Task) bool {
	if t.Description == nil {
		return string(t.Subject) == task.Subject
	}
	return bears(string(*t.Description), task.Ref)
}

// moment is a time as Crono reads it.
func moment(t time.Time) string { return t.UTC().Format(time.RFC3339) }
