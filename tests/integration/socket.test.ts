import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WINDOW_START } from '../../protocol/limits.ts';
import type { Subprotocol } from '../../protocol/wire.ts';
import { play } from '../helpers/ingest-world.ts';
import { startTestServer, type TestServer } from '../helpers/server.ts';
import { WireClient } from '../helpers/wire-client.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ ENABLE_REALTIME_PROCESSING: 'false' });
});
afterAll(() => server.stop());

let producers = 0;
const producer = () => `socket-test-${++producers}`;
const now = () => Date.now();
const listen = (track: string, more = {}) => play('listener', track, { timestamp: now(), ...more });

describe.each<Subprotocol>(['gapless.v1.msgpack', 'gapless.v1.json'])('over %s', (subprotocol) => {
  const open = (hello: Parameters<typeof WireClient.open>[1]) => WireClient.open(server.url, hello, subprotocol);

  it('welcomes, takes events, tells verdicts and then acknowledges', async () => {
    const id = producer();
    const { client, welcome } = await open({ producer: id });
    expect(welcome.terms).toMatchObject({
      producer: id,
      epoch: 1,
      done: 0,
      limit: WINDOW_START.events,
      limitBytes: WINDOW_START.bytes,
      maxFrameBytes: 16_384,
      durability: 'fsync',
    });
    const bytes = client.publish(1, [listen('a'), listen('b', { action: 'jump' }), null]);
    const verdicts = await client.next('REJECTED');
    expect(verdicts.rejections.map(([seq, code, path]) => [seq, code, path])).toEqual([
      [2, 'invalid_field', 'action'],
      [3, 'withdrawn', ''],
    ]);
    expect(await client.acknowledged(3)).toMatchObject({ done: 3, limit: 7, limitBytes: 4096 + bytes });
    client.close();
  });

  it('resumes where the producer was, and tells rejections that the client did not process', async () => {
    const id = producer();
    const first = await open({ producer: id });
    first.client.publish(1, [listen('a'), listen('b', { action: 'jump' }), listen('c')]);
    await first.client.acknowledged(3);
    first.client.cut();
    const second = await open({ producer: id, attempt: 1, done: 1 });
    expect(second.welcome.terms).toMatchObject({
      done: 3,
      rejected: [[2, 'invalid_field', 'action', expect.any(String)]],
    });
    second.client.publish(2, [listen('b', { action: 'jump' }), listen('c'), listen('d')]);
    expect((await second.client.next('REJECTED')).rejections[0]).toEqual([
      2,
      'invalid_field',
      'action',
      expect.any(String),
    ]);
    await second.client.acknowledged(4);
    second.client.close();
  });

  it('answers a gap and over credit with a NACK and goes on', async () => {
    const { client } = await open({ producer: producer() });
    client.publish(2, [listen('b')]);
    expect(await client.next('NACK')).toMatchObject({ from: 1, code: 'sequence_gap' });
    client.publish(1, Array(5).fill(listen('x')));
    expect(await client.next('NACK')).toMatchObject({ from: 1, code: 'over_credit' });
    client.publish(1, [listen('a'), listen('b')]);
    await client.acknowledged(2);
    client.close();
  });

  it('gives a blocked client room for one large event', async () => {
    const { client } = await open({ producer: producer() });
    const large = listen('a', { context: { playlist_id: 'x' } });
    const { bytes } = client.encode(large);
    client.send({ op: 'BLOCKED', seq: 9, bytes: 8000 });
    const ack = await client.next('ACK', ({ limitBytes }) => limitBytes >= 8000);
    expect(ack.limit).toBeGreaterThanOrEqual(1);
    expect(bytes).toBeLessThan(8000);
    client.close();
  });

  it('fills in the context', async () => {
    const context = { user_id: 'ctx-user', session_id: 'ctx-session', context: { device_type: 'car' } };
    const { client } = await open({ producer: producer(), context, clock: Date.now() });
    client.publish(1, [{ type: 'user_interaction', timestamp: now(), track_id: 't', action: 'like' }]);
    await client.acknowledged(1);
    client.close();
  });

  it('closes a connection that breaks the protocol', async () => {
    const early = await WireClient.connect(server.url, subprotocol);
    early.publish(1, [listen('a')]);
    expect(await early.untilClosed()).toMatchObject({ code: 4500 });
    const twice = await open({ producer: producer() });
    twice.client.send({ op: 'HELLO' });
    expect(await twice.client.untilClosed()).toMatchObject({ code: 4500 });
    const garbage = await open({});
    garbage.client.sendRaw(subprotocol === 'gapless.v1.json' ? '[2,' : new Uint8Array([0xc1]));
    expect(await garbage.client.untilClosed()).toMatchObject({ code: 4500 });
    const mixed = await open({});
    mixed.client.sendRaw(subprotocol === 'gapless.v1.json' ? new Uint8Array([0x91, 1]) : '[1,{}]');
    expect(await mixed.client.untilClosed()).toMatchObject({ code: 4500 });
    const large = await open({ producer: producer() });
    large.client.sendRaw(subprotocol === 'gapless.v1.json' ? ' '.repeat(16_385) : new Uint8Array(16_385));
    expect(await large.client.untilClosed()).toMatchObject({ code: 4507 });
    const subscriber = await open({});
    subscriber.client.publish(1, [listen('a')]);
    expect(await subscriber.client.untilClosed()).toMatchObject({ code: 4500 });
    const context = await WireClient.connect(server.url, subprotocol);
    context.send({ op: 'HELLO', producer: producer(), context: { nonsense: 1 } });
    expect(await context.untilClosed()).toMatchObject({ code: 4500 });
  });
});

