package vendorhttp

import (
	"context"
	"net/http"
	"time"

	"github.com/followup-dev/followup-operator/internal/outcome"
)

// Observer is told of each call.
type Observer func(outcome.Call)

// Operation is one kind of call.
type Operation struct {
	Vendor string
	Name   string
	// Timeout bounds one try, from dialling to the last byte of the answer.
	Timeout time.Duration
	// Repeatable means that doing it twice is doing it once: a read, or a write that replaces what it wrote.
	// Such a call is tried a second time when it fails quickly, and its outcome is never unknown.
	Repeatable bool
	// MaxAnswer bounds the bytes of an answer; 0 is 4 MiB.
	MaxAnswer int64
	// Refused reads what the vendor itself says in an answer that is not 2xx, of whose body it gets the first 64 KiB. nil
	// takes the HTTP status for all there is to know.
	Refused func(status int, header http.Header, body []byte) Refusal
}

// Refusal is an answer that is not 2xx, in the vendor's own words. A zero field leaves it to the HTTP status and headers.
type Refusal struct {
	Class outcome.Class
	// Code is the vendor's word for it; what does not look like a code word becomes "other".
	Code       string
	RetryAfter time.Duration
}

// Doer sends one request; an answer that is not 2xx is an *outcome.Error.
type Doer interface {
	Do(*http.Request) (*http.Response, error)
}

// Client calls vendors. It is safe for concurrent use, and one is enough for a process.
type Client struct {
	http    *http.Client
	observe Observer
	gate    Gate // nil lets everything through
}

// New returns a client on transport, or on a pooling one that honours HTTPS_PROXY if transport is nil.
func New(transport http.RoundTripper, observe Observer) *Client {
	if transport == nil {
		transport = pooling()
	}
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Client{http: &http.Client{Transport: transport, CheckRedirect: stay}, observe: observe}
}

// pooling keeps connections for bursts of many tenants, who all share a vendor's host.
func pooling() *http.Transport {
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		ForceAttemptHTTP2:   true,
		MaxIdleConnsPerHost: 32,
		IdleConnTimeout:     90 * time.Second,
	}
}

// repeatAfter is the pause before a second try: a person is waiting.
const repeatAfter = 250 * time.Millisecond

// Call runs do, which makes one request by the Doer and reads its answer, with the context it is given. Its error is
// nil or an *outcome.Error; an *outcome.Error of do's own passes with vendor and operation filled in.
func (c *Client) Call(ctx context.Context, op Operation, do func(context.Context, Doer) error) error {
	if failed := c.gated(ctx, op); failed != nil {
		return failed
	}
	failed := c.try(ctx, op, do)
	if failed != nil && worthRepeating(failed, op) && pause(ctx) {
		failed = c.try(ctx, op, do)
	}
	if failed == nil {
		return nil
	}
	return failed
}

func (c *Client) try(ctx context.Context, op Operation, do func(context.Context, Doer) error) *outcome.Error {
	started := time.Now()
	a := &attempt{http: c.http, op: op}
	failed := a.run(ctx, do)
	c.observe(outcome.Call{Vendor: op.Vendor, Operation: op.Name, Failed: failed, Took: time.Since(started)})
	c.close(ctx, op, failed, a.spent)
	return failed
}

// worthRepeating leaves out timeouts: whoever waits has waited enough.
func worthRepeating(e *outcome.Error, op Operation) bool {
	return op.Repeatable && e.Class == outcome.Transient && e.Code != codeTimeout
}

func pause(ctx context.Context) bool {
	timer := time.NewTimer(repeatAfter)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
