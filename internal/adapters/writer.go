package adapters

import (
	"context"

	"github.com/followup-dev/followup-operator/internal/credentials"
	"github.com/followup-dev/followup-operator/internal/followup"
	"github.com/followup-dev/followup-operator/internal/llm"
	"github.com/followup-dev/followup-operator/internal/tenancy"
	"github.com/followup-dev/followup-operator/internal/writer"
)

// writer has texts written with the tenant's own key, or else the app's. Tenants that share a key share its limits, which
// nobody's gate can hold: one that is closed for a tenant would let the others through.
func (a *Adapters) writer(ctx context.Context, tenant tenancy.Tenant) followup.Writer {
	owner, ref, vendors := credentials.OfTenant(tenant.Owner), tenant.AIKey, a.through(tenant)
	if ref == (tenancy.SecretRef{}) {
		owner, ref, vendors = a.App, a.AIKey, a.Vendors
	}
	if ref == (tenancy.SecretRef{}) {
		return noWriter{}
	}
	raw, err := a.Credentials.Get(owner, ref)
	if err == nil {
		var key credentials.Anthropic
		if key, err = credentials.ParseAnthropic(raw); err == nil {
			return writer.New(llm.New(vendors, a.AIURL, a.AIModel, key.APIKey), a.log(tenant))
		}
	}
	a.log(tenant).WarnContext(ctx, "key of the model not readable", "secret", ref, "error", err)
	return noWriter{}
}

// noWriter is a followup.Writer without a key.
type noWriter struct{}

// Write implements followup.Writer.
func (noWriter) Write(context.Context, followup.Brief) (followup.Texts, string, error) {
	return followup.Texts{}, "", &followup.Problem{Reason: followup.WriterNotSetUp}
}
