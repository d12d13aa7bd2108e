package fathom

import (
	"context"
	"encoding/json"
	"time"

	"github.com/followup-dev/followup-operator/internal/vendorhttp"
)

var listTeams = vendorhttp.Operation{Vendor: vendor, Name: "list_teams", Timeout: 10 * time.Second, Repeatable: true}

// Ping tries the key with GET /teams, which says the least of all that a key can read.
func (c *Client) Ping(ctx context.Context) error {
	return c.http.Call(ctx, listTeams, func(ctx context.Context, doer vendorhttp.Doer) error {
		var teams json.RawMessage
		return c.get(ctx, doer, "/teams", &teams)
	})
}
