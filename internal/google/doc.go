// Package google makes drafts in Gmail and events in Google Calendar, and mints the tokens for both.
//
// What it makes has a name that follows from a key of the caller's: a draft's Message-ID, an event's ID. After a call whose
// outcome is unknown, a draft is looked for by that name, and an event simply inserted again.
//
// Requests are made by Google's own clients, which go through vendorhttp: its time limits, its classes of errors, its gate.
//
// It imports vendorhttp, outcome and credentials. Start reading at Mailbox.CreateDraft.
//
// Source: https://developers.google.com/workspace/gmail/api, https://developers.google.com/workspace/calendar/api,
// https://developers.google.com/identity/protocols/oauth2, and the generated clients google.golang.org/api v0.311.0.
package google
