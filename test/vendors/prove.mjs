// What the judges share.
import assert from 'node:assert/strict';

/** proves runs one proof and says so; what it throws ends the judge. */
export async function proves(what, proof) {
  try {
    await proof();
  } catch (error) {
    console.error(`NOT proved: ${what}`);
    throw error;
  }
  console.log(`proved: ${what}`);
}

/** fails waits for the promise to fail as check demands, and returns the error. */
export async function fails(promise, check) {
  try {
    await promise;
  } catch (error) {
    check(error);
    return error;
  }
  return assert.fail('it did not fail');
}

/** control calls the control API of the doubles. */
export async function control(path, body) {
  const answer = await fetch(process.env.CONTROL_URL + path, { method: 'POST', body: JSON.stringify(body) });
  const text = await answer.text();
  assert.ok(answer.ok, `${path}: ${answer.status} ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}
