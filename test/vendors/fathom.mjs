// Judges Fathom's double by fathom-typescript: FATHOM_URL, and WORKS_URL, which works the double (fathom_test.go).
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { Fathom, HTTPClient } from 'fathom-typescript';
import { FathomError, SDKValidationError } from 'fathom-typescript/sdk/models/errors';
import { fails, proves } from './prove.mjs';

const serverURL = `${process.env.FATHOM_URL}/external/v1`;
// The SDK answers undefined, and throws nothing, where its specification names the status of an error: so we listen.
let status;
let reset;
const httpClient = new HTTPClient();
httpClient.addHook('response', (response) => {
  status = response.status;
  reset = response.headers.get('RateLimit-Reset');
});
const connect = (apiKeyAuth, more) => new Fathom({ serverURL, security: { apiKeyAuth }, httpClient, ...more });
const isRefused = async (promise, want) => {
  await promise.catch((error) => assert.ok(error instanceof FathomError, String(error)));
  assert.equal(status, want);
};
const fathom = connect('ada');
const work = async (path, body) => {
  const answer = await fetch(process.env.WORKS_URL + path, { method: 'POST', body: JSON.stringify(body) });
  assert.ok(answer.ok, `${path}: ${answer.status} ${await answer.text()}`);
};

async function recordings(request) {
  const found = [];
  let pages = 0;
  for await (const page of await fathom.listMeetings(request)) {
    pages += 1;
    found.push(...page.result.items);
  }
  return { pages, found, ids: found.map((meeting) => meeting.recordingId) };
}

await proves('a list over two pages, newest first', async () => {
  const { pages, found, ids } = await recordings();
  assert.equal(pages, 2);
  assert.deepEqual(ids, Array.from({ length: 12 }, (_, i) => 1001 + i));
  assert.equal(found[0].recordedBy.email, 'ada@acme.example');
  assert.equal(found[0].calendarInvitees[0].isExternal, true);
});

await proves('filters: created_after, created_before, recorded_by, domains', async () => {
  const { found } = await recordings();
  const [second, fourth] = [found[1].createdAt, found[3].createdAt].map((at) => new Date(at).toISOString());
  assert.deepEqual((await recordings({ createdAfter: fourth, createdBefore: second })).ids, [1003]);
  assert.deepEqual((await recordings({ recordedBy: ['nobody@acme.example'] })).ids, []);
  assert.equal((await recordings({ calendarInviteesDomains: ['globex.example'] })).ids.length, 12);
  assert.deepEqual((await recordings({ calendarInviteesDomainsType: 'only_internal' })).ids, []);
});

await proves('content that is asked for in a list', async () => {
  const { found } = await recordings({ includeSummary: true, includeTranscript: true });
  assert.match(found[0].defaultSummary.markdownFormatted, /Next steps/);
  assert.equal(found[0].transcript[0].speaker.displayName, 'Bob');
});

await proves('a summary: null at first, then there, and by destination_url', async () => {
  assert.equal((await fathom.getRecordingSummary({ recordingId: 1002 })).summary, null);
  assert.match((await fathom.getRecordingSummary({ recordingId: 1002 })).summary.markdownFormatted, /Next steps/);
  const sent = await fathom.getRecordingSummary({ recordingId: 1001, destinationUrl: 'https://x.example/' });
  assert.equal(sent.destinationUrl, 'https://x.example/');
  await isRefused(fathom.getRecordingSummary({ recordingId: 9 }), 404);
});

await proves('a transcript by destination_url, and plainly by fetch', async () => {
  const sent = await fathom.getRecordingTranscript({ recordingId: 1001, destinationUrl: 'https://x.example/' });
  assert.equal(sent.destinationUrl, 'https://x.example/');
  const answer = await fetch(`${serverURL}/recordings/1001/transcript`, { headers: { 'X-Api-Key': 'ada' } });
  const { transcript } = await answer.json();
  assert.deepEqual(transcript[0], {
    speaker: { display_name: 'Bob', matched_calendar_invitee_email: 'bob@globex.example' }, text: 'Hello', timestamp: '00:05:32',
  });
});

await proves('the SDK still cannot ask for a transcript plainly; when this fails, drop the fetch above', async () => {
  await fails(fathom.getRecordingTranscript({ recordingId: 1001 }), (error) => assert.ok(error instanceof SDKValidationError, String(error)));
});

await proves('teams and their members', async () => {
  const collect = async (pages) => {
    const names = [];
    for await (const page of await pages) names.push(...page.result.items.map((item) => item.name));
    return names;
  };
  assert.deepEqual(await collect(fathom.listTeams()), ['Sales', 'Support']);
  assert.deepEqual(await collect(fathom.listTeamMembers({ team: 'Support' })), ['Cem']);
});

// Whoever receives webhooks.
const received = [];
const inbox = createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += chunk;
  received.push({ headers: request.headers, body });
  response.writeHead(204).end();
});
inbox.listen(0, '127.0.0.1');
await once(inbox, 'listening');

await proves('a webhook: created, delivered, verified, refused when forged or old, deleted', async () => {
  const hook = await fathom.createWebhook({
    destinationUrl: `http://127.0.0.1:${inbox.address().port}`, triggeredFor: ['my_recordings'], includeSummary: true,
  });
  await work('/announce', { recording: 1001 });
  const { headers, body } = received.pop();
  const meeting = Fathom.verifyWebhook(hook.secret, headers, body);
  assert.equal(meeting.recording_id, 1001);
  assert.match(meeting.default_summary.markdown_formatted, /Next steps/);
  assert.throws(() => Fathom.verifyWebhook(hook.secret, headers, body.replace('1001', '1002')), /No matching signature found/);
  const several = { ...headers, 'webhook-signature': `v1,bm90IGl0 ${headers['webhook-signature']}` };
  Fathom.verifyWebhook(hook.secret, several, body);
  await work('/announce', { recording: 1001, seconds_ago: 301 });
  const old = received.pop();
  assert.throws(() => Fathom.verifyWebhook(hook.secret, old.headers, old.body), /Message timestamp too old/);
  await fathom.deleteWebhook({ id: hook.id });
  assert.equal(status, 204);
  await isRefused(fathom.deleteWebhook({ id: hook.id }), 404);
  await isRefused(fathom.createWebhook({ destinationUrl: 'https://x.example', triggeredFor: ['my_recordings'], includeSummary: false }), 400);
});
inbox.close();

await proves('a wrong key', async () => {
  await isRefused(connect('eve').listMeetings(), 401);
});

await proves('a rate limit: an error, unless retries are on', async () => {
  const limited = { kind: 'rate_limited', retry_after_seconds: 17 };
  await work('/fail', { operation: 'list_meetings', fault: limited });
  await isRefused(fathom.listMeetings(), 429);
  assert.equal(reset, '17');
  await work('/fail', { operation: 'list_meetings', fault: { ...limited, times: 2 } });
  const patient = connect('ada', {
    retryConfig: {
      strategy: 'backoff', retryConnectionErrors: false,
      backoff: { initialInterval: 1, maxInterval: 2, exponent: 1, maxElapsedTime: 10000 },
    },
  });
  await patient.listMeetings();
  assert.equal(status, 200);
});
