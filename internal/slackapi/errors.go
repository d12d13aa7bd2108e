package slackapi

import (
	"errors"
	"slices"

	"github.com/slack-go/slack"

	"github.com/followup-dev/followup-operator/internal/outcome"
	"github.com/followup-dev/followup-operator/internal/vendorhttp"
)

// NotFound says that there is no view with this external_id: it was never opened, or its user closed it.
func NotFound(err error) bool { return outcome.CodeOf(err) == "not_found" }

// AlreadyOpen says that a view with this external_id exists.
func AlreadyOpen(err error) bool { return outcome.CodeOf(err) == "duplicate_external_id" }

const invalidBlocks = "invalid_blocks"

var unshowable = []string{
	invalidBlocks, "invalid_blocks_format", "invalid_arguments", "view_too_large", "msg_blocks_too_long", "msg_too_long",
}

// Unshowable says that Slack does not take the content of a view or a message, or that we held it back for that reason.
func Unshowable(err error) bool { return slices.Contains(unshowable, outcome.CodeOf(err)) }

var goneMessages = []string{"message_not_found", "channel_not_found", "cant_update_message", "edit_window_closed"}

// MessageGone says that a message can't be updated any more: it was deleted, it is of an earlier installation, or the
// workspace lets nobody edit what is so old.
func MessageGone(err error) bool { return slices.Contains(goneMessages, outcome.CodeOf(err)) }

// UserNotFound says that the token's workspace does not know or show this user.
func UserNotFound(err error) bool {
	return slices.Contains([]string{"user_not_found", "users_not_found", "user_not_visible"}, outcome.CodeOf(err))
}

// MissingScope says that the app was installed without a permission that the call needs.
func MissingScope(err error) bool { return outcome.CodeOf(err) == "missing_scope" }

// Source of the codes: the error tables of https://docs.slack.dev/reference/methods/views.open, views.push, views.update,
// chat.postMessage,
// chat.update, users.info and users.lookupByEmail.
var (
	deadTokens = []string{"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired"}
	hiccups    = []string{"internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org"}
)

// classed makes an *outcome.Error of Slack's "ok": false; everything else is vendorhttp's to class.
func classed(op vendorhttp.Operation, err error) error {
	said, ok := errors.AsType[slack.SlackErrorResponse](err)
	if !ok {
		return err
	}
	failed := &outcome.Error{Class: outcome.Permanent, Code: outcome.Code(said.Err)}
	switch {
	case slices.Contains(deadTokens, said.Err):
		failed.Class = outcome.Unauthorized
	case said.Err == "ratelimited" || said.Err == "rate_limited": // the latter from chat.postMessage
		failed.Class = outcome.Throttled
	case slices.Contains(hiccups, said.Err) && op.Repeatable:
		failed.Class = outcome.Transient
	case slices.Contains(hiccups, said.Err):
		failed.Class = outcome.UnknownOutcome // fatal_error: "some aspect of the operation succeeded"
	}
	return failed
}

// confirmed catches what slack-go lets through: JSON that says neither ok nor error.
func confirmed(resp slack.SlackResponse) error {
	if resp.Ok {
		return nil
	}
	return unreadable()
}

func unreadable() error { return errors.New("answer without ok") }
