package google

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// answer is what an operation answers when it succeeds; no value is an empty body.
type answer struct {
	status int
	value  any
}

func ok(value any) (answer, *refusal) { return answer{http.StatusOK, value}, nil }

// refusal is what it answers when it does not.
//
// Source: https://developers.google.com/workspace/calendar/api/guides/errors
type refusal struct {
	status                  int
	domain, reason, message string
}

const (
	limits = "usageLimits"
	global = "global"
)

// reasons are the errors that do not depend on the request.
var reasons = map[string]*refusal{
	"rateLimitExceeded":       {http.StatusForbidden, limits, "rateLimitExceeded", "Rate Limit Exceeded"},
	"userRateLimitExceeded":   {http.StatusForbidden, limits, "userRateLimitExceeded", "User Rate Limit Exceeded"},
	"quotaExceeded":           {http.StatusForbidden, limits, "quotaExceeded", "Calendar usage limits exceeded."},
	"dailyLimitExceeded":      {http.StatusForbidden, limits, "dailyLimitExceeded", "Daily Limit Exceeded"},
	"accessNotConfigured":     {http.StatusForbidden, limits, "accessNotConfigured", "Access Not Configured"},
	"insufficientPermissions": {http.StatusForbidden, global, "insufficientPermissions", "Insufficient Permission"},
	"forbidden":               {http.StatusForbidden, global, "forbidden", "Forbidden"},
	"domainPolicy":            {http.StatusForbidden, global, "domainPolicy", "The domain administrators have disabled Gmail apps."},
	"authError":               {http.StatusUnauthorized, global, "authError", "Invalid Credentials"},
	"notFound":                {http.StatusNotFound, global, "notFound", "Not Found"},
	"deleted":                 {http.StatusGone, global, "deleted", "Resource has been deleted"},
	"duplicate":               {http.StatusConflict, global, "duplicate", "The requested identifier already exists."},
	"timeRangeEmpty":          {http.StatusBadRequest, "calendar", "timeRangeEmpty", "The specified time range is empty."},
	"backendError":            {http.StatusServiceUnavailable, global, "backendError", "Backend Error"},
}

func notFound() *refusal { return reasons["notFound"] }

// invalid is Calendar's; Gmail says invalidArgument.
func invalid(message string) *refusal {
	return &refusal{http.StatusBadRequest, global, "invalid", message}
}

func invalidArgument(message string) *refusal {
	return &refusal{http.StatusBadRequest, global, "invalidArgument", message}
}

// statuses are google.rpc.Code's.
var statuses = map[int]string{
	http.StatusBadRequest: "INVALID_ARGUMENT", http.StatusUnauthorized: "UNAUTHENTICATED", http.StatusForbidden: "PERMISSION_DENIED",
	http.StatusNotFound: "NOT_FOUND", http.StatusTooManyRequests: "RESOURCE_EXHAUSTED", http.StatusServiceUnavailable: "UNAVAILABLE",
}

func (f *refusal) write(w http.ResponseWriter) {
	content := map[string]any{
		"code":    f.status,
		"message": f.message,
		"errors":  []map[string]string{{"domain": f.domain, "reason": f.reason, "message": f.message}},
	}
	if status := statuses[f.status]; status != "" {
		content["status"] = status
	}
	if f.status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="https://accounts.google.com/", error="invalid_token"`)
	}
	writeJSON(w, f.status, map[string]any{"error": content})
}

// wording words faults as Gmail and Calendar do.
type wording struct{}

// WriteError implements fault.Wording; a reason that is unknown is a 500.
func (wording) WriteError(w http.ResponseWriter, code string) {
	cmp.Or(reasons[code], &refusal{http.StatusInternalServerError, global, code, "Internal error encountered."}).write(w)
}

// WriteRateLimited implements fault.Wording. Google has two answers for it: this, and the 403 of fault.Error.
func (wording) WriteRateLimited(w http.ResponseWriter, retryAfterSeconds int) {
	retryAfter(w, retryAfterSeconds)
	(&refusal{http.StatusTooManyRequests, limits, "rateLimitExceeded", "Too many concurrent requests for user"}).write(w)
}

func retryAfter(w http.ResponseWriter, seconds int) {
	if seconds > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(seconds))
	}
}

// tokenRefusal is an error of the token endpoint: RFC 6749, section 5.2.
type tokenRefusal struct {
	status            int
	code, description string
}

func (f *tokenRefusal) write(w http.ResponseWriter) {
	writeJSON(w, f.status, map[string]string{"error": f.code, "error_description": f.description})
}

// tokenWording words faults as the token endpoint does.
type tokenWording struct{}

// WriteError implements fault.Wording.
func (tokenWording) WriteError(w http.ResponseWriter, code string) {
	status := http.StatusBadRequest
	if strings.HasSuffix(code, "_client") {
		status = http.StatusUnauthorized
	}
	(&tokenRefusal{status, code, strings.ReplaceAll(code, "_", " ")}).write(w)
}

// WriteRateLimited implements fault.Wording.
func (tokenWording) WriteRateLimited(w http.ResponseWriter, retryAfterSeconds int) {
	retryAfter(w, retryAfterSeconds)
	(&tokenRefusal{http.StatusTooManyRequests, "rate_limit_exceeded", "Rate Limit Exceeded"}).write(w)
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	if value == nil {
		w.WriteHeader(status)
		return
	}
	body, err := json.Marshal(value)
	if err != nil {
		panic(errors.Join(errors.New("google double: a value that cannot be encoded"), err))
	}
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// decode reads a JSON body that has nothing but what the double knows.
func decode(r *http.Request, into any) error {
	if r.Header.Get("Content-Type") != "application/json" {
		return fmt.Errorf("content type %q: want application/json", r.Header.Get("Content-Type"))
	}
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("invalid JSON payload received: %w", err)
	}
	return nil
}
