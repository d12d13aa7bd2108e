// Judges Slack's double by @slack/web-api: SLACK_URL, CONTROL_URL.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { ErrorCode, LogLevel, WebClient } from '@slack/web-api';
import { control, fails, proves } from './prove.mjs';

const { SLACK_URL } = process.env;
const team = 'T0ACME0001';
const user = 'U0ADA00001';
const connect = (token, more) => new WebClient(token, {
  slackApiUrl: `${SLACK_URL}/api/`, retryConfig: { retries: 0 }, rejectRateLimitedCalls: true, logLevel: LogLevel.ERROR, ...more,
});
const slack = connect('xoxb-acme');

// The app: it keeps the last form that Slack sent.
let form;
const app = createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += chunk;
  form = new URLSearchParams(body);
  response.end();
});
app.listen(0, '127.0.0.1');
await once(app, 'listening');
const webhook_url = `http://127.0.0.1:${app.address().port}`;

const command = async () => {
  await control('/control/commands', { team, user, command: '/meetings', text: '', webhook_url });
  return form;
};
const press = async (action_id) => {
  await control('/control/interactions', { kind: 'block_actions', team, user, action_id, webhook_url });
  return JSON.parse(form.get('payload'));
};
const view = (title, more) => ({
  type: 'modal',
  title: { type: 'plain_text', text: title },
  blocks: [{ type: 'actions', elements: [{ type: 'button', action_id: 'older', text: { type: 'plain_text', text: 'Older' } }] }],
  ...more,
});
const isSlacks = (code) => (error) => {
  assert.equal(error.code, ErrorCode.PlatformError);
  assert.equal(error.data.error, code);
};

await proves('auth.test tells the installation', async () => {
  const answer = await slack.auth.test();
  assert.equal(answer.ok, true);
  assert.equal(answer.team_id, team);
  assert.match(answer.bot_id, /^B/);
});

await proves('views.open, views.update by view_id and by external_id, and the hash', async () => {
  const opened = await slack.views.open({ trigger_id: (await command()).get('trigger_id'), view: view('Meetings', { external_id: 'req-1' }) });
  const updated = await slack.views.update({ view_id: opened.view.id, hash: opened.view.hash, view: view('Loaded', { external_id: 'req-1' }) });
  assert.equal(updated.view.title.text, 'Loaded');
  assert.notEqual(updated.view.hash, opened.view.hash);
  await slack.views.update({ external_id: 'req-1', view: view('Again', { external_id: 'req-1' }) });
  await fails(slack.views.update({ view_id: opened.view.id, hash: opened.view.hash, view: view('Late') }), isSlacks('hash_conflict'));
});

await proves('views.push, on a click in the modal', async () => {
  const pushed = await slack.views.push({ trigger_id: (await press('older')).trigger_id, view: view('Pushed') });
  assert.equal(typeof pushed.view.previous_view_id, 'string');
  assert.equal(pushed.view.root_view_id, pushed.view.previous_view_id);
});

await proves('a trigger_id works once', async () => {
  const trigger_id = (await command()).get('trigger_id');
  await slack.views.open({ trigger_id, view: view('One') });
  await fails(slack.views.open({ trigger_id, view: view('Two') }), isSlacks('exchanged_trigger_id'));
});

await proves('a view beyond the limits, with the reasons', async () => {
  const long = view('A title that is longer than 24');
  const error = await fails(slack.views.open({ trigger_id: (await command()).get('trigger_id'), view: long }), isSlacks('invalid_arguments'));
  assert.deepEqual(error.data.response_metadata.messages, ['[ERROR] must be less than 25 characters [json-pointer:/view/title/text]']);
});

await proves('users.info, with the e-mail', async () => {
  const answer = await slack.users.info({ user });
  assert.equal(answer.user.profile.email, 'ada@acme.example');
  assert.equal(answer.user.tz, 'Europe/Rome');
  await fails(slack.users.info({ user: 'U0NOBODY' }), isSlacks('user_not_found'));
});

