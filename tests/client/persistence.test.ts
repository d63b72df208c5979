/** A client with a store over restarts: what must be durable before what, and whose events they are. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ClientError } from '../../client/error.ts';
import { connect, memoryStore } from '../../client/node.ts';
import type { ClientOptions, GaplessClient, OutboxStore } from '../../client/types.ts';
import { FakeServer } from '../helpers/fake-server.ts';

let server: FakeServer;
let client: GaplessClient;

beforeEach(async () => {
  server = await FakeServer.start();
});
afterEach(async () => {
  await client.close();
  await server.stop();
});

const event = (n: number) => ({ type: 'user_interaction', n });

function open(
  store: OutboxStore,
  options: Partial<ClientOptions> = {},
  outbox: ClientOptions['outbox'] = {},
): GaplessClient {
  client = connect({ url: server.url, backoff: { minMs: 0, maxMs: 1 }, ...options, outbox: { store, ...outbox } });
  return client;
}

/** A store whose calls wait until the test lets them through. */
class Gate {
  readonly store: OutboxStore;
  readonly calls: string[] = [];
  #held: (() => void)[] = [];
  #arrived: (() => void) | null = null;
  shut = false;
  failing = false;

  constructor(inner: OutboxStore) {
    const through = <A extends unknown[], R>(name: string, call: (...args: A) => Promise<R>) => {
      return async (...args: A): Promise<R> => {
        this.calls.push(`${name} ${JSON.stringify(args)}`);
        this.#arrived?.();
        if (this.shut) await new Promise<void>((resolve) => this.#held.push(resolve));
        if (this.failing) throw new Error('disk full');
        return call(...args);
      };
    };
    this.store = {
      load: inner.load,
      close: inner.close,
      saveIdentity: through('identity', inner.saveIdentity),
      append: through('append', inner.append),
      drop: through('drop', inner.drop),
      settle: through('settle', inner.settle),
      renumber: through('renumber', inner.renumber),
    };
  }

  /** Waits for a call of that name. */
  async called(name: string): Promise<void> {
    while (!this.calls.some((call) => call.startsWith(name))) {
      await new Promise<void>((resolve) => {
        this.#arrived = resolve;
      });
    }
  }

  release(): void {
    this.shut = false;
    for (const go of this.#held.splice(0)) go();
  }
}

test('a restart continues: same producer, next attempt, open events first, numbers go on', async () => {
  const store = memoryStore();
  open(store);
  for (let n = 1; n <= 3; n++) client.push(event(n));
  const peer = await server.welcomed();
  await peer.published();
  const settled = new Promise((resolve) => client.on('verdict', resolve));
  peer.ack(1);
  await settled;
  await client.close();

  open(store);
  client.push(event(4));
  const again = await server.welcomed();
  expect(again.hello).toMatchObject({ producer: peer.hello!.producer, epoch: 1, attempt: 2, done: 1 });
  expect(await again.published()).toEqual([2, 4]);
  expect([...again.events.values()]).toEqual([2, 3, 4].map(event));
  again.ack(4);
  expect(await client.flush()).toBe(true);
});

test('flush waits for what an earlier process left', async () => {
  const store = memoryStore();
  await store.saveIdentity({ producer: 'p', epoch: 1, attempt: 0 });
  await store.append([{ seq: 1, event: event(1) }]);
  open(store);
  const flushed = client.flush();
  const peer = await server.welcomed();
  await peer.published();
  peer.ack(1);
  expect(await flushed).toBe(true);
});

test('the identity is durable before HELLO, an event before it is sent', async () => {
  const gate = new Gate(memoryStore());
  gate.shut = true;
  open(gate.store);
  await gate.called('identity');
  expect(server.peers).toHaveLength(0);
  gate.release();
  const peer = await server.peer();
  await peer.welcome();
  gate.shut = true;
  client.push(event(1));
  await gate.called('append');
  expect(client.stats).toMatchObject({ tracked: 1, sent: 0 });
  gate.release();
  expect(await peer.published()).toEqual([1, 1]);
  expect(gate.calls.filter((call) => call.startsWith('append'))).toEqual([
    `append [[{"seq":1,"event":${JSON.stringify(event(1))}}]]`,
  ]);
});

test('what is pushed is kept as it was then', async () => {
  const store = memoryStore();
  open(store);
  const mine = event(1);
  client.push(mine);
  mine.n = 99;
  const peer = await server.welcomed();
  await peer.published();
  expect((await store.load()).entries).toEqual([{ seq: 1, event: event(1) }]);
});

test('a store that fails ends the client, and nothing more is sent', async () => {
  const gate = new Gate(memoryStore());
  open(gate.store);
  const peer = await server.welcomed();
  const error = new Promise<ClientError>((resolve) => client.on('error', resolve));
  gate.failing = true;
  client.push(event(1));
  expect(await error).toMatchObject({ code: 'store_failed', message: expect.stringContaining('disk full') });
  expect(client.stats.state).toBe('failed');
  expect(await peer.closed).toBe(1000);
  expect(peer.events.size).toBe(0);
});

test('drop-oldest takes kept events out of the store before anything else is sent', async () => {
  const gate = new Gate(memoryStore());
  open(gate.store, {}, { maxEvents: 3, full: 'drop-oldest' });
  const peer = await server.welcomed({ limit: 1 });
  for (let n = 1; n <= 3; n++) client.push(event(n));
  expect(await peer.published()).toEqual([1, 1]);
  await peer.next('BLOCKED');
  gate.shut = true;
  client.push(event(4));
  client.push(event(5));
  await gate.called('drop');
  const acknowledged = new Promise((resolve) => client.on('progress', resolve));
  peer.ack(1);
  await acknowledged;
  expect(client.stats).toMatchObject({ sent: 1, dropped: 2, tracked: 3 });
  gate.release();
  expect(await peer.published()).toEqual([2, 3]);
  expect([...peer.events.values()]).toEqual([1, 4, 5].map(event));
  expect(
    gate.calls
      .filter((call) => /^(drop|append)/.test(call))
      .map((call) => call.replaceAll('"type":"user_interaction",', '')),
  ).toEqual([
    'append [[{"seq":1,"event":{"n":1}},{"seq":2,"event":{"n":2}},{"seq":3,"event":{"n":3}}]]',
    'drop [2,2]',
    'append [[{"seq":2,"event":{"n":4}},{"seq":3,"event":{"n":5}}]]',
  ]);
});

test('a dropped event that was sent is nil in the store too', async () => {
  const store = memoryStore();
  open(store, {}, { maxEvents: 1, full: 'drop-oldest' });
  const peer = await server.welcomed();
  client.push(event(1));
  await peer.published();
  client.push(event(2));
  expect(await peer.published()).toEqual([2, 2]);
  await client.close();
  expect((await store.load()).entries).toEqual([
    { seq: 1, event: null },
    { seq: 2, event: event(2) },
  ]);
});

test('numbering lost: the store is numbered anew with the epoch', async () => {
  const store = memoryStore();
  await store.saveIdentity({ producer: 'p', epoch: 4, attempt: 7 });
  await store.append([1, 2, 3].map((seq) => ({ seq, event: event(seq) })));
  await store.settle(1);
  open(store);
  const error = new Promise<ClientError>((resolve) => client.on('error', resolve));
  const peer = await server.welcomed({ done: 50 });
  expect(peer.hello).toMatchObject({ epoch: 4, attempt: 8, done: 1 });
  expect(await error).toMatchObject({ code: 'numbering_lost' });
  const again = await server.welcomed();
  expect(await again.published()).toEqual([1, 2]);
  expect([...again.events.values()]).toEqual([2, 3].map(event));
  const kept = await store.load();
  expect(kept).toMatchObject({ epoch: again.hello!.epoch, done: 0, nextSeq: 3 });
  expect(kept.epoch).toBeGreaterThan(4);
});

test('a damaged store goes on under a higher epoch', async () => {
  const inner = memoryStore();
  await inner.saveIdentity({ producer: 'p', epoch: 4, attempt: 7 });
  await inner.append([{ seq: 1, event: event(1) }]);
  open({ ...inner, load: async () => ({ ...(await inner.load()), damaged: 'line 7' }) });
  const error = new Promise<ClientError>((resolve) => client.on('error', resolve));
  expect(await error).toMatchObject({ code: 'store_damaged', message: 'line 7' });
  const peer = await server.welcomed();
  expect(peer.hello!.epoch).toBeGreaterThan(4);
  expect(await peer.published()).toEqual([1, 1]);
});

test('a higher epoch asked for numbers what is open anew', async () => {
  const store = memoryStore();
  await store.saveIdentity({ producer: 'p', epoch: 4, attempt: 7 });
  await store.append([1, 2].map((seq) => ({ seq, event: event(seq) })));
  await store.settle(1);
  open(store, { epoch: 6 });
  const peer = await server.welcomed();
  expect(peer.hello).toMatchObject({ epoch: 6, done: 0 });
  expect(await peer.published()).toEqual([1, 1]);
  expect(peer.events.get(1)).toEqual(event(2));
});

test('kept events keep the context they were made under', async () => {
  const store = memoryStore();
  open(store, { context: { user_id: 'ann', session_id: 's1', context: { device_type: 'car', source: 'radio' } } });
  client.push({ ...event(1), context: { source: 'search' } });
  client.push({ type: 'explicit_rating', track_id: 't', rating: 5 });
  const peer = await server.welcomed({ limit: 0 });
  await peer.next('BLOCKED');
  await client.close();

  open(store, { context: { user_id: 'bob' } });
  client.push(event(2));
  const again = await server.welcomed();
  expect(again.hello!.context).toEqual({ user_id: 'bob' });
  await again.published();
  expect([...again.events.values()]).toEqual([
    { ...event(1), user_id: 'ann', session_id: 's1', context: { device_type: 'car', source: 'search' } },
    { type: 'explicit_rating', track_id: 't', rating: 5, user_id: 'ann' },
    event(2),
  ]);
  await client.close();

  open(store, { context: { user_id: 'cleo' } });
  const third = await server.welcomed();
  await third.published();
  expect([...third.events.values()].map((kept) => (kept as { user_id: string }).user_id)).toEqual([
    'ann',
    'ann',
    'bob',
  ]);
});

test("another producer's store is refused", async () => {
  const store = memoryStore();
  await store.saveIdentity({ producer: 'p', epoch: 1, attempt: 0 });
  open(store, { producer: 'q' });
  const error = await new Promise((resolve) => client.on('error', resolve));
  expect(error).toMatchObject({ code: 'bad_option' });
});

test('settling is written before the store is closed', async () => {
  const store = memoryStore();
  open(store);
  const peer = await server.welcomed();
  peer.serve();
  await client.track(event(1));
  await client.close();
  expect(await store.load()).toMatchObject({ done: 1, nextSeq: 2, entries: [] });
});

test('what was pushed before the store was read is in it after close', async () => {
  const store = memoryStore();
  open(store, { context: { user_id: 'ann' } });
  client.push(event(1));
  await client.close();
  expect(server.peers).toHaveLength(0);
  open(store, { context: { user_id: 'bob' } });
  const peer = await server.welcomed();
  await peer.published();
  expect(peer.events.get(1)).toEqual({ ...event(1), user_id: 'ann' });
});

test('whatever the wire takes, the store takes', async () => {
  const store = memoryStore();
  open(store);
  const odd = { big: 12n, nothing: null, list: [1, { deep: true }], ['__proto__']: 1 };
  client.push(odd);
  const peer = await server.welcomed();
  await peer.published();
  expect((await store.load()).entries[0]!.event).toEqual({ ...odd, big: 12 });
});
