// Package store is the only one that speaks SQL to the database of internal/schema. The pool stays inside: what a program
// can do is what DB, Tenant and Control offer, each as the role that its DSN logs in as.
//
//   - followup_webhook: Tenant's Admit, Held and Disconnect, the tenant directory and its changes, and River's inserts
//   - followup_worker: Tenant's users, meetings and what is made of these, its connections and their tokens, and River's client
//   - followup_operator: Control: what the objects declare, the installations, who declares those that ended, and upkeep
//
// It imports tenancy and mappings only. Start reading at DB; Tenant.Admit is the road of every Slack request, and Action
// has what may become of a thing done at a vendor.
package store
