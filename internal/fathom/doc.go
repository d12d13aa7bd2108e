// Package fathom reads meetings, and what was said in them, from Fathom's API, and verifies what its webhook sends.
//
// A key belongs to a person and sees what that person recorded or was shared; who may see what in Slack is decided in
// package followup. Answers are read leniently: unknown fields are ignored, arrays may be null, absent or empty.
//
// It imports vendorhttp and credentials. Start reading at Client.Meetings.
//
// Source: https://developers.fathom.ai (OpenAPI) and the official SDK fathom-typescript 0.0.37.
package fathom
