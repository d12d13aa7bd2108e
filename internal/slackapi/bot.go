package slackapi

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/slack-go/slack"

	"github.com/followup-dev/followup-operator/internal/blockkit"
	"github.com/followup-dev/followup-operator/internal/credentials"
	"github.com/followup-dev/followup-operator/internal/outcome"
	"github.com/followup-dev/followup-operator/internal/vendorhttp"
)

// Bot is the app in one workspace. All its errors are *outcome.Error.
type Bot struct {
	api   *API
	token credentials.Secret
}

// OpenView opens a modal for whoever the trigger came from. After UnknownOutcome it may be open.
func (b *Bot) OpenView(ctx context.Context, triggerID string, view slack.ModalViewRequest) error {
	return b.view(ctx, openView, view, func(ctx context.Context, client *slack.Client) (*slack.ViewResponse, error) {
		return client.OpenViewContext(ctx, triggerID, view)
	})
}

// PushView lays a modal over the one that the trigger's click was in. After UnknownOutcome it may be there.
func (b *Bot) PushView(ctx context.Context, triggerID string, view slack.ModalViewRequest) error {
	return b.view(ctx, pushView, view, func(ctx context.Context, client *slack.Client) (*slack.ViewResponse, error) {
		return client.PushViewContext(ctx, triggerID, view)
	})
}

// UpdateView replaces the modal that was opened with this external_id; NotFound(err) when there is none.
func (b *Bot) UpdateView(ctx context.Context, externalID string, view slack.ModalViewRequest) error {
	return b.view(ctx, updateView, view, func(ctx context.Context, client *slack.Client) (*slack.ViewResponse, error) {
		return client.UpdateViewContext(ctx, view, externalID, "", "")
	})
}

// UpdateViewID replaces the modal that Slack gave this ID; NotFound(err) when its user closed it.
func (b *Bot) UpdateViewID(ctx context.Context, viewID string, view slack.ModalViewRequest) error {
	return b.view(ctx, updateView, view, func(ctx context.Context, client *slack.Client) (*slack.ViewResponse, error) {
		return client.UpdateViewContext(ctx, view, "", "", viewID)
	})
}

// view makes a call that sends a view, if Slack would take the view.
func (b *Bot) view(
	ctx context.Context, op vendorhttp.Operation, view slack.ModalViewRequest,
	do func(context.Context, *slack.Client) (*slack.ViewResponse, error),
) error {
	if err := b.check(ctx, op, view, blockkit.CheckView); err != nil {
		return err
	}
	return b.call(ctx, op, func(ctx context.Context, client *slack.Client) error {
		resp, err := do(ctx, client)
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

// UserByEmail returns the ID of the workspace's user with this address; UserNotFound(err) when there is none. It takes the
// scope users:read.email.
func (b *Bot) UserByEmail(ctx context.Context, email string) (id string, err error) {
	err = b.call(ctx, userByEmail, func(ctx context.Context, client *slack.Client) error {
		user, err := client.GetUserByEmailContext(ctx, email)
		if err != nil {
			return err
		}
		if user.ID == "" {
			return unreadable()
		}
		id = user.ID
		return nil
	})
	return id, err
}

// Respond posts to the response_url of a command: up to five times, within 30 minutes of it. The URL is a credential
// and comes with the request, so another host than Slack's is refused. After UnknownOutcome it may have been posted.
func (b *Bot) Respond(ctx context.Context, responseURL string, message slack.WebhookMessage) error {
	if err := b.check(ctx, respond, message, blockkit.CheckMessage); err != nil {
		return err
	}
	return b.api.http.Call(ctx, respond, func(ctx context.Context, doer vendorhttp.Doer) error {
		target, err := url.Parse(responseURL)
		if err != nil || target.Scheme != b.api.hooks.Scheme || target.Host != b.api.hooks.Host || target.User != nil {
			return &outcome.Error{Class: outcome.Permanent, Code: "foreign_response_url"}
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

// check holds back what Slack would refuse. What is wrong is logged by its place: the words are a customer's.
func (b *Bot) check(ctx context.Context, op vendorhttp.Operation, content any, problems func(json.RawMessage) []blockkit.Problem) error {
	raw, err := json.Marshal(content)
	if err != nil {
		return &outcome.Error{Vendor: op.Vendor, Operation: op.Name, Class: outcome.Permanent, Code: invalidBlocks}
	}
	found := problems(raw)
	if found == nil {
		return nil
	}
	pointers := make([]string, len(found))
	for i, problem := range found {
		pointers[i] = problem.Pointer
	}
	b.api.log.ErrorContext(ctx, "not sent to Slack, which would refuse it", "operation", op.Name, "pointers", pointers)
	return &outcome.Error{Vendor: op.Vendor, Operation: op.Name, Class: outcome.Permanent, Code: invalidBlocks}
}

func (b *Bot) call(ctx context.Context, op vendorhttp.Operation, do func(context.Context, *slack.Client) error) error {
	return b.api.http.Call(ctx, op, func(ctx context.Context, doer vendorhttp.Doer) error {
		client := slack.New(b.token.Reveal(), slack.OptionHTTPClient(doer), slack.OptionAPIURL(b.api.apiURL))
		return classed(op, do(ctx, client))
	})
}
