// Command webhook is the data plane of one Slack app: it answers Slack, and runs the jobs behind the answers.
//
// It only assembles: internal/intake is the HTTP edge, internal/directory knows the tenants, internal/jobs the queue,
// internal/workers what a job does. In Kubernetes it reads the labelled Secrets of its namespace; outside, a directory.
// Start reading at newWebhook, then webhook.run.
package main
