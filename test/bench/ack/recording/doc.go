// Package recording holds what the webhook sends to Postgres for one request, taken from Postgres' log, so that a peer can
// send the same for another request. The peer's work is thus never a copy that somebody has to keep up to date.
//
// It imports nothing of this module. Start reading at Work; Read makes one.
package recording
