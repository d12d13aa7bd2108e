// Package crono is a test double of Crono's public API: accounts, contacts, deals, notes and tasks of a workspace, for one pair
// of keys each. It keeps what it is sent: see Received.
//
// It is strict: a property that Crono's own client does not send is refused, and so is one of the wrong kind, a body that is
// wrapped where it should not be or the reverse, and a missing header. It has the habits that others report of Crono: it denies
// some accounts that exist (Account.Denied), ignores "search" in the query, does not tell a new note's ID, and may say with
// HTTP 200 that nothing was done (fault.Error with NotSuccess).
//
// Filters that the double does not need are taken and change nothing.
//
// It imports test/doubles only. Start reading at Server.
//
// Sources: github.com/crono-one/n8n-nodes-crono-public-api v1.0.0 (requests, and what a task needs) and
// github.com/eltibe/slack-fathom-crono (answers). Not documented anywhere: the answers of /Tasks/search and /Pipelines, limits of
// calls, and what an answer of 429 looks like.
package crono
