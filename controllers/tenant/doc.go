// Package tenant reconciles Tenant: one Slack workspace, or one Enterprise organisation, that uses a SlackApp.
//
// It imports internal/reconciler, internal/store, internal/credentials, api/v1alpha1 and its neighbours claims, scan and
// secrets. Start reading at Reconciler.Reconcile; the phases are in tenant_phases.go in the order in which they run.
package tenant
