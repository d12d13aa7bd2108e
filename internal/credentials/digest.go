package credentials

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// Digest tells a credential from another, and does not tell what it is.
func Digest(raw []byte) string {
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

// CheckDigest is what a row keeps of a tenant's credential that was tried at its provider, by its Digest: the operator and the
// webhooks make the same of the same Secret. Tenant and subject are its salt, so that rows of two tenants don't tell whether
// they have the same one.
func CheckDigest(tenant tenancy.ID, subject, digest string) string {
	return Digest([]byte(tenant.String() + "/" + subject + "/" + digest))
}
