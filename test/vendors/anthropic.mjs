// Judges Anthropic's double by @anthropic-ai/sdk: ANTHROPIC_URL, and WORKS_URL, which works the double (anthropic_test.go).
import assert from 'node:assert/strict';
import Anthropic from '@anthropic-ai/sdk';
import { fails, proves } from './prove.mjs';

const baseURL = process.env.ANTHROPIC_URL;
const connect = (more) => new Anthropic({ apiKey: 'k', baseURL, maxRetries: 0, timeout: 10_000, ...more });
const anthropic = connect();
const work = async (path, body) => {
  const answer = await fetch(process.env.WORKS_URL + path, { method: 'POST', body: JSON.stringify(body) });
  assert.ok(answer.ok, `${path}: ${answer.status} ${await answer.text()}`);
};

const schema = {
  type: 'object',
  additionalProperties: false,
  required: ['summary', 'event'],
  properties: {
    summary: { type: 'string' },
    event: {
      anyOf: [{
        type: 'object', additionalProperties: false, required: ['date'], properties: { date: { type: 'string', format: 'date' } },
      }, { type: 'null' }],
    },
  },
};
const transcript = `It is 2026-11-23.\n${'[00:00:05] Ann: Good morning\n'.repeat(300)}`;
const asked = (more) => ({
  model: 'claude-sonnet-5-5',
  max_tokens: 1000,
  system: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }],
  messages: [{ role: 'user', content: [{ type: 'text', text: transcript, cache_control: { type: 'ephemeral' } }, { type: 'text', text: 'Well?' }] }],
  output_config: { effort: 'low', format: { type: 'json_schema', schema } },
  ...more,
});
const refused = (promise, kind, status, check = () => {}) => fails(promise, (error) => {
  assert.ok(error instanceof kind, String(error));
  assert.equal(error.status, status);
  check(error);
});

await proves('an answer in JSON of a schema, made up of the transcript', async () => {
  const message = await anthropic.messages.create(asked());
  assert.equal(message.stop_reason, 'end_turn');
  assert.deepEqual(JSON.parse(message.content[0].text), { summary: 'Summary: Ann said: Good morning', event: { date: '2026-11-30' } });
});

await proves('a prompt that comes from the cache the second time', async () => {
  const { usage } = await anthropic.messages.create(asked());
  assert.ok(usage.cache_read_input_tokens > 2000);
  assert.equal(usage.cache_creation_input_tokens, 0);
});

await proves('a reply that was asked for, after thinking; a refusal; an answer that is cut off', async () => {
  await work('/reply', { when: 'Well?', answer: { event: null }, thinking: 20 });
  const message = await anthropic.messages.create(asked());
  assert.deepEqual(message.content.map((block) => block.type), ['thinking', 'text']);
  assert.equal(JSON.parse(message.content[1].text).event, null);
  const short = await anthropic.messages.create(asked({ max_tokens: 25 }));
  assert.equal(short.stop_reason, 'max_tokens');
  assert.throws(() => JSON.parse(short.content[1].text));
  await work('/reply', { when: 'Well?', stop: 'refusal' });
  const refusal = await anthropic.messages.create(asked());
  assert.equal(refusal.stop_reason, 'refusal');
  assert.equal(refusal.stop_details.category, 'general_harms');
});

await proves('tokens are counted', async () => {
  const { max_tokens: _, ...counted } = asked();
  assert.ok((await anthropic.messages.countTokens(counted)).input_tokens > 2000);
});

await proves('what models do not take any more, and what a schema may not have', async () => {
  await refused(anthropic.messages.create(asked({ temperature: 0 })), Anthropic.BadRequestError, 400);
  const long = { ...schema, properties: { ...schema.properties, summary: { type: 'string', maxLength: 9 } } };
  await refused(
    anthropic.messages.create(asked({ output_config: { format: { type: 'json_schema', schema: long } } })),
    Anthropic.BadRequestError, 400, (error) => assert.match(error.message, /maxLength/),
  );
});

await proves('a wrong key, by either header', async () => {
  await refused(connect({ apiKey: 'eve' }).messages.create(asked()), Anthropic.AuthenticationError, 401);
  await refused(connect({ apiKey: null, authToken: 'eve' }).messages.create(asked()), Anthropic.AuthenticationError, 401);
  await connect({ apiKey: null, authToken: 'k' }).messages.create(asked());
});

await proves('a rate limit, a spent budget, an overload: errors, unless retries are on', async () => {
  await work('/fail', { kind: 'rate_limited', retry_after_seconds: 17 });
  await refused(anthropic.messages.create(asked()), Anthropic.RateLimitError, 429, (error) => {
    assert.equal(error.headers.get('retry-after'), '17');
    assert.equal(error.headers.get('anthropic-ratelimit-requests-remaining'), '0');
    assert.match(error.requestID, /^req_/);
  });
  await work('/fail', { kind: 'error', code: 'enforced_spend_limit_reached' });
  await refused(anthropic.messages.create(asked()), Anthropic.RateLimitError, 429, (error) => {
    assert.equal(error.error.error.details.error_code, 'enforced_spend_limit_reached');
  });
  await work('/fail', { kind: 'error', code: 'overloaded_error' });
  await refused(anthropic.messages.create(asked()), Anthropic.APIError, 529);
  await work('/fail', { kind: 'error', code: 'overloaded_error' });
  await connect({ maxRetries: 1 }).messages.create(asked());
});
