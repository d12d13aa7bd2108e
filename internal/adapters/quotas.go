package adapters

import (
	"context"

	"github.com/followup-dev/followup-operator/internal/followup"
	"github.com/followup-dev/followup-operator/internal/store"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// Quotas count what the tenant uses.
func (a *Adapters) Quotas(tenant tenancy.Tenant) followup.Quotas {
	return quotas{a.Store.Tenant(tenant.ID)}
}

// quotas is the store as followup.Quotas.
type quotas struct{ rows *store.Tenant }

// Charge implements followup.Quotas.
func (q quotas) Charge(ctx context.Context, resource followup.Resource, key string) error {
	full, err := q.rows.Charge(ctx, string(resource), key)
	if err != nil || full == nil {
		return err
	}
	return &followup.Problem{Reason: followup.LimitReached, Limit: &followup.Limit{
		Resource: resource, Period: full.Period, Number: full.Limit, ResetsAt: full.ResetsAt,
	}}
}
