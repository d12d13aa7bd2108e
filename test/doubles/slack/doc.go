// Package slack is a test double of Slack: its Web API, its response_urls, and the client in which people type
// commands and see answers.
//
// It knows the calls of the slash-command road: views.open, views.update, users.info and response_url. It is strict
// where Slack is strict or documents an error, and stricter in one point: an argument or a property that it does not
// know is refused. Whatever Slack answers with HTTP 200 and {"ok":false} it answers so too.
//
// A token works for its own workspace only: using it with a trigger, a view or a user of another one fails as if these
// did not exist, and is counted with the outcome "wrong_team", so that a test can demand that it never happens.
//
// It imports test/doubles only. Start reading at Server, then SendCommand and Screens.
//
// Sources: https://docs.slack.dev/reference/methods/views.open, .../views.update, .../users.info,
// https://docs.slack.dev/interactivity/implementing-slash-commands,
// https://docs.slack.dev/interactivity/handling-user-interaction,
// https://docs.slack.dev/authentication/verifying-requests-from-slack.
package slack
