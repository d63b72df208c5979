/** Subscriptions frame by frame, over real sockets and with the feeds in their thread. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Subprotocol } from '../../protocol/wire.ts';
import { play } from '../helpers/ingest-world.ts';
import { describeWithRedis, startRedis, until } from '../helpers/redis-server.ts';
import { startTestServer, type TestServer } from '../helpers/server.ts';
import { WireClient } from '../helpers/wire-client.ts';

type Item = Record<string, unknown>;
interface Latest<T> {
  key: string;
  version: number;
  value: T;
}
const listen = (user: string, track: string, more = {}) => play(user, track, { timestamp: Date.now(), ...more });
const many = 1_000_000;
let producers = 0;

/** Stores events, however busy the server is. */
async function publish(server: TestServer, events: readonly unknown[]): Promise<void> {
  const request = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ events }) };
  const { ok, status } = await until(async () => {
    const answer = await fetch(server.http('/v1/events'), request);
    return answer.status === 429 ? null : answer;
  });
  expect(ok || status === 422).toBe(true);
}

class Subscriber {
  readonly client: WireClient;
  constructor(client: WireClient) {
    this.client = client;
  }
  static async open(server: TestServer, subprotocol?: Subprotocol): Promise<Subscriber> {
    return new Subscriber((await WireClient.open(server.url, {}, subprotocol)).client);
  }
  async subscribe(sub: number, feed: string, options: object = {}) {
    this.client.send({ op: 'SUBSCRIBE', sub, feed, options: { limit: many, ...options } });
    return (await this.client.next('SUBSCRIBED', (frame) => frame.sub === sub)).position;
  }
  /** The next so many items of a subscription, and the offset behind them. */
  async take<T = Item>(sub: number, count: number): Promise<{ items: T[]; offset: string }> {
    const items: T[] = [];
    for (;;) {
      const frame = await this.client.next('DATA', (data) => data.sub === sub);
      items.push(...(frame.items as T[]));
      if (items.length >= count) return { items, offset: frame.offset };
    }
  }
}
const tracks = (items: readonly Item[]) => items.map(({ track_id }) => track_id);

describe('feeds of a server', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.stop());

  it.each<Subprotocol>(['gapless.v1.msgpack', 'gapless.v1.json'])(
    'events, to the item, over %s',
    async (subprotocol) => {
      const subscriber = await Subscriber.open(server, subprotocol);
      const { client } = subscriber;
      await subscriber.subscribe(1, 'events', { limit: 2, key: `user-${subprotocol}` });
      const user = `user-${subprotocol}`;
      await publish(server, [
        listen(user, 'a'),
        listen(user, 'b'),
        listen('other', 'x'),
        listen(user, 'c'),
        listen(user, 'd', { action: 'jump' }),
      ]);
      const { items } = await subscriber.take(1, 2);
      expect(tracks(items)).toEqual(['a', 'b']);
      expect(items[0]).toMatchObject({
        type: 'user_interaction',
        user_id: user,
        tenant: 'default',
        received_at: expect.any(Number),
      });
      client.send({ op: 'FLOW', sub: 1, limit: 3 });
      expect(tracks((await subscriber.take(1, 1)).items)).toEqual(['c']);
      client.send({ op: 'UNSUBSCRIBE', sub: 1 });
      expect(await client.next('UNSUBSCRIBED')).toMatchObject({ sub: 1, code: 'ok' });
      client.close();
    },
  );

  it('dead letters tell what was wrong with what was sent', async () => {
    const subscriber = await Subscriber.open(server);
    await subscriber.subscribe(1, 'dead-letters');
    await publish(server, [listen('ann', 'bad', { action: 'jump' })]);
    const { items } = await subscriber.take(1, 1);
    expect(items).toMatchObject([
      { code: 'invalid_field', path: 'action', stage: 'validate', event: { track_id: 'bad', action: 'jump' } },
    ]);
    subscriber.client.close();
  });

  it('a number that is in use breaks the protocol, an unknown feed does not', async () => {
    const subscriber = await Subscriber.open(server);
    subscriber.client.send({ op: 'SUBSCRIBE', sub: 1, feed: 'weather', options: { limit: 1 } });
    expect(await subscriber.client.next('UNSUBSCRIBED')).toMatchObject({ sub: 1, code: 'unknown_feed' });
    await subscriber.subscribe(1, 'events');
    subscriber.client.send({ op: 'SUBSCRIBE', sub: 1, feed: 'stats', options: { limit: 1 } });
    expect(await subscriber.client.untilClosed()).toMatchObject({ code: 4500 });
  });

  it('publishes and subscribes over one connection', async () => {
    const { client } = await WireClient.open(server.url, { producer: `feeds-${++producers}` });
    const subscriber = new Subscriber(client);
    await subscriber.subscribe(1, 'events', { key: 'both' });
    client.publish(1, [listen('both', 'a')]);
    expect(tracks((await subscriber.take(1, 1)).items)).toEqual(['a']);
    client.close();
  });

  it('stats, features and recommendations of a user, as they change', async () => {
    const subscriber = await Subscriber.open(server);
    await subscriber.subscribe(1, 'stats', { limit: 2 });
    const stats = await subscriber.take<Latest<Item>>(1, 2);
    expect(stats.items[0]).toMatchObject({ key: 'server', value: { history: { at: expect.any(Array) } } });
    expect(stats.items[1]!.value).not.toHaveProperty('history');
    await subscriber.subscribe(2, 'features', { key: 'fan' });
    await publish(server, [listen('fan', 'song'), listen('fan', 'song', { action: 'like' })]);
    const { items } = await subscriber.take<Latest<{ values: Item; at: number }>>(2, 1);
    expect(items[0]).toMatchObject({ key: 'fan', value: { at: expect.any(Number) } });
    expect(Object.keys(items[0]!.value.values).length).toBeGreaterThan(5);
    await subscriber.subscribe(3, 'recommendations', { key: 'fan' });
    const lists = await subscriber.take<Latest<Item>>(3, 1);
    expect(lists.items[0]).toMatchObject({
      key: 'fan',
      value: { user_id: 'fan', recommendation_id: expect.any(String) },
    });
    subscriber.client.close();
  });

  it('a subscriber that does not read delays nobody, and gets everything once it does', async () => {
    const slow = await Subscriber.open(server);
    const quick = await Subscriber.open(server);
    const subs = [1, 2, 3, 4, 5, 6, 7, 8];
    const filter = { user_id: 'heavy' };
    for (const sub of subs) await slow.subscribe(sub, 'events', { filter });
    await quick.subscribe(1, 'events', { filter });
    slow.client.socket.pause();
    const context = { playlist_id: 'p'.repeat(128) };
    const wanted = 1_500;
    for (let sent = 0; sent < wanted; sent += 250) {
      const tracksSent = Array.from({ length: 250 }, (_, i) => `${sent + i}-${'t'.repeat(110)}`);
      await publish(
        server,
        tracksSent.map((track) => listen('heavy', track, { context })),
      );
    }
    const seen = tracks((await quick.take(1, wanted)).items);
    expect(seen.length).toBe(wanted);
    slow.client.socket.resume();
    const got = new Map<number, unknown[]>(subs.map((sub) => [sub, []]));
    while ([...got.values()].some(({ length }) => length < wanted)) {
      const { sub, items } = await slow.client.next('DATA');
      got.get(sub)!.push(...tracks(items as Item[]));
    }
    for (const sub of subs) expect(got.get(sub)).toEqual(seen);
    slow.client.close();
    quick.client.close();
  });
});

