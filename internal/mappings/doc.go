// Package mappings reads which account of a CRM the e-mail addresses of a domain belong to, as people write it down: in a
// CRMConnection, and in the single-tenant bot's file account_mappings.json. What it returns is normalised, so that two ways to
// write a domain are one; what it refuses, it names by its place and never by its text, which is a customer's.
//
// It is on the lowest floor and imports nothing of the project. Start reading at Parse.
package mappings