await proves('chat.postMessage to a person, who sees it', async () => {
  const blocks = [{ type: 'section', text: { type: 'mrkdwn', text: '*Hello*' } }];
  const posted = await slack.chat.postMessage({ channel: user, text: 'Hello', blocks, unfurl_links: false });
  assert.match(posted.channel, /^D/);
  assert.match(posted.ts, /^\d+\.\d{6}$/);
  await fails(slack.chat.postMessage({ channel: 'C0NOWHERE', text: 'Hello' }), isSlacks('channel_not_found'));
});

await proves('users.lookupByEmail', async () => {
  const answer = await slack.users.lookupByEmail({ email: 'ada@acme.example' });
  assert.equal(answer.user.id, user);
  await fails(slack.users.lookupByEmail({ email: 'nobody@acme.example' }), isSlacks('users_not_found'));
});

await proves('chat.update of what was posted, by its channel and ts', async () => {
  const posted = await slack.chat.postMessage({ channel: user, text: 'Loading' });
  const blocks = [{ type: 'section', text: { type: 'mrkdwn', text: '*Done*' } }];
  const updated = await slack.chat.update({ channel: posted.channel, ts: posted.ts, text: 'Done', blocks });
  assert.equal(updated.ts, posted.ts);
  assert.equal(updated.channel, posted.channel);
  assert.equal(updated.message.blocks[0].text.text, '*Done*');
  await fails(slack.chat.update({ channel: posted.channel, ts: '1.000001', text: 'Done' }), isSlacks('message_not_found'));
});

await proves('a form, as it was filled in', async () => {
  const blocks = [
    { type: 'input', block_id: 'subject', label: { type: 'plain_text', text: 'Subject' }, element: { type: 'plain_text_input', action_id: 'subject' } },
    { type: 'input', block_id: 'date', label: { type: 'plain_text', text: 'Date' }, element: { type: 'datepicker', action_id: 'date' } },
  ];
  const task = view('Task', { blocks, submit: { type: 'plain_text', text: 'Create' } });
  await slack.views.open({ trigger_id: (await command()).get('trigger_id'), view: task });
  await control('/control/interactions', { kind: 'view_submission', team, user, values: { subject: 'Call', date: '2026-11-30' }, webhook_url });
  const { values } = JSON.parse(form.get('payload')).view.state;
  assert.equal(values.subject.subject.value, 'Call');
  assert.equal(values.date.date.selected_date, '2026-11-30');
});

await proves('a rate limit, with Retry-After', async () => {
  await control('/control/faults', { vendor: 'slack', operation: 'users.info', fault: { kind: 'rate_limited', retry_after_seconds: 30 } });
  const error = await fails(slack.users.info({ user }), (e) => assert.equal(e.code, ErrorCode.RateLimitedError));
  assert.equal(error.retryAfter, 30);
});

await proves('a rate limit that is over: the client waits and comes back', async () => {
  await control('/control/faults', { vendor: 'slack', operation: 'users.info', fault: { kind: 'rate_limited', retry_after_seconds: 0 } });
  await connect('xoxb-acme', { rejectRateLimitedCalls: false, retryConfig: { retries: 1, minTimeout: 1 } }).users.info({ user });
});

await proves('an error page and a broken connection', async () => {
  await control('/control/faults', { vendor: 'slack', operation: 'users.info', fault: { kind: 'html' } });
  await fails(slack.users.info({ user }), (e) => assert.equal(e.code, ErrorCode.HTTPError));
  await control('/control/faults', { vendor: 'slack', operation: 'users.info', fault: { kind: 'drop' } });
  await fails(slack.users.info({ user }), (e) => assert.equal(e.code, ErrorCode.RequestError));
});

await proves('tokens that do not work', async () => {
  await fails(connect('xoxb-nobody').auth.test(), isSlacks('invalid_auth'));
  await fails(connect(undefined).auth.test(), isSlacks('not_authed'));
  await control('/control/installations', { team: 'T0GLOBEX01' });
  await fails(connect('xoxb-globex').auth.test(), isSlacks('account_inactive'));
});

app.close();
