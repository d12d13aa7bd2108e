// Package secrets turns the credentials of a spec into what the data plane reads: it has External Secrets fetch what is
// declared by externalSecret, and checks that the Secret, fetched or named, has what it should. Values are looked at and not
// kept.
//
// It imports internal/reconciler, internal/tenancy and api/v1alpha1. Start reading at Credential.
package secrets
