import { pack } from 'msgpackr';
import { describe, expect, it } from 'vitest';
import { createAuthenticator } from '../../../../server/gateway/authenticator.ts';
import { createOriginCheck } from '../../../../server/gateway/origins.ts';
import { beaconRoute } from '../../../../server/gateway/routes/beacon.ts';
import { eventsRoute } from '../../../../server/gateway/routes/events.ts';
import type { PublishOutcome, PublishRequest } from '../../../../server/ingest/request.ts';
import { eventually, start } from '../harness.ts';

const SETTLED: PublishOutcome = { status: 'settled', accepted: 2, duplicates: 0, rejected: [], first: 1 };
const EVENTS = [{ type: 'track_skipped' }, null];
const HOSTILE = 'zq-hostile-text-zq';

interface Options {
  token?: string;
  outcome?: PublishOutcome;
  publish?: (request: PublishRequest) => Promise<PublishOutcome>;
}

/** Both routes over a publisher that records what it gets and says what it is told. */
async function startPublish({ token, outcome = SETTLED, publish }: Options = {}) {
  const requests: PublishRequest[] = [];
  const authenticator = createAuthenticator({ token });
  const record = (request: PublishRequest) => {
    requests.push({ ...request, events: { ...request.events, bytes: request.events.bytes.slice() } });
    return publish?.(request) ?? Promise.resolve(outcome);
  };
  const { port, transport } = await start({
    routes: [
      eventsRoute({ publish: record, authenticator, bodyLimit: 100_000 }),
      beaconRoute({ publish: record, authenticator }),
    ],
    originAllowed: createOriginCheck(['https://app.example.com'], false),
  });
  const send = async (body: string | Uint8Array, type = 'application/json', headers = {}, path = '/v1/events') => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method: 'POST',
      body: body as string,
      headers: { 'content-type': type, ...headers },
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, json: text ? JSON.parse(text) : null };
  };
  const beacon = (body: string, type = 'text/plain;charset=UTF-8', headers = {}) =>
    send(body, type, headers, '/v1/beacon');
  return { port, transport, requests, send, beacon };
}
const eventsText = (request: PublishRequest | undefined) => Buffer.from(request!.events.bytes).toString();

