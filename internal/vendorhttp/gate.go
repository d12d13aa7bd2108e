package vendorhttp

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/followup-dev/followup-operator/internal/outcome"
)

const (
	// codeGated is a call that was not made.
	codeGated = "gated"
	// closedFor is how long a gate is closed when the vendor asks to wait and does not say for how long.
	closedFor = 10 * time.Second
)

// Gate keeps calls back for all who share a vendor's limits, replicas too. Whoever makes one logs its errors: they let
// calls through.
type Gate interface {
	// ClosedUntil returns until when a vendor is not to be called; a time that is past, such as the zero one, is open.
	ClosedUntil(ctx context.Context, vendor string) (time.Time, error)
	// Close closes the gate, if it is not closed for longer.
	Close(ctx context.Context, vendor string, until time.Time) error
}

// Through returns a client on the same connections whose calls go through a gate. One that is closed for the vendor
// answers in its stead: Throttled, with the code "gated". It is closed by an answer that is Throttled, or that says
// in its headers that nothing is left of a limit.
func (c *Client) Through(gate Gate) *Client {
	return &Client{http: c.http, observe: c.observe, gate: gate}
}

// gated is the error of a call that is kept back.
func (c *Client) gated(ctx context.Context, op Operation) *outcome.Error {
	if c.gate == nil {
		return nil
	}
	until, err := c.gate.ClosedUntil(ctx, op.Vendor)
	if wait := clamp(time.Until(until)); err == nil && wait > 0 {
		return &outcome.Error{Vendor: op.Vendor, Operation: op.Name, Class: outcome.Throttled, Code: codeGated, RetryAfter: wait}
	}
	return nil
}

// close closes the gate if the try says so.
func (c *Client) close(ctx context.Context, op Operation, failed *outcome.Error, spent time.Duration) {
	wait := spent
	if failed != nil && failed.Class == outcome.Throttled {
		wait = max(wait, failed.RetryAfter)
		if wait == 0 {
			wait = closedFor
		}
	}
	if c.gate == nil || wait == 0 {
		return
	}
	_ = c.gate.Close(ctx, op.Vendor, time.Now().Add(wait)) // logged by its maker
}

// limits are the headers in which vendors count down: what is left, and when there is more again.
var limits = [][2]string{
	{"RateLimit-Remaining", "RateLimit-Reset"}, // Fathom
	{"Anthropic-Ratelimit-Requests-Remaining", "Anthropic-Ratelimit-Requests-Reset"},
	{"Anthropic-Ratelimit-Input-Tokens-Remaining", "Anthropic-Ratelimit-Input-Tokens-Reset"},
	{"Anthropic-Ratelimit-Output-Tokens-Remaining", "Anthropic-Ratelimit-Output-Tokens-Reset"},
}

// spent says for how long nothing is left of a limit, 0 if something is.
func spent(h http.Header) time.Duration {
	var longest time.Duration
	for _, limit := range limits {
		if left, err := strconv.ParseInt(h.Get(limit[0]), 10, 64); err == nil && left <= 0 {
			longest = max(longest, wait(h.Get(limit[1])))
		}
	}
	return longest
}
