// Package slackui is what a Slack user sees: the screens of package followup in Block Kit, and the words for what is
// wrong.
//
// A screen is a modal, opened with the command's trigger_id while it lives and updated by its external_id, which is the
// request's key. Where no modal could be opened, or its user closed it, the result is one ephemeral message to the
// command's response_url.
//
// What is guaranteed when a job runs again after a crash or an error:
//
//   - The user is answered at least once, or the error says that Slack would not take the answer.
//   - Never two modals: a trigger_id works once and an external_id is unique, so a second opening is refused by Slack,
//     and the run that finds it refused updates the modal of the run before.
//   - A list in the modal is replaced, not repeated. While an update may still succeed, no message is sent: the error
//     makes the job run again. Only its last run sends the message instead.
//   - A message may come twice in one case: the process died after sending it and before its job was marked done. Slack
//     has no key to tell it from the first. A message whose fate is unknown is not sent again.
//
// Text of customers (titles, names, addresses) is escaped, cut by code point, and put into verbatim mrkdwn, so that
// nothing in it can mention, link or leave its line. Limits: https://docs.slack.dev/reference/block-kit.
//
// It imports followup, slackapi, vendorhttp and slack-go's Block Kit types. Start reading at Screen.
package slackui
