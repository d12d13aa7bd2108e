package llm

import (
	"context"
	"time"

	"github.com/anthropics/anthropic-sdk-go/v2"
	"github.com/anthropics/anthropic-sdk-go/v2/option"

	"github.com/followup-dev/followup-operator/internal/vendorhttp"
)

var getModel = vendorhttp.Operation{Vendor: "anthropic", Name: "get_model", Timeout: 10 * time.Second, Repeatable: true, Refused: refused}

// Ping tries the key and asks for the model, which costs nothing. Errors are *outcome.Error: Unauthorized when the key is refused,
// Permanent with CodeNoModel when its account has no such model.
//
// Source: https://platform.claude.com/docs/en/api/models/retrieve
func (c *Client) Ping(ctx context.Context) error {
	return c.http.Call(ctx, getModel, func(ctx context.Context, doer vendorhttp.Doer) error {
		_, err := c.models.Get(ctx, c.model, anthropic.ModelGetParams{}, option.WithHTTPClient(doer))
		return err
	})
}
