import { pack } from 'msgpackr/pack';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { play } from '../helpers/ingest-world.ts';
import { startTestServer, type TestServer } from '../helpers/server.ts';
import { WireClient } from '../helpers/wire-client.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({
    GAPLESS_TOKEN: 'a-token-that-is-long-enough',
    ENABLE_REALTIME_PROCESSING: 'false',
  });
});
afterAll(() => server.stop());

const authorization = 'Bearer a-token-that-is-long-enough';
const listen = (track: string, more = {}) => play('http-user', track, { timestamp: Date.now(), ...more });
let producers = 0;
const producer = () => `http-test-${++producers}`;

async function post(body: string | Uint8Array, type: string, path = '/v1/events') {
  const headers = { authorization, 'content-type': type };
  const response = await fetch(server.http(path), { method: 'POST', body: body as string, headers });
  const text = await response.text();
  return { status: response.status, body: text ? JSON.parse(text) : null, type: response.headers.get('content-type') };
}
const postJson = (body: unknown) => post(JSON.stringify(body), 'application/json');

describe('POST /v1/events', () => {
  it('stores and reports each event of a batch', async () => {
    const events = [listen('a'), listen('b', { action: 'jump' }), listen('c')];
    const { status, body } = await postJson({ events });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      accepted: 2,
      duplicates: 0,
      rejected: [{ index: 1, code: 'invalid_field', path: 'action' }],
    });
  });

  it('takes msgpack and NDJSON as well, with the same outcome', async () => {
    const events = [listen('a'), listen('b', { track_id: '' })];
    const packed = await post(pack({ events, context: { user_id: 'x' } }), 'application/msgpack');
    const lines = await post(events.map((event) => JSON.stringify(event)).join('\n'), 'application/x-ndjson');
    for (const { status, body } of [packed, lines]) {
      expect(status).toBe(200);
      expect(body).toMatchObject({ accepted: 1, rejected: [{ index: 1, code: 'invalid_field', path: 'track_id' }] });
    }
  });

  it('with a producer a repeat is stored once and told its first verdicts; a gap stores nothing', async () => {
    const batch = { producer: producer(), first: 1, events: [listen('a'), listen('b', { action: 'jump' })] };
    expect((await postJson(batch)).body).toMatchObject({
      accepted: 1,
      duplicates: 0,
      done: 2,
      rejected: [{ index: 1 }],
    });
    expect((await postJson(batch)).body).toMatchObject({
      accepted: 0,
      duplicates: 1,
      done: 2,
      rejected: [{ index: 1 }],
    });
    const more = { ...batch, first: 2, events: [listen('b', { action: 'jump' }), listen('c')] };
    expect((await postJson(more)).body).toMatchObject({ accepted: 1, duplicates: 0, done: 3 });
    const gap = await postJson({ ...batch, first: 9 });
    expect(gap).toMatchObject({ status: 409, type: 'application/problem+json' });
    expect(gap.body).toMatchObject({ code: 'sequence_gap', expected: 4 });
  });

  it('one at a time per producer, whoever asks first', async () => {
    const id = producer();
    const batches = Array.from({ length: 10 }, (_, i) => ({ producer: id, first: i + 1, events: [listen(`t${i}`)] }));
    const answers = await Promise.all([...batches, ...batches].map(postJson));
    const stored = answers.filter(({ status, body }) => status === 200 && body.accepted === 1);
    const last = await postJson({ producer: id, first: 1, events: batches.flatMap(({ events }) => events) });
    expect(stored.length).toBeLessThanOrEqual(10);
    expect(last.body).toMatchObject({ done: 10 });
  });

  it('shares numbers with the socket of the same producer', async () => {
    const id = producer();
    const { client } = await WireClient.open(server.url, { producer: id, token: 'a-token-that-is-long-enough' });
    client.publish(1, [listen('a')]);
    await client.acknowledged(1);
    expect((await postJson({ producer: id, first: 1, events: [listen('a'), listen('b')] })).body).toMatchObject({
      accepted: 1,
      duplicates: 1,
      done: 2,
    });
    client.publish(2, [listen('b')]);
    await client.acknowledged(2);
    client.close();
  });

  it('an id protects a repeat without a producer', async () => {
    const events = [listen('a', { id: 'once' })];
    expect((await postJson({ events })).body).toMatchObject({ accepted: 1, duplicates: 0 });
    expect((await postJson({ events })).body).toMatchObject({ accepted: 0, duplicates: 1 });
  });

  it('many requests at once are all settled', async () => {
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, i) =>
        postJson({ events: [listen(`x${i}`), listen(`y${i}`, { action: 'jump' })] }),
      ),
    );
    for (const { status, body } of answers) {
      expect(status).toBe(200);
      expect(body).toMatchObject({ accepted: 1, rejected: [{ index: 1 }] });
    }
    expect(await server.metric('gapless_ledger_gap')).toBe(0);
  });

  it('refuses what it should', async () => {
    expect(await postJson({ events: [listen('a', { action: 'jump' })] })).toMatchObject({ status: 422 });
    expect(await postJson({ events: 'no' })).toMatchObject({ status: 400 });
    expect(await post('{', 'application/json')).toMatchObject({ status: 400 });
    expect(await post('x', 'text/csv')).toMatchObject({ status: 415 });
    const anonymous = await fetch(server.http('/v1/events'), {
      method: 'POST',
      body: '{"events":[]}',
      headers: { 'content-type': 'application/json' },
    });
    expect(anonymous.status).toBe(401);
  });
});

it('POST /v1/beacon takes a body with its token inside', async () => {
  const body = { token: 'a-token-that-is-long-enough', events: [listen('beacon')] };
  const response = await fetch(server.http('/v1/beacon'), { method: 'POST', body: JSON.stringify(body) });
  expect(response.status).toBe(204);
});

it('a socket without the token is not let in', async () => {
  const client = await WireClient.connect(server.url);
  client.send({ op: 'HELLO', producer: 'x', token: 'wrong' });
  expect(await client.untilClosed()).toMatchObject({ code: 4502 });
});
