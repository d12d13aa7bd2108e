package adapters

import (
	"context"

	"github.com/followup-dev/followup-operator/internal/followup"
	"github.com/followup-dev/followup-operator/internal/tenancy"
	"github.com/followup-dev/followup-operator/internal/vendorhttp"
)

// offices are the systems that a tenant has connected, as followup.Offices.
type offices struct {
	googleOffice
	crmOffice
}

// Has implements followup.Offices.
func (o offices) Has(ctx context.Context, _ followup.Viewer) followup.Connected {
	return followup.Connected{Google: o.googleOffice.has(ctx), CRM: o.crmOffice.has(ctx)}
}

func (a *Adapters) offices(tenant tenancy.Tenant) offices {
	rows, log, vendors := a.Store.Tenant(tenant.ID), a.log(tenant), a.through(tenant)
	kept := told{Tenant: rows, tell: func() { a.tell(tenant.ID) }}
	return offices{
		googleOffice: googleOffice{
			credentials: a.Credentials,
			vendors:     vendors,
			urls:        a.Google,
			connections: kept,
			tokens:      rows,
			app:         a.App,
			oauth:       a.OAuth,
			encryption:  a.Encryption,
			tenant:      tenant,
			now:         a.Now,
			log:         log,
		},
		crmOffice: crmOffice{
			credentials: a.Credentials,
			vendors:     vendors,
			cronoURL:    a.CronoURL,
			connections: kept,
			tenant:      tenant,
			log:         log,
		},
	}
}

// through calls vendors for one tenant: what they say about its limits holds for each process.
func (a *Adapters) through(tenant tenancy.Tenant) *vendorhttp.Client {
	if a.gate != nil {
		return a.Vendors.Through(a.gate(tenant))
	}
	return a.Vendors.Through(gate{rows: a.Store.Tenant(tenant.ID), log: a.log(tenant)})
}
