// Package followup is the product: what is done for a Slack user, free of HTTP and SQL.
//
// A use case is a struct of the interfaces it needs, declared here and made by package adapters for one tenant and one
// request. It ends on the user's screen: with what they asked for, or with a Problem, which says what is wrong in the
// terms of the product. An error that it returns means that running it again, from its start, may help.
//
// First a Lister shows a user their meetings, or a Finder suggests them, or an Announcer tells of a new one. Then a Preparer
// has a follow-up written, which stands on a card; an Editor opens its forms and keeps edits; and an Actor does what the user
// asks for, each thing once.
//
// It imports crm, mappings, outcome and tenancy. Start reading at Lister.List and Preparer.Prepare.
package followup
