// Package slackapp reconciles SlackApp: one Slack app, and the webhook Deployment that serves it.
//
// It imports internal/reconciler, internal/credentials, api/v1alpha1 and its neighbours claims and secrets. Start reading at
// Reconciler.Reconcile; the phases are in slackapp_phases.go in the order in which they run, and what they apply is in
// workload.go.
package slackapp
