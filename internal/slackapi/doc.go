// Package slackapi is what we use of Slack's Web API: open, push and update a modal, look a user up, answer a
// response_url, write to a user, update what was written.
//
// slack-go does the encoding; this package hides it but for Block Kit's types, and makes vendorhttp's classes of errors
// from Slack's codes. Nothing here retries what opens or posts something: a trigger_id works once, and a message has no
// key. What package blockkit finds fault with is not sent.
//
// It imports vendorhttp, credentials and blockkit. Start reading at Bot.
//
// Source: https://docs.slack.dev/reference/methods
package slackapi
