// Package blockkit judges views, messages and answers the way Slack does: what it finds, Slack would refuse.
//
// It is written against Slack's documentation alone and imports nothing of this module, so that it can judge what the
// module sends, before it is sent and in the double of Slack. It is stricter than Slack in one point: a property or a
// block type that it does not know is a problem. Lengths are counted in code points, as Slack counts them.
//
// Start reading at CheckView. Source: https://docs.slack.dev/reference/block-kit
package blockkit
