// Package intake is the HTTP edge for Slack: the straight road from a request to its acknowledgement.
//
// A command passes, in this order: body limit, ssl_check, signature, url_verification, envelope, app, tenant, and one
// transaction that checks hold and limit, dedupes, audits and enqueues; then the ack. It calls nobody but Postgres, so
// that the ack leaves within milliseconds. What a person can do something about is answered with a text (answers.go).
//
// It imports directory, jobs, store, credentials, telemetry and tenancy. Start reading at Handler.command.
package intake
