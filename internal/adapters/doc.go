// Package adapters makes the use cases of package followup for a tenant: it implements followup's interfaces by the
// store, Slack, Fathom, Anthropic, Google and Crono, with the tenant's credentials. Its callers bring the screen or the board.
//
// What a vendor says about a tenant's limits holds for each process: its calls go through a gate (offices.go, gate.go).
//
// It imports followup, store, the vendors' packages, writer, and what these need. Start reading at Adapters.
package adapters
