package adapters

import (
	"context"

	"github.com/google/uuid"

	"github.com/followup-dev/followup-operator/internal/followup"
	"github.com/followup-dev/followup-operator/internal/store"
)

// accountMappings is the store as followup.Mappings.
type accountMappings struct{ rows *store.Tenant }

var _ followup.Mappings = accountMappings{}

// Find implements followup.Mappings.
func (m accountMappings) Find(ctx context.Context, connection uuid.UUID, domain string) ([]followup.Mapping, error) {
	rows, err := m.rows.FindMappings(ctx, connection, domain)
	if err != nil {
		return nil, err
	}
	found := make([]followup.Mapping, 0, len(rows))
	for _, row := range rows {
		found = append(found, followup.Mapping{
			Domain:      row.Domain,
			AccountName: row.CompanyName,
			AccountID:   row.AccountID,
			Source:      followup.Source(row.Source),
			ChosenBy:    row.CreatedBy,
			TimesUsed:   row.TimesUsed,
		})
	}
	return found, nil
}

// Remember implements followup.Mappings.
func (m accountMappings) Remember(ctx context.Context, connection uuid.UUID, mapping followup.Mapping) error {
	return m.rows.RememberMapping(ctx, connection, mappingRow(mapping))
}

// Resolve implements followup.Mappings.
func (m accountMappings) Resolve(ctx context.Context, connection uuid.UUID, mapping followup.Mapping) error {
	return m.rows.ResolveMapping(ctx, connection, mappingRow(mapping))
}

// Used implements followup.Mappings.
func (m accountMappings) Used(ctx context.Context, connection uuid.UUID, mapping followup.Mapping) error {
	return m.rows.UseMapping(ctx, connection, mappingRow(mapping))
}

// Forget implements followup.Mappings.
func (m accountMappings) Forget(ctx context.Context, connection uuid.UUID, mapping followup.Mapping) error {
	return m.rows.ForgetMapping(ctx, connection, mappingRow(mapping))
}

func mappingRow(m followup.Mapping) store.AccountMapping {
	return store.AccountMapping{
		Domain:      m.Domain,
		CompanyName: cut(storable(m.AccountName), maxTitle),
		AccountID:   m.AccountID,
		Source:      string(m.Source),
		CreatedBy:   m.ChosenBy,
		TimesUsed:   m.TimesUsed,
	}
}
