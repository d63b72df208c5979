import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ClientError } from '../../client/error.ts';
import type { ClientOptions, ClientState, FeedGap, FeedState, GaplessClient } from '../../client/index.ts';
import { connect } from '../../client/node.ts';
import { FakeRuntime } from '../helpers/fake-runtime.ts';
import { type FakePeer, FakeServer } from '../helpers/fake-server.ts';

let server: FakeServer;
let client: GaplessClient;
let runtime: FakeRuntime;

beforeEach(async () => {
  server = await FakeServer.start();
  runtime = new FakeRuntime();
});
afterEach(async () => {
  await client.close();
  await server.stop();
});

function open(options: Partial<ClientOptions> = {}): GaplessClient {
  client = connect({ url: server.url, publish: false, runtime, ...options });
  return client;
}

function becomes(state: ClientState): Promise<void> {
  if (client.stats.state === state) return Promise.resolve();
  return new Promise((resolve) => {
    const stop = client.on('state', (now) => {
      if (now !== state) return;
      stop();
      resolve();
    });
  });
}

/** Lost the connection: lets the backoff pass, and takes the next one. */
async function comesBack(): Promise<FakePeer> {
  await becomes('waiting');
  runtime.advance(runtime.pending()[0]!);
  return server.welcomedReader();
}

/** Lets go of the reference: what a rejected promise holds is asked for later. */
const outcome = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error) => error);

test('a client that only subscribes says nothing of a producer, and takes no events', async () => {
  open({ token: 'secret' });
  const feed = client.subscribe('stats');
  const peer = await server.welcomedReader();
  expect(peer.hello).toEqual({ op: 'HELLO', token: 'secret', clock: runtime.wallClock() });
  expect(await peer.subscribed()).toMatchObject({ feed: 'stats', options: { limit: 500 } });
  expect(client.stats).toMatchObject({ state: 'open', producer: '', durability: null });
  expect(() => client.push({ type: 'x' })).toThrow(ClientError);
  await expect(client.track({ type: 'x' })).rejects.toMatchObject({ code: 'bad_option' });
  expect(await client.flush()).toBe(true);
  expect(feed.feed).toBe('stats');
});

test('options that do not go together are refused', () => {
  for (const wrong of [{ producer: 'p' }, { epoch: 2 }, { context: {} }, { outbox: {} }, { numbering: 'own' as const }])
    expect(() => connect({ url: server.url, publish: false, ...wrong })).toThrow(/publish: false goes without/);
  open();
  for (const credit of [0, 1.5, Number.NaN]) expect(() => client.subscribe('events', { credit })).toThrow(ClientError);
});

test('events and feeds share a connection', async () => {
  open({ publish: true });
  const feed = client.subscribe('events');
  const verdict = client.track({ type: 'x' });
  const peer = await server.welcomed();
  await peer.subscribed();
  await peer.published();
  peer.ack(1);
  peer.data(1, '1', { type: 'x' });
  expect(await verdict).toMatchObject({ status: 'stored' });
  for await (const item of feed) {
    expect(item).toEqual({ type: 'x' });
    break;
  }
  expect(await peer.next('UNSUBSCRIBE')).toMatchObject({ sub: 1 });
});

