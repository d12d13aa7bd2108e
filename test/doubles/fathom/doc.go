// Package fathom is a test double of Fathom's external API, as far as the list of recent meetings needs it:
// GET /external/v1/meetings.
//
// It is strict: a query parameter that Fathom does not document is refused (Fathom may ignore it). Where Fathom does not
// promise one behaviour, a test chooses: how optional content is left out (Meeting.Missing), how an error looks
// (fault.Status with a body).
//
// It imports test/doubles only. Start reading at Server.
//
// Sources: https://developers.fathom.ai/api-reference/meetings/list-meetings,
// https://developers.fathom.ai/api-overview#rate-limiting, and the official SDK fathom-typescript 0.0.37.
package fathom
