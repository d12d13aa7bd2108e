// Package google is a test double of what a follow-up needs of Google: Gmail's drafts, Calendar's events, and the OAuth
// token endpoint. It serves all three: Gmail below /gmail/v1/, Calendar below /calendar/v3/, tokens at /token.
//
// It is strict: a parameter, a property or a query that it does not know is refused, and so is a message that is not
// as RFC 5322 has it (Gmail may be more lenient). Where Google does not promise one behaviour, a test chooses: whether a
// draft keeps its Message-ID (Config.RewriteMessageIDs), whether refresh tokens rotate (Config.RotateRefreshTokens;
// Google's do not, others' do). What it has received can be looked at: Server.Drafts, Events, Invitations.
//
// It imports test/doubles only. Start reading at Server.
//
// Sources: https://developers.google.com/workspace/gmail/api/reference/rest/v1/users.drafts,
// https://developers.google.com/workspace/calendar/api/v3/reference/events,
// https://developers.google.com/identity/protocols/oauth2/service-account, and google.golang.org/api v0.311.0.
package google