describe('items', () => {
  test('come in order, with the position behind them', async () => {
    open();
    const feed = client.subscribe('events', {
      key: 'u',
      filter: { type: ['a', 'b'] },
      from: { epoch: 'e', offset: '4' },
    });
    const peer = await server.welcomedReader();
    expect(await peer.subscribed('4')).toMatchObject({
      options: { key: 'u', filter: { type: ['a', 'b'] }, from: { epoch: 'e', offset: '4' } },
    });
    peer.data(1, '6', { n: 5 }, { n: 6 });
    peer.data(1, '7', { n: 7 });
    const seen: unknown[] = [];
    for await (const item of feed) {
      seen.push([item.n, feed.position!.offset]);
      if (seen.length === 3) break;
    }
    expect(seen).toEqual([
      [5, '4'],
      [6, '6'],
      [7, '7'],
    ]);
    expect(feed.state).toBe('ended');
  });

  test('batches have exact positions', async () => {
    open();
    const feed = client.subscribe('events');
    const peer = await server.welcomedReader();
    await peer.subscribed();
    peer.data(1, '2', { n: 1 }, { n: 2 });
    for await (const batch of feed.batches()) {
      expect(batch).toEqual({ items: [{ n: 1 }, { n: 2 }], position: { epoch: 'e', offset: '2' } });
      break;
    }
  });

  test('gaps are told between the items where they are', async () => {
    open();
    const feed = client.subscribe('events', { from: { epoch: 'old', offset: '1' } });
    const told: (FeedGap | unknown)[] = [];
    feed.on('gap', (gap) => told.push(gap));
    const peer = await server.welcomedReader();
    await peer.subscribed('50', false);
    peer.data(1, '51', 'a');
    peer.send({ op: 'GAP', sub: 1, skipped: 3, offset: '54' });
    peer.data(1, '55', 'b');
    for await (const item of feed) {
      told.push(item);
      if ((item as unknown) === 'b') break;
    }
    expect(told).toEqual([{ reason: 'not_recovered', skipped: null }, 'a', { reason: 'skipped', skipped: 3 }, 'b']);
  });
});

describe('credit', () => {
  test('rises as the consumer takes, and a slow one holds no more than its window', async () => {
    open();
    const feed = client.subscribe('events', { credit: 4 });
    const peer = await server.welcomedReader();
    await peer.subscribed();
    peer.data(1, '4', 1, 2, 3, 4);
    const items = feed[Symbol.asyncIterator]();
    expect((await items.next()).value).toBe(1);
    expect(feed.waiting).toBe(4);
    await items.next();
    await items.next();
    expect(await peer.next('FLOW')).toEqual({ op: 'FLOW', sub: 1, limit: 6 });
    expect(feed.waiting).toBe(2);
  });

  test('a server that sends more than that is left', async () => {
    open();
    const broken = new Promise<ClientError>((resolve) => client.on('error', resolve));
    client.subscribe('events', { credit: 1 });
    const peer = await server.welcomedReader();
    await peer.subscribed();
    peer.data(1, '2', 1, 2);
    expect((await broken).code).toBe('bad_frame');
    await peer.closed;
  });
});

describe('over a reconnect', () => {
  test('a log feed goes on where it was; what waited is not asked for again', async () => {
    open();
    const states: FeedState[] = [];
    const feed = client.subscribe('events', { credit: 3 });
    feed.on('state', (state) => states.push(state));
    const first = await server.welcomedReader();
    await first.subscribed('10');
    const items = feed[Symbol.asyncIterator]();
    const one = items.next();
    first.data(1, '12', 'a', 'b');
    expect((await one).value).toBe('a');
    first.cut();
    const second = await comesBack();
    expect(await second.subscribed('12')).toMatchObject({
      sub: 2,
      options: { limit: 1, from: { epoch: 'e', offset: '12' } },
    });
    second.data(2, '13', 'c');
    expect((await items.next()).value).toBe('b');
    expect((await items.next()).value).toBe('c');
    expect(states).toEqual(['live', 'waiting', 'live']);
  });

  test('a latest value comes again', async () => {
    open();
    const feed = client.subscribe('recommendations', { key: 'u' });
    const first = await server.welcomedReader();
    await first.subscribed();
    first.cut();
    const second = await comesBack();
    const { options } = await second.subscribed();
    expect(options).toEqual({ limit: 500, key: 'u' });
    second.data(2, '1', { key: 'u', version: 7, value: {} });
    expect(await feed[Symbol.asyncIterator]().next()).toMatchObject({ value: { version: 7 } });
  });
});

