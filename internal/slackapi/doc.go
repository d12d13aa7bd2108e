// Package slackapi is what we use of Slack's Web API: open and update a modal, look a user up, answer a response_url.
//
// slack-go does the encoding; this package hides it but for Block Kit's types, and makes vendorhttp's classes of errors
// from Slack's codes. Nothing here retries what opens something: a trigger_id works once.
//
// It imports vendorhttp and credentials. Start reading at Bot.
//
// Source: https://docs.slack.dev/reference/methods
package slackapi
