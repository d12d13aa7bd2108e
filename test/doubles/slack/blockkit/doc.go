// Package blockkit reads views and messages the way Slack does: Check refuses what Slack would refuse, Render shows
// what a person would see.
//
// It is written against Slack's documentation alone and imports nothing of this module, so that it can judge what the
// module sends. It is stricter than Slack in one point: a property or a block type that it does not know is a problem.
//
// Start reading at CheckView and RenderView. Source: https://docs.slack.dev/reference/block-kit
package blockkit
