package tenancy

import (
	"fmt"
	"strings"
)

// SecretRef names one key of one Kubernetes Secret in the tenant's own namespace (or one file of a
// credentials directory). It is what rows hold in place of a credential.
type SecretRef struct {
	Name string
	Key  string
}

// String returns the text form "name/key" that rows and flags hold; the zero value is "".
func (r SecretRef) String() string {
	if r == (SecretRef{}) {
		return ""
	}
	return r.Name + "/" + r.Key
}

// ParseSecretRef reads the text form "name/key"; "" is the zero value.
func ParseSecretRef(s string) (SecretRef, error) {
	if s == "" {
		return SecretRef{}, nil
	}
	name, key, ok := strings.Cut(s, "/")
	if !ok || name == "" || key == "" || strings.Contains(key, "/") {
		return SecretRef{}, fmt.Errorf("secret reference %q: want \"name/key\"", s)
	}
	return SecretRef{Name: name, Key: key}, nil
}
