// Package anthropic is a test double of Anthropic's Messages API: one answer in JSON of a schema at a time, counting of
// tokens, the prompt cache and the limits of requests.
//
// It is strict: what the API does not document is refused, and so is what current models don't take any more (temperature,
// prefill, a thinking budget). What the double has no answer for (tools, streams, images) is refused as well, with a message
// that says so. Answers are those of Config.Replies; the rest of an answer, or all of it, is made up to fit the schema of
// the request, out of what was said in the transcript that it quotes: the same request has the same answer.
//
// It imports test/doubles only. Start reading at Server.
//
// Sources: https://platform.claude.com/docs/en/api/messages, https://platform.claude.com/docs/en/api/errors,
// https://platform.claude.com/docs/en/build-with-claude/structured-outputs, and the official SDK
// github.com/anthropics/anthropic-sdk-go/v2 v2.13.0.
package anthropic