describe('the end', () => {
  test.each(['unknown_feed', 'forbidden', 'invalid_filter', 'too_many'] as const)(
    '%s is a typed error',
    async (code) => {
      open();
      const feed = client.subscribe('events');
      const peer = await server.welcomedReader();
      const { sub } = await peer.next('SUBSCRIBE');
      peer.send({ op: 'UNSUBSCRIBED', sub, code, message: 'no' });
      const ended = outcome(feed[Symbol.asyncIterator]().next());
      expect(await ended).toBeInstanceOf(ClientError);
      expect(await ended).toMatchObject({ code, message: 'no' });
      expect(client.stats.state).toBe('open');
    },
  );

  test('unavailable is tried again', async () => {
    open();
    const feed = client.subscribe('events');
    const peer = await server.welcomedReader();
    peer.send({ op: 'UNSUBSCRIBED', sub: (await peer.subscribed()).sub, code: 'unavailable', message: '' });
    await new Promise<void>((resolve) => feed.on('state', (state) => state === 'waiting' && resolve()));
    runtime.advance(500);
    expect(await peer.subscribed()).toMatchObject({ sub: 2, options: { from: { offset: '0' } } });
    peer.data(2, '1', 'a');
    expect((await feed[Symbol.asyncIterator]().next()).value).toBe('a');
  });

  test('close, a signal and the close of the client end the loop', async () => {
    open();
    const controller = new AbortController();
    const closed = client.subscribe('events');
    const aborted = client.subscribe('events', { signal: controller.signal });
    const left = client.subscribe('events');
    const already = client.subscribe('events', { signal: AbortSignal.abort() });
    const peer = await server.welcomedReader();
    const loops = [closed, aborted, left, already].map(async (feed) => {
      for await (const item of feed) expect(item).toBeUndefined();
      return feed.state;
    });
    for (let i = 0; i < 3; i++) await peer.subscribed();
    closed.close();
    controller.abort();
    expect([(await peer.next('UNSUBSCRIBE')).sub, (await peer.next('UNSUBSCRIBE')).sub].sort()).toEqual([1, 2]);
    await client.close();
    expect(await Promise.all(loops)).toEqual(['ended', 'ended', 'ended', 'ended']);
    expect(() => client.subscribe('events')).toThrow(ClientError);
  });

  test('the failure of the client is the failure of its feeds', async () => {
    open();
    const feed = client.subscribe('events');
    const peer = await server.welcomedReader();
    await peer.subscribed();
    const ended = outcome(feed[Symbol.asyncIterator]().next());
    peer.close(4506, 'revoked');
    expect(await ended).toMatchObject({ code: 'revoked', closeCode: 4506 });
    expect(() => client.subscribe('events')).toThrow(ClientError);
  });
});

describe('the token', () => {
  test('is replaced on the same connection before it expires', async () => {
    let asked = 0;
    open({ token: async () => `token-${++asked}` });
    const peer = await server.welcomedReader(Date.now() + 100_000);
    await becomes('open');
    for (let i = 0; i < 8; i++) {
      // The server is heard all the time.
      peer.send({ op: 'BEAT', serverTime: 0 });
      await heard();
      runtime.advance(10_000);
    }
    expect(await peer.next('AUTH')).toEqual({ op: 'AUTH', token: 'token-2' });
    peer.send({ op: 'AUTHENTICATED', expires: Date.now() + 200_000 });
    await heard();
    runtime.advance(40_000);
    expect(asked).toBe(2);
  });

  test('one that cannot be had is told, and asked for again', async () => {
    const answers = [() => 'a', () => Promise.reject(new Error('down')), () => 'b'];
    open({ token: () => answers.shift()!() });
    const told = new Promise<ClientError>((resolve) => client.on('error', resolve));
    const peer = await server.welcomedReader(Date.now() + 10_000);
    await becomes('open');
    runtime.advance(8_100);
    expect((await told).code).toBe('token_failed');
    await Promise.resolve();
    runtime.advance(10_000);
    expect(await peer.next('AUTH')).toMatchObject({ token: 'b' });
  });

  test('a fixed one is not', async () => {
    open({ token: 'fixed' });
    await server.welcomedReader(Date.now() + 10_000);
    await becomes('open');
    runtime.advance(9_000);
    // Fails if AUTH came.
    await heard();
  });

  /** Whatever the server sent before this has been taken in: it answers a subscription. */
  async function heard(): Promise<void> {
    const peer = server.peers.at(-1)!;
    const feed = client.subscribe('stats');
    const live = new Promise<void>((resolve) => feed.on('state', (state) => state === 'live' && resolve()));
    await peer.subscribed();
    await live;
    feed.close();
    await peer.next('UNSUBSCRIBE');
  }
});