describe('POST /v1/events', () => {
  it('hands on the events as they came, and the fields beside them', async () => {
    const { send, requests } = await startPublish();
    const fields = {
      producer: 'p-1',
      epoch: 2,
      first: 7,
      done: 6,
      clock: 1_700_000_000_000,
      context: { user_id: 'u1' },
    };
    const body = `{"events": [{"a" : 1} , null ], ${JSON.stringify(fields).slice(1)}`;
    expect((await send(body, 'application/json', { 'user-agent': 'agent/1' })).status).toBe(200);
    const [{ events, ...rest }] = requests as [PublishRequest];
    expect(rest).toEqual({
      ...fields,
      identity: { tenant: 'default', owner: '' },
      bytes: body.length,
      userAgent: 'agent/1',
    });
    expect(events).toMatchObject({ format: 'json', count: 2 });
    expect(eventsText(requests[0])).toBe('{"a" : 1} , null ');
  });

  it('takes MessagePack', async () => {
    const { send, requests } = await startPublish();
    const body = pack({ producer: 'p', first: 1, extra: [1, { a: 2 }], events: EVENTS, context: { user_id: 'u' } });
    expect((await send(body, 'application/msgpack')).status).toBe(200);
    expect(requests[0]).toMatchObject({ producer: 'p', first: 1, context: { user_id: 'u' }, bytes: body.length });
    expect(requests[0]?.events).toMatchObject({ format: 'msgpack', count: 2 });
    expect(Buffer.from(requests[0]!.events.bytes)).toEqual(Buffer.concat(EVENTS.map((event) => pack(event))));
  });

  it('takes lines, with the fields in the query', async () => {
    const { send, requests } = await startPublish();
    const body = '{"a":1}\n\n  \r\n{"b":2}\r\nnot json\n';
    const path = '/v1/events?producer=p&epoch=3&first=10&done=9&clock=5';
    expect((await send(body, 'application/x-ndjson', {}, path)).status).toBe(200);
    expect(requests[0]).toMatchObject({ producer: 'p', epoch: 3, first: 10, done: 9, clock: 5 });
    expect(requests[0]?.events).toMatchObject({ format: 'ndjson', count: 3 });
    expect(eventsText(requests[0])).toBe(body);
  });

  it('says what became of each event, by its index', async () => {
    const rejected: PublishOutcome = {
      status: 'settled',
      accepted: 1,
      duplicates: 1,
      rejected: [[102, 'invalid_field', 'action', 'not one of the actions']],
      first: 100,
      done: 102,
    };
    const { send } = await startPublish({ outcome: rejected });
    const reply = await send(JSON.stringify({ events: [1, 2, 3], producer: 'p', first: 100 }));
    expect(reply.status).toBe(200);
    expect(reply.headers.get('content-type')).toBe('application/json');
    expect(reply.json).toEqual({
      accepted: 1,
      duplicates: 1,
      rejected: [{ index: 2, code: 'invalid_field', path: 'action', message: 'not one of the actions' }],
      done: 102,
    });
  });

  it.each<[string, PublishOutcome, number, object, string | null]>([
    [
      'all rejected',
      {
        status: 'settled',
        accepted: 0,
        duplicates: 0,
        rejected: [
          [5, 'withdrawn', '', 'given up'],
          [6, 'too_old', 'timestamp', 'too old'],
        ],
        first: 5,
      },
      422,
      { code: 'all_rejected', accepted: 0, rejected: [{ index: 0 }, { index: 1 }] },
      null,
    ],
    ['a gap', { status: 'sequence_gap', expected: 4 }, 409, { code: 'sequence_gap', expected: 4 }, null],
    ['nothing stored', { status: 'overloaded', retryAfterMs: 2500 }, 429, { code: 'overloaded' }, '3'],
    ['not known', { status: 'unknown', retryAfterMs: 10 }, 503, { code: 'storage_unavailable' }, '1'],
  ])('%s', async (_, outcome, status, body, retryAfter) => {
    const { send } = await startPublish({ outcome });
    const reply = await send(JSON.stringify({ events: EVENTS }));
    expect(reply.status).toBe(status);
    expect(reply.headers.get('content-type')).toBe('application/problem+json');
    expect(reply.headers.get('retry-after')).toBe(retryAfter);
    expect(reply.json).toMatchObject({ status, ...body });
  });

  it('never says 200 when publishing fails', async () => {
    const { send } = await startPublish({ publish: () => Promise.reject(new Error('secret')) });
    const reply = await send(JSON.stringify({ events: EVENTS }));
    expect(reply.status).toBe(500);
    expect(reply.text).not.toContain('secret');
  });

  it('asks for the token', async () => {
    const { send, requests } = await startPublish({ token: 'right-token' });
    const body = JSON.stringify({ events: EVENTS });
    const wrong = [
      {},
      { authorization: 'Bearer wrong' },
      { authorization: 'Bearer right-token2' },
      { authorization: 'Basic right-token' },
      { authorization: 'right-token' },
      { authorization: 'Bearer' },
      { authorization: 'Bearer eyJhbGciOiJub25lIn0.e30.' },
    ];
    for (const headers of wrong) {
      const reply = await send(body, 'application/json', headers);
      expect(reply.status).toBe(401);
      expect(reply.headers.get('www-authenticate')).toBe('Bearer');
      expect(reply.json).toEqual({ title: 'No valid token', status: 401, code: 'unauthenticated' });
    }
    expect(requests).toHaveLength(0);
    expect((await send(body, 'application/json', { authorization: 'bearer right-token' })).status).toBe(200);
    expect((await send(body, 'application/json', {}, '/v1/events?token=right-token')).status).toBe(400);
  });

  it.each(['text/plain', 'application/xml', 'multipart/form-data', 'constructor', ''])(
    'does not take %s',
    async (type) => {
      const { send } = await startPublish();
      const reply = await send('{"events":[1]}', type);
      expect(reply.status).toBe(415);
      expect(reply.json.detail).toContain('application/x-ndjson');
    },
  );

  it('reads the media type without its parameters', async () => {
    const { send } = await startPublish();
    expect((await send('{"events":[1]}', 'Application/JSON; charset=utf-8')).status).toBe(200);
  });

  it('does not take a body that is too large', async () => {
    const { send } = await startPublish();
    expect((await send(JSON.stringify({ events: ['x'.repeat(100_000)] }))).status).toBe(413);
  });

  it('does not take another origin', async () => {
    const { send, requests } = await startPublish();
    const body = JSON.stringify({ events: EVENTS });
    expect((await send(body, 'application/json', { origin: 'https://evil.example' })).status).toBe(403);
    expect((await send(body, 'application/json', { origin: 'https://app.example.com' })).status).toBe(200);
    expect(requests).toHaveLength(1);
  });

  it('repeats nothing of what was wrong', async () => {
    const { send, requests } = await startPublish();
    for (const body of [
      HOSTILE,
      `{"events":"${HOSTILE}"}`,
      `{"events":[1],"producer":"${HOSTILE} !","first":1}`,
      `{"events":[1],"context":{"user_id":5,"${HOSTILE} ":1}}`,
      `{"events":[1],"${HOSTILE}":1,"${HOSTILE}":2}`,
    ]) {
      const reply = await send(body);
      expect(reply.status, body).toBe(400);
      expect(reply.text).not.toContain(HOSTILE);
    }
    expect(requests).toHaveLength(0);
  });

  it('goes on when the client does not wait for the answer', async () => {
    let settle: (outcome: PublishOutcome) => void = () => {};
    const { port, send, requests } = await startPublish({
      publish: () =>
        new Promise((resolve) => {
          settle = resolve;
        }),
    });
    const abort = new AbortController();
    const request = fetch(`http://127.0.0.1:${port}/v1/events`, {
      method: 'POST',
      body: JSON.stringify({ events: EVENTS }),
      headers: { 'content-type': 'application/json' },
      signal: abort.signal,
    }).catch((error: Error) => error.name);
    await eventually(() => expect(requests).toHaveLength(1));
    abort.abort();
    expect(await request).toBe('AbortError');
    settle(SETTLED);
    const second = send(JSON.stringify({ events: EVENTS }));
    await eventually(() => expect(requests).toHaveLength(2));
    settle(SETTLED);
    expect((await second).status).toBe(200);
  });
});

