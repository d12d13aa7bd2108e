// Package planreport is what a plan says: what would change in Postgres, in secrets and in Kubernetes if objects were applied.
// The operator answers with it and kubectl followup shows it. It imports nothing of the project.
package planreport
