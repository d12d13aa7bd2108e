// Package llm has Anthropic's models answer in JSON of a schema.
//
// One call is one answer: no streaming, no tools, no conversation. Retries are vendorhttp's and the queue's, not the SDK's.
// What was asked and answered is in no error and no log.
//
// It imports vendorhttp, credentials and outcome. Start reading at Client.Generate.
//
// Source: https://platform.claude.com/docs and the official SDK github.com/anthropics/anthropic-sdk-go/v2 v2.13.0.
package llm
