// Package intake is the HTTP edge for Slack, and for Fathom's webhook: the straight road from a request to its
// acknowledgement.
//
// A request passes, in this order: body limit, ssl_check, signature, url_verification, envelope, app, tenant. Then it is
// served as its family asks:
//
//   - a command (command.go) and a click or shortcut (click.go) become a job, by one transaction that checks hold and limit,
//     dedupes, audits and enqueues (admit.go);
//   - a form (submission.go, forms.go) does, too, once all its fields can be taken (filled.go); else it says what is wrong;
//   - a search as it is typed (suggestion.go) is answered in place, from a bounded read, and leaves no record;
//   - an event (event.go) may end the installation;
//   - what nobody serves is acknowledged and counted.
//
// Before the ack it calls nobody but Postgres, so that the ack leaves within milliseconds; a search alone asks for meetings
// or, at the CRM, for contacts and accounts. What a person can do something about is a text in their language (answers.go): in the ack of a command or a form, beside
// that of a click, after it (notifier.go).
//
// Fathom's webhook (recording.go) has a road of its own: its URL names the tenant, whose secret signs it.
//
// Envelopes are small structs of our own (interaction.go, event.go) with what we use: what Slack adds or changes elsewhere in
// a payload does not matter. Whose tenant it is, and whom it serves, is decided by workspace and belongs (belongs.go);
// testdata/payloads has a file for each case.
//
// It is a top floor and may import all below. Start reading at Handler.road.
package intake
