// Package claims decides which SlackApp may be served where several want the same namespace or the same app: the one that is
// served already, or else the oldest. A refused SlackApp gets nothing, and neither do its Tenants, so the tenant controller
// asks here too.
//
// It imports internal/reconciler and api/v1alpha1. Start reading at Checker.Check.
package claims
