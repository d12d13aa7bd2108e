package google

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/followup-dev/followup-operator/internal/outcome"
	"github.com/followup-dev/followup-operator/internal/vendorhttp"
)

// The codes that callers tell apart.
const (
	// CodeInvalidGrant: the refresh token or the service account's key is not good any more.
	CodeInvalidGrant = "invalid_grant"
	// CodeInvalidSubject: Google knows no such user, for whom the service account was to act.
	CodeInvalidSubject = "invalid_subject"
	// CodeUnauthorizedClient: the service account may not act for this user, or not with these scopes.
	CodeUnauthorizedClient = "unauthorized_client"
	// CodeInsufficientPermissions: the user did not consent to all scopes.
	CodeInsufficientPermissions = "insufficient_permissions"

	codeClock = "clock"
	// tomorrow is as long as a wait may be: a day's quota is back at midnight, wherever that is.
	tomorrow = 15 * time.Minute
)

// throttled are the reasons of a 403 that passes.
var throttled = []string{"rate_limit_exceeded", "user_rate_limit_exceeded"}

// refused reads an error of Gmail or Calendar. Only a 401 is about the token: a 403 is about what is asked for.
//
// Source: https://developers.google.com/workspace/calendar/api/guides/errors, https://developers.google.com/workspace/gmail/api/guides/handle-errors
func refused(status int, _ http.Header, body []byte) vendorhttp.Refusal {
	said := reason(body)
	refusal := vendorhttp.Refusal{Code: snake(said.Reason)}
	if status != http.StatusForbidden {
		return refusal
	}
	switch quota := refusal.Code == "quota_exceeded" && said.Domain == "usageLimits"; {
	case quota, slices.Contains(throttled, refusal.Code):
		refusal.Class = outcome.Throttled
	case refusal.Code == "daily_limit_exceeded":
		refusal.Class, refusal.RetryAfter = outcome.Throttled, tomorrow
	default:
		refusal.Class = outcome.Permanent
	}
	return refusal
}

type said struct {
	Domain string `json:"domain"`
	Reason string `json:"reason"`
}

// reason returns the first reason of an error, or its status (PERMISSION_DENIED) if it gives none.
func reason(body []byte) said {
	var answer struct {
		Error struct {
			Status string `json:"status"`
			Errors []said `json:"errors"`
		} `json:"error"`
	}
	_ = json.Unmarshal(body, &answer) // what is no JSON has no reason
	if len(answer.Error.Errors) > 0 {
		return answer.Error.Errors[0]
	}
	return said{Reason: strings.ToLower(answer.Error.Status)}
}

// snake spells rateLimitExceeded as rate_limit_exceeded.
func snake(word string) string {
	var b strings.Builder
	for _, r := range word {
		if unicode.IsUpper(r) {
			_ = b.WriteByte('_')
		}
		_, _ = b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// tokenRefused reads an error of the token endpoint about a refresh token. Of the others, nothing says that the connection is
// broken: they are about the app's own client.
func tokenRefused(status int, _ http.Header, body []byte) vendorhttp.Refusal {
	answer := readTokenError(body)
	return answer.refusal(status, vendorhttp.Refusal{Class: outcome.Unauthorized, Code: CodeInvalidGrant})
}

// assertionRefused reads one about a service account. An invalid_grant is about its key, its subject or our clock, which only
// the description tells; unless it says otherwise, it is the subject, who must not break the connection for all others.
//
// Source: https://developers.google.com/identity/protocols/oauth2/service-account#error-codes
func assertionRefused(status int, _ http.Header, body []byte) vendorhttp.Refusal {
	answer := readTokenError(body)
	invalid := vendorhttp.Refusal{Class: outcome.Permanent, Code: CodeInvalidSubject} // "Not a valid email."
	switch description := strings.ToLower(answer.Description); {
	case strings.Contains(description, "signature"), strings.Contains(description, "account not found"):
		invalid = vendorhttp.Refusal{Class: outcome.Unauthorized, Code: CodeInvalidGrant}
	case strings.Contains(description, "short-lived"): // "Token must be a short-lived token ... Check your iat and exp values"
		invalid = vendorhttp.Refusal{Class: outcome.Transient, Code: codeClock}
	}
	return answer.refusal(status, invalid)
}

// tokenError is as RFC 6749, section 5.2, has it.
type tokenError struct {
	Code        string `json:"error"`
	Description string `json:"error_description"`
}

func readTokenError(body []byte) tokenError {
	var answer tokenError
	_ = json.Unmarshal(body, &answer) // what is no JSON says nothing
	return answer
}

// refusal takes invalid for an invalid_grant.
func (e tokenError) refusal(status int, invalid vendorhttp.Refusal) vendorhttp.Refusal {
	passes := status == http.StatusTooManyRequests || status >= http.StatusInternalServerError
	switch {
	case e.Code == "" || passes:
		return vendorhttp.Refusal{Code: e.Code}
	case slices.Contains(throttled, e.Code):
		return vendorhttp.Refusal{Class: outcome.Throttled, Code: e.Code}
	case e.Code == CodeInvalidGrant:
		return invalid
	default:
		return vendorhttp.Refusal{Class: outcome.Permanent, Code: e.Code}
	}
}
