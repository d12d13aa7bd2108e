package fathom

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/followup-dev/followup-operator/internal/credentials"
	"github.com/followup-dev/followup-operator/internal/vendorhttp"
)

const vendor = "fathom"

// A page took up to some seconds in the field; a person waits for it.
var listMeetings = vendorhttp.Operation{Vendor: vendor, Name: "list_meetings", Timeout: 10 * time.Second, Repeatable: true}

// Client reads with one API key. It is cheap to make: connections are vendorhttp's.
type Client struct {
	http    *vendorhttp.Client
	baseURL string
	key     credentials.Secret
}

// New returns a client of the API at baseURL (https://api.fathom.ai/external/v1).
func New(http *vendorhttp.Client, baseURL string, key credentials.Secret) *Client {
	return &Client{http: http, baseURL: strings.TrimRight(baseURL, "/"), key: key}
}

// Query selects meetings.
type Query struct {
	// CreatedAfter and CreatedBefore, if not zero, are compared with when the recording's entry was made, not with the
	// scheduled time; in whole seconds. Whether the very second is in is not documented.
	CreatedAfter, CreatedBefore time.Time
	// Cursor is Page.Next of the page before, "" for the first.
	Cursor string
	// ActionItems asks for these, too.
	ActionItems bool
}

// Meetings returns one page (10 in practice) of GET /meetings. Errors are *outcome.Error: Unauthorized when the key
// is refused, Throttled with the wait when its 60 calls a minute are spent.
func (c *Client) Meetings(ctx context.Context, q Query) (Page, error) {
	query := url.Values{}
	set := func(name, value string, given bool) {
		if given {
			query.Set(name, value)
		}
	}
	set("created_after", q.CreatedAfter.UTC().Format(time.RFC3339), !q.CreatedAfter.IsZero())
	set("created_before", q.CreatedBefore.UTC().Format(time.RFC3339), !q.CreatedBefore.IsZero())
	set("cursor", q.Cursor, q.Cursor != "")
	set("include_action_items", "true", q.ActionItems)
	var page Page
	err := c.http.Call(ctx, listMeetings, func(ctx context.Context, doer vendorhttp.Doer) error {
		page = Page{}
		return c.get(ctx, doer, "/meetings?"+query.Encode(), &page)
	})
	return page, err
}

func (c *Client) get(ctx context.Context, doer vendorhttp.Doer, path string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.baseURL+path, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("X-Api-Key", c.key.Reveal())
	resp, err := doer.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	return json.NewDecoder(resp.Body).Decode(into)
}