describe('POST /v1/beacon', () => {
  it('takes text with the token inside and says nothing when all is settled', async () => {
    const { beacon, requests } = await startPublish({ token: 'right-token' });
    const body = JSON.stringify({ token: 'right-token', events: EVENTS, producer: 'p', first: 3 });
    const reply = await beacon(body);
    expect(reply).toMatchObject({ status: 204, text: '' });
    expect(requests[0]).toMatchObject({ producer: 'p', first: 3, bytes: body.length });
    expect(requests[0]).not.toHaveProperty('token');
    expect((await beacon(JSON.stringify({ token: 'wrong', events: EVENTS }))).status).toBe(401);
    expect(
      (await beacon(JSON.stringify({ events: EVENTS }), 'text/plain', { authorization: 'Bearer right-token' })).status,
    ).toBe(401);
    expect(requests).toHaveLength(1);
  });

  it('is settled too when every event was rejected', async () => {
    const rejected: PublishOutcome = {
      status: 'settled',
      accepted: 0,
      duplicates: 0,
      rejected: [[1, 'too_old', '', '']],
      first: 1,
    };
    expect((await (await startPublish({ outcome: rejected })).beacon('{"events":[1]}')).status).toBe(204);
  });

  it('is not settled when it is not known', async () => {
    const { beacon } = await startPublish({ outcome: { status: 'unknown', retryAfterMs: 1 } });
    expect((await beacon('{"events":[1]}')).status).toBe(503);
  });

  it('has its own limit, media type and origins', async () => {
    const { beacon } = await startPublish();
    expect((await beacon(JSON.stringify({ events: ['x'.repeat(65_536)] }))).status).toBe(413);
    expect((await beacon('{"events":[1]}', 'application/json')).status).toBe(415);
    expect((await beacon('{"events":[1]}', 'text/plain', { origin: 'https://evil.example' })).status).toBe(403);
    expect((await beacon('not json')).status).toBe(400);
  });
});
