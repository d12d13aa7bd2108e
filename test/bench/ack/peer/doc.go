// Command peer is what the webhook is measured against in Go: net/http, the signature, one batch of SQL, and nothing else.
// No River, no log, no metrics, no limits on time or size.
//
// With -recording it sends, in one batch, the statements that the webhook sent for one command and one click, with the
// values of its own request in place of theirs: the floor, which no webhook that does the same work gets below. Without, it
// commits one audit row. Start reading at handler.ServeHTTP.
package main
