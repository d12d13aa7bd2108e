// Package cli is what kubectl followup does: it shows a tenant, holds and resumes it, has it reconciled, plans, reports, imports
// and exports.
//
// It speaks to the API server with the rights of who runs it, and to Postgres where a flag says which. It imports
// internal/planreport, internal/transfer, internal/i18n, for what Slack users read, and api/v1alpha1. Start reading at New; each
// command has a file of its name.
package cli
