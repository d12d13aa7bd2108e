// Package slack is a test double of Slack: its Web API, its response_urls, and the client in which people type
// commands, press buttons, search, use shortcuts and see answers.
//
// It knows the methods auth.test, chat.postMessage, chat.update, users.info, users.lookupByEmail, views.open, views.push and
// views.update, and response_url.
// It is strict where Slack is strict or documents an error, and stricter in one point: an argument or a property that it
// does not know is refused. Whatever Slack answers with HTTP 200 and {"ok":false} it answers so too. People are strict as
// well: what they do not see they cannot work.
//
// A token works for its own workspace only: using it with a trigger, a view, a channel or a user of another one fails as
// if these did not exist, and is counted with the outcome "wrong_team", so that a test can demand that it never happens.
//
// It imports test/doubles and internal/blockkit. Start reading at Server, then SendCommand, SendAction, SendEvent and
// Screens.
//
// Sources: https://docs.slack.dev/reference/methods/views.open, .../views.push, .../views.update, .../users.info,
// .../chat.postMessage, .../chat.update, .../users.lookupByEmail, https://docs.slack.dev/reference/interaction-payloads, https://docs.slack.dev/apis/events-api,
// https://docs.slack.dev/interactivity/implementing-slash-commands,
// https://docs.slack.dev/interactivity/handling-user-interaction,
// https://docs.slack.dev/authentication/verifying-requests-from-slack.
package slack
