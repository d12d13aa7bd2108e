package credentials

import (
	"fmt"

	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// maxBytes bounds a credential: AWS Secrets Manager holds at most 64 KiB in one.
const maxBytes = 64 << 10

// Source yields the current bytes of a credential. It is asked at use time, so that a rotated one takes effect at once.
type Source interface {
	// Get returns the value of ref's key, or a *MissingError.
	Get(ref tenancy.SecretRef) ([]byte, error)
}

// MissingError says which Secret or key is not there, or not readable. It never holds a value.
type MissingError struct {
	Ref     tenancy.SecretRef
	Problem string
}

func (e *MissingError) Error() string {
	if e.Ref == (tenancy.SecretRef{}) {
		return "credential: " + e.Problem
	}
	return fmt.Sprintf("credential %s: %s", e.Ref, e.Problem)
}
