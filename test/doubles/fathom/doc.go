// Package fathom is a test double of Fathom's external API: lists of meetings, summaries and transcripts, teams and
// webhooks, with the limits of calls per user.
//
// It is strict: a query parameter or a property that Fathom does not document is refused (Fathom may ignore it). Where
// Fathom does not promise one behaviour, a test chooses: how optional content is left out (Meeting.Missing), for how long
// it is not there yet (Meeting.PendingCalls), how an error looks (fault.Status with a body), when a webhook is sent, and
// sent again (Announce, Send).
//
// It imports test/doubles only. Start reading at Server.
//
// Sources: https://developers.fathom.ai/api-reference, https://developers.fathom.ai/api-overview#rate-limiting,
// https://developers.fathom.ai/webhooks, and the official SDK fathom-typescript 0.0.37.
package fathom
