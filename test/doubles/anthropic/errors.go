package anthropic

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// kind is a type of errors: https://platform.claude.com/docs/en/api/errors
type kind struct {
	name   string
	status int
}

var (
	invalidRequest = kind{"invalid_request_error", http.StatusBadRequest}
	authentication = kind{"authentication_error", http.StatusUnauthorized}
	billing        = kind{"billing_error", http.StatusPaymentRequired}
	permission     = kind{"permission_error", http.StatusForbidden}
	notFound       = kind{"not_found_error", http.StatusNotFound}
	conflict       = kind{"conflict_error", http.StatusConflict}
	tooLarge       = kind{"request_too_large", http.StatusRequestEntityTooLarge}
	rateLimit      = kind{"rate_limit_error", http.StatusTooManyRequests}
	internal       = kind{"api_error", http.StatusInternalServerError}
	timeout        = kind{"timeout_error", http.StatusGatewayTimeout}
	overloaded     = kind{"overloaded_error", 529}
)

// byCode are the errors that a fault may ask for: all types, and codes that come in the details of one.
var byCode = map[string]kind{
	"enforced_spend_limit_reached": rateLimit,
	"contract_spend_limit_reached": billing,
}

func init() { //nolint:gochecknoinits // fills a table from the list above
	for _, k := range []kind{
		invalidRequest, authentication, billing, permission, notFound, conflict, tooLarge, rateLimit, internal, timeout, overloaded,
	} {
		byCode[k.name] = k
	}
}

// refusal is an error as the API words it.
type refusal struct {
	kind    kind
	message string
	code    string // details.error_code
}

func invalid(format string, args ...any) *refusal {
	return &refusal{kind: invalidRequest, message: fmt.Sprintf(format, args...)}
}

func writeError(w http.ResponseWriter, r *refusal) {
	failure := map[string]any{"type": r.kind.name, "message": r.message}
	if r.code != "" {
		failure["details"] = map[string]any{"error_code": r.code}
	}
	writeJSON(w, r.kind.status, map[string]any{"type": "error", "error": failure, "request_id": w.Header().Get("request-id")})
}

// wording words faults as Anthropic does.
type wording struct{ now func() time.Time }

func (wording) WriteError(w http.ResponseWriter, code string) {
	k, known := byCode[code]
	if !known {
		k = internal
	}
	r := &refusal{kind: k, message: code}
	if code != k.name {
		r.code = code
	}
	writeError(w, r)
}

func (f wording) WriteRateLimited(w http.ResponseWriter, retryAfterSeconds int) {
	w.Header().Set("Retry-After", strconv.Itoa(retryAfterSeconds))
	writeLimits(w.Header(), 50, 0, f.now().Add(time.Duration(retryAfterSeconds)*time.Second))
	writeError(w, &refusal{kind: rateLimit, message: "This request would exceed your organization's rate limit"})
}