describe('two connections of one producer', () => {
  it('the higher epoch fences, the higher attempt supersedes, on a tie the later HELLO wins', async () => {
    const id = producer();
    const one = await WireClient.open(server.url, { producer: id, attempt: 3 });
    const lower = await WireClient.connect(server.url);
    lower.send({ op: 'HELLO', producer: id, attempt: 2 });
    expect(await lower.untilClosed()).toMatchObject({ code: 4504 });
    const same = await WireClient.open(server.url, { producer: id, attempt: 3 });
    expect(await one.client.untilClosed()).toMatchObject({ code: 4504 });
    const next = await WireClient.open(server.url, { producer: id, epoch: 2 });
    expect(await same.client.next('GOAWAY')).toMatchObject({ code: 'fenced', epoch: 2 });
    expect(await same.client.untilClosed()).toMatchObject({ code: 4505 });
    const old = await WireClient.connect(server.url);
    old.send({ op: 'HELLO', producer: id, attempt: 9 });
    expect(await old.next('GOAWAY')).toMatchObject({ code: 'fenced', epoch: 2 });
    next.client.close();
  });

  it('waits for the last events of the old one, so that the new one is told the exact number', async () => {
    const id = producer();
    const one = await WireClient.open(server.url, { producer: id });
    one.client.publish(1, [listen('a'), listen('b')]);
    const { welcome, client } = await WireClient.open(server.url, { producer: id, attempt: 1 });
    expect([0, 2]).toContain(welcome.terms?.done);
    client.close();
  });
});

describe('what the server counts', () => {
  it('keeps a ledger without a gap', async () => {
    expect(await server.metric('gapless_ledger_gap')).toBe(0);
    expect(await server.metric('gapless_storage_lost_total')).toBe(0);
    expect(await server.metric('gapless_events_rejected_total{code="withdrawn"}')).toBeGreaterThan(0);
  });

  it('says what an acknowledgement means', async () => {
    const health = await (await fetch(server.http('/health'))).json();
    expect(health).toMatchObject({ state: 'ready', engine: 'embedded', durability: 'fsync' });
  });
});
