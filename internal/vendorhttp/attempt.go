package vendorhttp

import (
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
	// maxAnswer bounds an answer; the largest that we expect, a page of meetings, is some 100 KiB.
	maxAnswer = 4 << 20
	// maxDrained is how much of an error's body is read so that its connection can be used again.
	maxDrained = 64 << 10
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
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		_, _ = io.CopyN(io.Discard, resp.Body, maxDrained)
		_ = resp.Body.Close()
		return nil, a.refused(resp)
	}
	resp.Body = http.MaxBytesReader(nil, resp.Body, maxAnswer)
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

func (a *attempt) refused(resp *http.Response) *outcome.Error {
	refusal := &outcome.Error{Class: outcome.Permanent, Status: resp.StatusCode}
	switch status := resp.StatusCode; {
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		refusal.Class = outcome.Unauthorized
	case status == http.StatusTooManyRequests:
		refusal.Class, refusal.RetryAfter = outcome.Throttled, retryAfter(resp.Header)
	case status == http.StatusRequestTimeout, status >= http.StatusInternalServerError:
		refusal.Class = a.undecided()
	}
	return refusal
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

// retryAfter reads Retry-After (seconds or a date) or, as Fathom sends it, RateLimit-Reset (seconds left).
func retryAfter(h http.Header) time.Duration {
	for _, name := range []string{"Retry-After", "RateLimit-Reset"} {
		value := h.Get(name)
		if seconds, err := strconv.ParseInt(value, 10, 32); err == nil {
			return clamp(time.Duration(seconds) * time.Second)
		}
		if at, err := http.ParseTime(value); err == nil {
			return clamp(time.Until(at))
		}
	}
	return 0
}

func clamp(wait time.Duration) time.Duration { return min(max(wait, 0), maxWait) }
