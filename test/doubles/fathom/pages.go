package fathom

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
)

const pageSize = 10

// A cursor is opaque to clients.
type cursor struct {
	Page int `json:"page_num"`
}

func parseCursor(text string) (int, error) {
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return 0, err
	}
	var c cursor
	if err := json.Unmarshal(raw, &c); err != nil {
		return 0, err
	}
	if c.Page < 2 || c.Page > 1<<20 {
		return 0, fmt.Errorf("page %d", c.Page)
	}
	return c.Page, nil
}

// next is the cursor of the page after this one, nil after the last.
func next(page, total int) *string {
	if page*pageSize >= total {
		return nil
	}
	raw, _ := json.Marshal(cursor{Page: page + 1}) // a number always marshals
	text := base64.StdEncoding.EncodeToString(raw)
	return &text
}

// paged is one page of the items, from 1.
func paged[T any](items []T, page int, describe func(T) map[string]any) (answer, *refusal) {
	start := (page - 1) * pageSize
	if start > 0 && start >= len(items) {
		return answer{}, badRequest("cursor: invalid")
	}
	described := []map[string]any{}
	for _, item := range items[start:min(start+pageSize, len(items))] {
		described = append(described, describe(item))
	}
	return answer{http.StatusOK, map[string]any{"limit": pageSize, "next_cursor": next(page, len(items)), "items": described}}, nil
}
