package outcome

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Class says what a failed call means for its caller.
type Class string

const (
	// Permanent: the same call will fail again.
	Permanent Class = "permanent"
	// Transient: nothing was done, or doing it again does no harm; later it may work.
	Transient Class = "transient"
	// Throttled: the vendor asks to wait for Error.RetryAfter.
	Throttled Class = "throttled"
	// Unauthorized: the credential is refused; a person has to replace it.
	Unauthorized Class = "unauthorized"
	// UnknownOutcome: the vendor may have done it; look before doing it again.
	UnknownOutcome Class = "unknown_outcome"
)

// Error is the failure of one call.
type Error struct {
	Vendor    string
	Operation string
	Class     Class
	// Status is the HTTP status, 0 when there was no answer.
	Status int
	// Code is the vendor's own error code where it has one, else a word of ours (timeout, connection, unreadable).
	Code string
	// RetryAfter is how long the vendor asks to wait, within [0, 15 min]; 0 when it does not say.
	RetryAfter time.Duration
}

func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s: %s", e.Vendor, e.Operation, e.Class)
	if e.Status != 0 {
		fmt.Fprintf(&b, ", HTTP %d", e.Status)
	}
	if e.Code != "" {
		fmt.Fprintf(&b, ", %s", e.Code)
	}
	if e.RetryAfter > 0 {
		fmt.Fprintf(&b, ", retry after %s", e.RetryAfter)
	}
	return b.String()
}

// ClassOf returns the class of err, "" if it is no failure of a vendor call.
func ClassOf(err error) Class {
	if failed, ok := errors.AsType[*Error](err); ok {
		return failed.Class
	}
	return ""
}

// CodeOf returns the code of err, "" if it has none.
func CodeOf(err error) string {
	if failed, ok := errors.AsType[*Error](err); ok {
		return failed.Code
	}
	return ""
}

// RetryAfterOf returns how long the vendor asks to wait, 0 if it does not say.
func RetryAfterOf(err error) time.Duration {
	if failed, ok := errors.AsType[*Error](err); ok {
		return failed.RetryAfter
	}
	return 0
}

const maxCode = 64

// Code lets a vendor's error code through if it looks like one (lower case, digits, underscores), and is "other" for
// anything else: what stands in that field is the vendor's choice, and ends in our logs.
func Code(word string) string {
	odd := func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_' }
	if word == "" || len(word) > maxCode || strings.ContainsFunc(word, odd) {
		return "other"
	}
	return word
}