it('a position outlives the server', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'gapless-feeds-'));
  const env = { GAPLESS_DATA_DIR: dir, ENABLE_REALTIME_PROCESSING: 'false' };
  try {
    const before = await startTestServer(env);
    const reader = await Subscriber.open(before);
    const { epoch } = await reader.subscribe(1, 'events');
    reader.client.send({ op: 'SUBSCRIBE', sub: 2, feed: 'features', options: { limit: 1, key: 'ann' } });
    expect(await reader.client.next('UNSUBSCRIBED')).toMatchObject({ sub: 2, code: 'unavailable' });
    const refused = await fetch(`${before.url.replace(/^ws/, 'http')}/recommendations/ann`);
    expect([refused.status, await refused.json()]).toMatchObject([
      503,
      { code: 'unavailable', detail: 'processing is turned off on this server' },
    ]);
    await publish(before, [listen('ann', 'a'), listen('bob', 'b')]);
    const { offset } = await reader.take(1, 2);
    await publish(before, [listen('ann', 'c')]);
    await before.stop();
    expect((await reader.client.untilClosed()).code).toBe(4000);
    const after = await startTestServer(env);
    await publish(after, [listen('cem', 'd')]);
    const again = await Subscriber.open(after);
    const from = { epoch, offset };
    expect(await again.subscribe(1, 'events', { from })).toMatchObject({ epoch, recovered: true });
    expect(tracks((await again.take(1, 2)).items).sort()).toEqual(['c', 'd']);
    await after.stop();
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

describeWithRedis('feeds of two servers on one Redis', () => {
  it('each serves what the other stores, and goes on where the other stopped', async () => {
    const redis = await startRedis({ appendonly: 'yes' });
    const env = { GAPLESS_REDIS_URL: redis.url };
    const [one, two] = await Promise.all([startTestServer(env), startTestServer(env)]);
    try {
      const there = await Subscriber.open(two);
      const { epoch } = await there.subscribe(1, 'events');
      await there.subscribe(2, 'features', { key: 'ann' });
      await there.subscribe(3, 'stats', { key: 'cluster' });
      await publish(one, [listen('ann', 'a'), listen('bob', 'b')]);
      const { items, offset } = await there.take(1, 2);
      expect(tracks(items).sort()).toEqual(['a', 'b']);
      await publish(two, [listen('ann', 'c')]);
      await there.client.next('DATA', (frame) => frame.sub === 2 && (frame.items[0] as Latest<Item>).key === 'ann');
      await there.client.next('DATA', ({ sub, items: [item] }) => {
        return (
          sub === 3 && (item as Latest<{ connections: { subscribers: number } }>).value.connections.subscribers === 1
        );
      });
      there.client.cut();
      const here = await Subscriber.open(one);
      expect(await here.subscribe(1, 'events', { from: { epoch, offset } })).toMatchObject({ epoch, recovered: true });
      expect(tracks((await here.take(1, 1)).items)).toEqual(['c']);
      await here.subscribe(2, 'recommendations', { key: 'ann' });
      await publish(two, [listen('ann', 'd')]);
      expect((await here.take<Latest<Item>>(2, 1)).items[0]).toMatchObject({ key: 'ann', value: { user_id: 'ann' } });
    } finally {
      await Promise.all([one.stop(), two.stop()]);
      await redis.stop();
    }
  });
});
