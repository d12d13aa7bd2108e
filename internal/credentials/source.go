package credentials

import (
	"fmt"

	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// maxBytes bounds a credential: AWS Secrets Manager holds at most 64 KiB in one.
const maxBytes = 64 << 10

// Source yields the current bytes of a credential. It is asked at use time, so that a rotated one takes effect at once.
type Source interface {
	// Get returns the value of ref's key if the Secret is owner's, or a *MissingError.
	Get(owner Owner, ref tenancy.SecretRef) ([]byte, error)
}

// Owner is the object that a Secret is labelled for. Whoever declares an object chooses the reference, but not the label:
// so a reference to another's Secret leads nowhere.
type Owner struct{ label, name string }

// OfTenant is the Tenant of that name.
func OfTenant(name string) Owner { return Owner{LabelTenant, name} }

// OfSlackApp is the SlackApp of that name.
func OfSlackApp(name string) Owner { return Owner{LabelSlackApp, name} }

// String is the label that the Secret must carry.
func (o Owner) String() string { return o.label + "=" + o.name }

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
