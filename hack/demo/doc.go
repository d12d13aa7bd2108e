// Command demo shows the whole road on this machine: a Tenant in YAML becomes rows, Secrets and a running webhook, and a
// Slack user's /meetings is answered through it.
//
// It brings up a Kubernetes node, Postgres, External Secrets and doubles of what lies outside (Slack, Fathom, Anthropic,
// Google, Crono, AWS), installs the operator by its chart, applies config/samples, types /meetings in two workspaces, pages and
// searches in one of the windows, follows a meeting up, and prints what came of it, as each vendor received it. With DEMO_EXIT=1
// it checks all that and more (shortcuts, the app's removal), kills the webhook at the worst moments, and exits 0 or 1: the
// end-to-end test. With DEMO_PICTURES it leaves there what hack/pictures.sh draws.
//
// Start reading at main.go; stack.go and outside.go bring the parts up, tour.go, clicks.go and followup.go show them, judge.go lists the checks.
package main
