package vendorhttp

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/followup-dev/followup-operator/internal/outcome"
)

const (
	userAgent = "followup-operator (+https://github.com/followup-dev/followup-operator)"
	// maxAnswer bounds an answer; the largest that we expect of most operations, a page of meetings, is some 100 KiB.
	maxAnswer = 4 << 20
	// maxRefusal is how much of an error's body is read: for Operation.Refused, and so that its connection can be used again.
	maxRefusal = 64 << 10
	maxWait    = 15 * time.Minute

	codeTimeout    = "timeout"
	codeConnection = "connection"
	codeUnreadable = "unreadable"
	codeUnsent     = "unsent"
)

// attempt is one try of a call; it is the Doer that the call's function gets.
type attempt struct {
	http *http.Client
	op   Operation
	// left is true from the moment there was a connection to write to: the vendor may have got the request.
	left atomic.Bool
	// spent is for how long the answer says that nothing is left of a limit.
	spent time.Duration
}

// run is one try, in its time.
func (a *attempt) run(ctx context.Context, do func(context.Context, Doer) error) *outcome.Error {
	ctx, cancel := context.WithTimeout(ctx, a.op.Timeout)
	defer cancel()
	return a.classify(ctx, do(ctx, a))
}

// Do implements Doer.
func (a *attempt) Do(req *http.Request) (*http.Response, error) {
	req = req.WithContext(httptrace.WithClientTrace(req.Context(), &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { a.left.Store(true) },
	}))
	req.Header.Set("User-Agent", userAgent)
	resp, err := a.http.Do(req)
	if err != nil {
		return nil, a.unanswered(err)
	}
	a.left.Store(true)
	a.spent = spent(resp.Header)
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		body, _ := io.ReadAll(io.LimitReader(resp.Body, maxRefusal)) // what could be read of it
		_ = resp.Body.Close()
		return nil, a.refused(resp, body)
	}
	resp.Body = http.MaxBytesReader(nil, resp.Body, cmp.Or(a.op.MaxAnswer, maxAnswer))
	return resp, nil
}

// unanswered is the error of a request without a complete answer. The cause is dropped: it quotes the URL.
func (a *attempt) unanswered(err error) *outcome.Error {
	code := codeConnection
	timeout, ok := errors.AsType[net.Error](err)
	if errors.Is(err, context.DeadlineExceeded) || (ok && timeout.Timeout()) {
		code = codeTimeout
	}
	return &outcome.Error{Class: a.undecided(), Code: code}
}

// undecided is the class of a failure that does not say whether the vendor acted.
func (a *attempt) undecided() outcome.Class {
	if a.left.Load() && !a.op.Repeatable {
		return outcome.UnknownOutcome
	}
	return outcome.Transient
}

func (a *attempt) refused(resp *http.Response, body []byte) *outcome.Error {
	var said Refusal
	if a.op.Refused != nil {
		said = a.op.Refused(resp.StatusCode, resp.Header, body)
	}
	refusal := &outcome.Error{Class: cmp.Or(said.Class, a.byStatus(resp.StatusCode)), Status: resp.StatusCode}
	if said.Code != "" {
		refusal.Code = outcome.Code(said.Code)
	}
	if refusal.Class == outcome.Throttled {
		refusal.RetryAfter = clamp(cmp.Or(said.RetryAfter, retryAfter(resp.Header)))
	}
	return refusal
}

func (a *attempt) byStatus(status int) outcome.Class {
	switch {
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return outcome.Unauthorized
	case status == http.StatusTooManyRequests:
		return outcome.Throttled
	case status == http.StatusRequestTimeout, status >= http.StatusInternalServerError:
		return a.undecided()
	default:
		return outcome.Permanent
	}
}

// classify makes an *outcome.Error of what the call's function returned.
func (a *attempt) classify(ctx context.Context, err error) *outcome.Error {
	if err == nil {
		return nil
	}
	failed, ok := errors.AsType[*outcome.Error](err)
	switch {
	case ok:
	case ctx.Err() != nil:
		failed = a.unanswered(ctx.Err())
	case a.left.Load():
		failed = &outcome.Error{Class: a.undecided(), Code: codeUnreadable}
	default:
		failed = &outcome.Error{Class: outcome.Permanent, Code: codeUnsent}
	}
	failed.Vendor, failed.Operation = a.op.Vendor, a.op.Name
	return failed
}

// retryAfter reads Retry-After or, as Fathom sends it, RateLimit-Reset.
func retryAfter(h http.Header) time.Duration {
	return cmp.Or(wait(h.Get("Retry-After")), wait(h.Get("RateLimit-Reset")))
}

// wait reads seconds left, or a moment as HTTP or RFC 3339 write it; 0 if it can't be read.
func wait(value string) time.Duration {
	if seconds, err := strconv.ParseInt(value, 10, 32); err == nil {
		return clamp(time.Duration(seconds) * time.Second)
	}
	for _, parse := range []func(string) (time.Time, error){http.ParseTime, rfc3339} {
		if at, err := parse(value); err == nil {
			return clamp(time.Until(at))
		}
	}
	return 0
}

func rfc3339(value string) (time.Time, error) { return time.Parse(time.RFC3339, value) }

func clamp(wait time.Duration) time.Duration { return min(max(wait, 0), maxWait) }
