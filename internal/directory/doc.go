// Package directory knows, in memory, which tenant a Slack workspace belongs to.
//
// [Directory.Run] keeps a full snapshot of the tenants of one Slack app, declared in
// one namespace: it listens for changes first and loads then,
// so that none is missed, and reloads every 30 s. While the listener is down, or silent for more than 5 s, lookups go
// to the database: so an answer is at most 5 s old, and normally about a millisecond.
//
// It imports store and tenancy. Start reading at Lookup.
package directory
