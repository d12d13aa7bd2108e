// Package slackui is what a Slack user sees: the screens of package followup in Block Kit, in the language and the time
// zone of their workspace.
//
// The answer to a command or a shortcut is a modal, opened with its trigger_id while that lives, and updated by its
// external_id, which is the request's key. Where no modal could be opened, or its user closed it, the result is one
// message: ephemeral to the response_url, or without one from the app to the user. The answer to a click takes the place
// of what was clicked in: the modal, by its view ID, or the message, by the click's response_url.
//
// What is guaranteed when a job runs again after a crash or an error:
//
//   - The user is answered at least once, or the error says that Slack would not take the answer. The exception is a click
//     in a modal that its user then closed: that ends it, without a word.
//   - Never two modals: a trigger_id works once and an external_id is unique, so a second opening is refused by Slack,
//     and the run that finds it refused updates the modal of the run before. A click opens none.
//   - A list in a modal, or in a message that was clicked in, is replaced, not repeated. While an update may still succeed,
//     no message is sent: the error makes the job run again. Only its last run sends the message instead; in place of
//     an update of what was clicked in, not even that one does.
//   - A message may come twice in one case: the process died after sending it and before its job was marked done. Slack
//     has no key to tell it from the first. A message whose fate is unknown is not sent again, unless it replaces one.
//   - A response_url is used four times at most, of Slack's five: for loading in the first run, and once in each of three.
//   - A page that Slack does not take is our mistake; then the user reads that something went wrong, in its place.
//
// A follow-up stands on a card, which is a message in the user's conversation with the app, and in the modal that was
// clicked in for as long as that is open. The card is what counts: it is posted once, kept by its place, and updated
// from then on, or posted anew where it is gone. It comes twice only if the process died, or Slack's answer got lost,
// between posting and keeping; then the last one is kept up to date. A form is opened by its click's trigger_id, over the
// modal if it was clicked in one; who gets none is asked to click again.
//
// Of two clicks in one modal, whose jobs overlap, the one that ends last is seen.
//
// Text of customers (titles, names, addresses) is escaped, cut by code point, and put into verbatim mrkdwn or plain text,
// so that nothing in it can mention, link or leave its place; what the model wrote is a customer's text, too. A link leads
// to the hosts of our vendors only. Limits: https://docs.slack.dev/reference/block-kit.
//
// It imports followup, crm, i18n, slackapi, vendorhttp and slack-go's Block Kit types. Start reading at Screen,
// then Board.
package slackui
