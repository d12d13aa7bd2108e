package secrets

import (
	"strings"

	esv1 "github.com/external-secrets/external-secrets/apis/externalsecrets/v1"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/internal/reconciler"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// fetchedKey is the key under which External Secrets puts a credential into the Secret it makes.
const fetchedKey = "credentials"

// Credential is one credential of an object's spec.
type Credential struct {
	// Owner declares the credential.
	Owner reconciler.Object
	// Field is the path in Owner's spec, for messages.
	Field string
	// Declared is the value of that field; zero if it may be left out, and is.
	Declared v1alpha1.Credentials
	// Name is that of the ExternalSecret and of the Secret it makes: see Name.
	Name string
	// Label and LabelValue say whose the Secret is.
	Label      string
	LabelValue string
	// Check says what is wrong with a value, without quoting it.
	Check func(raw []byte) error
	// Digest, if there is one, makes of a right value what may be remembered of it, such as what tells it from another: see
	// Syncer.Digest.
	Digest func(raw []byte) string

	fetched *esv1.ExternalSecret // as it is live, once Fetch ran
}

// ReadableBy is a Check by the function that the data plane reads the credential with.
func ReadableBy[T any](parse func(raw []byte) (T, error)) func(raw []byte) error {
	return func(raw []byte) error {
		_, err := parse(raw)
		return err
	}
}

// Name returns <kind>-<object>-<purpose>, the purpose being left out where an object has one credential.
func Name(kind, object, purpose string) string {
	parts := []string{strings.ToLower(kind), object}
	if purpose != "" {
		parts = append(parts, purpose)
	}
	return strings.Join(parts, "-")
}

// declared says whether there is a credential at all.
func (c Credential) declared() bool { return c.Declared != (v1alpha1.Credentials{}) }

// Declared are those of the credentials that are declared at all.
func Declared(all ...*Credential) (declared []Credential) {
	for _, c := range all {
		if c.declared() {
			declared = append(declared, *c)
		}
	}
	return declared
}

// Ref returns where the data plane finds the credential; zero if none is declared.
func (c Credential) Ref() tenancy.SecretRef {
	if !c.declared() {
		return tenancy.SecretRef{}
	}
	if c.Declared.SecretRef != nil {
		return tenancy.SecretRef{Name: c.Declared.SecretRef.Name, Key: c.Declared.SecretRef.Key}
	}
	return tenancy.SecretRef{Name: c.Name, Key: fetchedKey}
}
