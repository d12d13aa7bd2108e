package reconciler

import (
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
)

type kind int

const (
	transient kind = iota // retried with backoff
	waiting               // looked at again when something else moves, or after a while
	stalled               // only a change helps; watches bring it
)

// Failure is why a phase did not get through, in words for the object's status: they must hold no secret.
type Failure struct {
	// Condition is the type of the condition that shows the failure beside Ready; "" for Ready alone.
	Condition string
	Reason    string
	Message   string

	kind  kind
	after time.Duration
	cause error // for the log alone
}

// Error has the cause too, for the log.
func (f *Failure) Error() string {
	if f.cause != nil {
		return fmt.Sprintf("%s: %s: %v", f.Reason, f.Message, f.cause)
	}
	return f.Reason + ": " + f.Message
}

// Unwrap gives access to the cause.
func (f *Failure) Unwrap() error { return f.cause }

// Stalled is a failure that lasts until somebody changes the object, or another object that is watched. It is not retried.
func Stalled(condition, reason, format string, args ...any) error {
	return &Failure{kind: stalled, Condition: condition, Reason: reason, Message: fmt.Sprintf(format, args...)}
}

// Waiting is a failure that passes when something else arrives, which a watch tells; after is how long until it is looked
// at again anyway.
func Waiting(after time.Duration, condition, reason, format string, args ...any) error {
	return &Failure{kind: waiting, after: after, Condition: condition, Reason: reason, Message: fmt.Sprintf(format, args...)}
}

// Transient is a failure that is retried with backoff. The cause goes to the log and not into the status.
func Transient(cause error, condition, reason, format string, args ...any) error {
	return &Failure{kind: transient, cause: cause, Condition: condition, Reason: reason, Message: fmt.Sprintf(format, args...)}
}

// failureOf finds the Failure in err. What the API server did or said is transient, and told by its reason alone, since its
// messages may quote what was sent.
func failureOf(err error) *Failure {
	if failure, ok := errors.AsType[*Failure](err); ok {
		return failure
	}
	return &Failure{
		kind: transient, cause: err, Reason: v1alpha1.ReasonClusterUnavailable,
		Message: fmt.Sprintf("the Kubernetes API did not take a request%s; it is retried", apiReason(err)),
	}
}

func apiReason(err error) string {
	if reason := apierrors.ReasonForError(err); reason != "" {
		return " (" + string(reason) + ")"
	}
	return ""
}
