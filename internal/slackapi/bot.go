package slackapi

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/slack-go/slack"

	"github.com/followup-dev/followup-operator/internal/credentials"
	"github.com/followup-dev/followup-operator/internal/vendorhttp"
)

// Bot is the app in one workspace. All its errors are *vendorhttp.Error.
type Bot struct {
	api   *API
	token credentials.Secret
}

// OpenView opens a modal for whoever the trigger came from. After UnknownOutcome it may be open.
func (b *Bot) OpenView(ctx context.Context, triggerID string, view slack.ModalViewRequest) error {
	return b.call(ctx, openView, func(ctx context.Context, client *slack.Client) error {
		resp, err := client.OpenViewContext(ctx, triggerID, view)
		if err != nil {
			return err
		}
		return confirmed(resp.SlackResponse)
	})
}

// UpdateView replaces the modal that was opened with this external_id; NotFound(err) when there is none.
func (b *Bot) UpdateView(ctx context.Context, externalID string, view slack.ModalViewRequest) error {
	return b.call(ctx, updateView, func(ctx context.Context, client *slack.Client) error {
		resp, err := client.UpdateViewContext(ctx, view, externalID, "", "")
		if err != nil {
			return err
		}
		return confirmed(resp.SlackResponse)
	})
}

// User is what we use of a Slack user.
type User struct {
	RealName string
	// Email is "" if the user has none, or if the app lacks the scope users:read.email.
	Email string
}

// UserInfo looks a user of the workspace up; the code is user_not_found when the token's workspace does not know them.
func (b *Bot) UserInfo(ctx context.Context, userID string) (User, error) {
	var found User
	err := b.call(ctx, userInfo, func(ctx context.Context, client *slack.Client) error {
		user, err := client.GetUserInfoContext(ctx, userID)
		if err != nil {
			return err
		}
		if user.ID != userID {
			return unreadable()
		}
		found = User{RealName: user.RealName, Email: user.Profile.Email}
		return nil
	})
	return found, err
}

// Respond posts to the response_url of a command: up to five times, within 30 minutes of it. The URL is a credential
// and comes with the request, so another host than Slack's is refused. After UnknownOutcome it may have been posted.
func (b *Bot) Respond(ctx context.Context, responseURL string, message slack.WebhookMessage) error {
	return b.api.http.Call(ctx, respond, func(ctx context.Context, doer vendorhttp.Doer) error {
		target, err := url.Parse(responseURL)
		if err != nil || target.Scheme != b.api.hooks.Scheme || target.Host != b.api.hooks.Host || target.User != nil {
			return &vendorhttp.Error{Class: vendorhttp.Permanent, Code: "foreign_response_url"}
		}
		body, err := json.Marshal(message)
		if err != nil {
			return err
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, target.String(), bytes.NewReader(body))
		if err != nil {
			return err
		}
		req.Header.Set("Content-Type", "application/json; charset=utf-8")
		resp, err := doer.Do(req)
		if err != nil {
			return err
		}
		return resp.Body.Close()
	})
}

func (b *Bot) call(ctx context.Context, op vendorhttp.Operation, do func(context.Context, *slack.Client) error) error {
	return b.api.http.Call(ctx, op, func(ctx context.Context, doer vendorhttp.Doer) error {
		client := slack.New(b.token.Reveal(), slack.OptionHTTPClient(doer), slack.OptionAPIURL(b.api.apiURL))
		return classed(op, do(ctx, client))
	})
}
