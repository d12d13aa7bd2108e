// Judges what Slack's double sends, by @slack/bolt: SIGNING_SECRET, SLACK_URL, TOKENS. It says what Bolt has understood of
// each request, and whose installation Bolt would look up for it.
import { App, HTTPReceiver, LogLevel } from '@slack/bolt';

const tokens = JSON.parse(process.env.TOKENS); // by workspace or organisation
const say = (line) => console.log(JSON.stringify(line));
const receiver = new HTTPReceiver({
  signingSecret: process.env.SIGNING_SECRET,
  endpoints: '/slack/events',
  logLevel: LogLevel.ERROR,
  unhandledRequestHandler: ({ response }) => {
    say({ heard: 'nothing' });
    response.writeHead(404).end();
  },
});

let asked; // whom Bolt has asked for
const app = new App({
  receiver,
  logLevel: LogLevel.ERROR,
  clientOptions: { slackApiUrl: `${process.env.SLACK_URL}/api/` },
  authorize: async ({ teamId, enterpriseId, isEnterpriseInstall }) => {
    asked = { team: teamId, enterprise: enterpriseId, org: isEnterpriseInstall };
    return { botToken: tokens[isEnterpriseInstall ? enterpriseId : teamId], botId: 'B0FOLLOWUP', botUserId: 'U0FOLLOWUP' };
  },
});
app.error(async (error) => say({ heard: 'error', error: String(error) }));

const hear = (heard, line, context) => {
  say({ heard, for: asked, user: context.userId, ...line });
  asked = undefined;
};
const text = (words) => ({ type: 'plain_text', text: words });
const older = { type: 'button', action_id: 'older', text: text('Older'), value: '1.2' };
const find = { type: 'external_select', action_id: 'find', min_query_length: 1 };
const modal = {
  type: 'modal',
  callback_id: 'meetings',
  notify_on_close: true,
  title: text('Meetings'),
  submit: text('Save'),
  blocks: [
    { type: 'actions', block_id: 'paging', elements: [older, find] },
    { type: 'input', block_id: 'note', label: text('Note'), element: { type: 'plain_text_input', action_id: 'text' } },
  ],
};
const open = { type: 'button', action_id: 'open', text: text('Open'), value: '0' };
const message = { text: 'Meetings', blocks: [{ type: 'actions', block_id: 'paging', elements: [older, open] }] };

// What is typed says what the app shows.
app.command(/.*/, async ({ command, ack, respond, client, context }) => {
  await ack();
  switch (command.text) {
    case 'modal':
      await client.views.open({ trigger_id: command.trigger_id, view: modal });
      break;
    case 'message':
      await respond({ ...message, response_type: 'in_channel' });
      break;
    default:
      await respond({ ...message, response_type: 'ephemeral' });
  }
  hear('command', { command: command.command, text: command.text }, context);
});
app.action(/.*/, async ({ action, body, ack, respond, client, context }) => {
  await ack();
  if (action.action_id === 'open') {
    await client.views.open({ trigger_id: body.trigger_id, view: modal });
  } else if (body.response_url !== undefined) {
    await respond({ text: 'Replaced', replace_original: true });
  }
  hear('action', {
    id: action.action_id, block: action.block_id, value: action.value ?? action.selected_option?.value,
    in: body.container.type, view: body.view?.callback_id, message: body.message?.team,
  }, context);
});
app.options(/.*/, async ({ payload, ack, context }) => {
  await ack({ options: [{ text: { type: 'plain_text', text: `About ${payload.value}` }, value: '7.8' }] });
  hear('options', { id: payload.action_id, value: payload.value }, context);
});
app.shortcut(/.*/, async ({ shortcut, ack, context }) => {
  await ack();
  hear('shortcut', { type: shortcut.type, id: shortcut.callback_id, message: shortcut.message?.text }, context);
});
app.view({ callback_id: /.*/, type: 'view_submission' }, async ({ view, ack, context }) => {
  await ack();
  hear('submission', { id: view.callback_id, typed: view.state.values.note.text.value }, context);
});
app.view({ callback_id: /.*/, type: 'view_closed' }, async ({ view, ack, context }) => {
  await ack();
  hear('closing', { id: view.callback_id }, context);
});
app.event(/.*/, async ({ event, body, context }) => {
  hear('event', {
    type: event.type, id: body.event_id, retry: context.retryNum, reason: context.retryReason, tokens: event.tokens,
  }, context);
});

const server = await app.start({ port: 0, host: '127.0.0.1' });
say({ listening: server.address().port });
