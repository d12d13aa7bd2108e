package fault

import (
	"fmt"
	"net/http"
)

// Kind says how a call fails.
type Kind string

const (
	// Status answers with Fault.Status and Fault.Body, nothing of the vendor's own.
	Status Kind = "status"
	// Error answers with the vendor's error Fault.Code, in the vendor's shape.
	Error Kind = "error"
	// RateLimited answers 429 (or what the vendor uses) with the vendor's own headers.
	RateLimited Kind = "rate_limited"
	// Hang says nothing until the client gives up.
	Hang Kind = "hang"
	// Drop closes the connection before the request is looked at.
	Drop Kind = "drop"
	// DropAfter does the work and then closes the connection: to the client, the outcome is unknown.
	DropAfter Kind = "drop_after"
	// HTML answers with the error page of something that stands before the vendor.
	HTML Kind = "html"
)

// Always as Fault.Times strikes every call until the faults are cleared.
const Always = -1

// Fault is one way to fail, for a number of calls.
type Fault struct {
	Kind       Kind   `json:"kind"`
	Times      int    `json:"times,omitempty"`               // calls it strikes; 0 means 1
	Status     int    `json:"status,omitempty"`              // of Status and HTML (where 0 means 503)
	Body       string `json:"body,omitempty"`                // of Status
	Code       string `json:"code,omitempty"`                // of Error
	RetryAfter int    `json:"retry_after_seconds,omitempty"` // of RateLimited
}

// Validate reports the first field that does not fit the kind.
func (f Fault) Validate() error {
	if f.Times < Always {
		return fmt.Errorf("times: %d: want a number of calls, or %d for all", f.Times, Always)
	}
	if f.RetryAfter < 0 {
		return fmt.Errorf("retry_after_seconds: %d: want 0 or more", f.RetryAfter)
	}
	switch f.Kind {
	case Status:
		if http.StatusText(f.Status) == "" {
			return fmt.Errorf("status: %d is no HTTP status", f.Status)
		}
	case Error:
		if f.Code == "" {
			return fmt.Errorf("code: required by kind %q", f.Kind)
		}
	case RateLimited, Hang, Drop, DropAfter, HTML:
	default:
		return fmt.Errorf("kind: %q is unknown", f.Kind)
	}
	return nil
}
