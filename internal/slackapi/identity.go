package slackapi

import (
	"context"
	"time"

	"github.com/slack-go/slack"

	"github.com/followup-dev/followup-operator/internal/vendorhttp"
)

var authTest = vendorhttp.Operation{Vendor: vendor, Name: "auth.test", Timeout: 4 * time.Second, Repeatable: true}

// Identity is where a token works.
type Identity struct {
	TeamID       string // T..., of one of the workspaces if the token is an organisation's
	EnterpriseID string // E..., "" outside an organisation
}

// Identity tries the token.
//
// Source: https://docs.slack.dev/reference/methods/auth.test
func (b *Bot) Identity(ctx context.Context) (Identity, error) {
	var found Identity
	err := b.call(ctx, authTest, func(ctx context.Context, client *slack.Client) error {
		answer, err := client.AuthTestContext(ctx)
		if err != nil {
			return err
		}
		if answer.TeamID == "" && answer.EnterpriseID == "" {
			return unreadable()
		}
		found = Identity{TeamID: answer.TeamID, EnterpriseID: answer.EnterpriseID}
		return nil
	})
	return found, err
}
