package crono

import (
	"context"
	"net/http"
	"strings"

	"github.com/followup-dev/followup-operator/internal/crm"
)

// created is what we use of an answer to a write. It may be empty, or without an ID.
type created struct {
	ID text `json:"objectId"`
}

// wrapped is the body of a write.
type wrapped struct {
	Data any `json:"data"`
}

// CreateNote implements crm.CRM. Crono does not tell a new note's ID: it is looked for, and left unknown if that fails.
func (c *Client) CreateNote(ctx context.Context, note crm.Note) (crm.Record, error) {
	body := wrapped{struct {
		Description string
		AccountID   string `json:"AccountId"`
	}{signed(note.Text, note.Ref), note.AccountID}}
	var made created
	err := c.call(ctx, request{name: "create_note", method: http.MethodPost, path: "/Notes", body: body}, &made)
	if err != nil {
		return crm.Record{}, err
	}
	record := crm.Record{ID: string(made.ID), URL: accountURL(note.AccountID)}
	if record.ID != "" {
		return record, nil
	}
	if found, err := c.FindNote(ctx, note); err == nil {
		return found, nil
	}
	return record, nil
}

type noted struct {
	ID          text `json:"objectId"`
	Description text `json:"description"`
}

// FindNote implements crm.CRM.
func (c *Client) FindNote(ctx context.Context, note crm.Note) (crm.Record, error) {
	search := struct {
		DescriptionContains string
		AccountID           string `json:"AccountId"`
		Pagination          page
	}{note.Ref, note.AccountID, page{Limit: 10}}
	var found []noted
	err := c.call(ctx, request{name: "search_notes", method: http.MethodPost, path: "/Notes/search", body: search, repeatable: true}, &found)
	if err != nil {
		return crm.Record{}, err
	}
	for _, n := range found {
		if bears(string(n.Description), note.Ref) { // Crono has ignored filters before
			return crm.Record{ID: string(n.ID), URL: accountURL(note.AccountID)}, nil
		}
	}
	return crm.Record{}, crm.ErrNotFound
}

// signed is a text that ends with its ref, and is cut in front of it if it is too long.
func signed(text, ref string) string {
	const more = "…"
	text, end := strings.TrimSpace(text), "\n\n"+ref
	if text == "" {
		return ref
	}
	room := maxNote - len([]rune(end))
	if runes := []rune(text); len(runes) > room {
		text = strings.TrimSpace(string(runes[:room-len([]rune(more))])) + more
	}
	return text + end
}

// bears says whether a text has the ref as one of its lines. Somebody may have written below it since.
func bears(text, ref string) bool {
	for line := range strings.Lines(text) {
		if strings.TrimSpace(line) == ref {
			return true
		}
	}
	return false
}
