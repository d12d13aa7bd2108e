// Package transfer brings the single-tenant bot's configuration into the YAML of this operator's kinds, and takes a tenant out as
// files.
//
// It imports internal/credentials, internal/mappings and api/v1alpha1. Start reading at Read, then at Export.
package transfer
