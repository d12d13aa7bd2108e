// Package followup is the product: what is done for a Slack user, free of HTTP and SQL.
//
// A use case is a struct of the interfaces it needs, declared here and made by package adapters for one tenant and one
// request. It ends on the user's screen: with what they asked for, or with a Problem, which says what is wrong in the
// terms of the product. An error that it returns means that running it again, from its start, may help.
//
// It imports tenancy. Start reading at Lister.List.
package followup
