// Package crmconnection reconciles CRMConnection: one set of credentials of a Tenant at one provider.
//
// It imports internal/reconciler, internal/store, internal/credentials, internal/mappings, api/v1alpha1 and its neighbours scan and
// secrets. Start reading at Reconciler.Reconcile; the phases are in crmconnection_phases.go in the order in which they run.
package crmconnection
