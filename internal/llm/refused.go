package llm

import (
	"cmp"
	"encoding/json"
	"net/http"
	"time"

	"github.com/followup-dev/followup-operator/internal/outcome"
	"github.com/followup-dev/followup-operator/internal/vendorhttp"
)

const (
	// statusOverloaded is Anthropic's own: nobody's limit is spent, there are too many of us all.
	statusOverloaded = 529
	// overloadedFor is how long to wait then, unless the vendor says.
	overloadedFor = 30 * time.Second
	// codeSpendLimit comes with a 429 that passes when somebody raises the limit, or the month ends.
	codeSpendLimit = "enforced_spend_limit_reached"
	// spendLimitFor is the longest wait that there is: see outcome.Error.
	spendLimitFor = 15 * time.Minute
)

// refused reads Anthropic's errors. That an account can't pay is for a person to set right, as a key that is refused is.
//
// Source: https://platform.claude.com/docs/en/api/errors
func refused(status int, header http.Header, body []byte) vendorhttp.Refusal {
	var said struct {
		Error struct {
			Type    string `json:"type"`
			Details struct {
				Code string `json:"error_code"`
			} `json:"details"`
		} `json:"error"`
	}
	_ = json.Unmarshal(body, &said) // what stands before the vendor may answer HTML: then the status is all there is
	refusal := vendorhttp.Refusal{Code: cmp.Or(said.Error.Details.Code, said.Error.Type)}
	switch status {
	case http.StatusPaymentRequired:
		refusal.Class = outcome.Unauthorized
	case http.StatusConflict:
		refusal.Class = outcome.Transient
	case http.StatusTooManyRequests:
		if refusal.Code == codeSpendLimit {
			refusal.RetryAfter = spendLimitFor
		}
	case statusOverloaded:
		refusal.Class = outcome.Throttled
		if header.Get("Retry-After") == "" {
			refusal.RetryAfter = overloadedFor
		}
	}
	return refusal
}
