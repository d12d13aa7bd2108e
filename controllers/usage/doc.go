// Package usage knows what tenants use: it counts, tells it in a Tenant's status, and wakes the Tenants whose status tells
// something else.
//
// It imports internal/store, internal/tenancy and api/v1alpha1. Start reading at Counts.Poll.
package usage
