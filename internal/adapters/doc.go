// Package adapters makes the use cases of package followup for a tenant: it implements followup's interfaces by the
// store, Slack and Fathom, with the tenant's credentials. Its callers bring the screen.
//
// It imports followup, store, slackapi, fathom and what these need. Start reading at Adapters.
package adapters
