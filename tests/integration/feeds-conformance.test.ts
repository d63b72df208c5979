/** Section 7 of the protocol, as a client meets it that was written from the specification alone. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BareClient } from '../helpers/bare-client.ts';
import { play } from '../helpers/ingest-world.ts';
import { describeWithRedis, startRedis, until } from '../helpers/redis-server.ts';
import { startTestServer, type TestServer } from '../helpers/server.ts';

const MSGPACK = 'gapless.v1.msgpack';
const JSON_TEXT = 'gapless.v1.json';
const [SUBSCRIBED, DATA, GAP, UNSUBSCRIBED] = [20, 21, 22, 23];
const MANY = 1_000_000;

type Item = Record<string, unknown>;
interface Latest {
  key: string;
  version: number;
  value: Item;
}

let users = 0;
const user = () => `user-${++users}`;
const listen = (of: string, track: string, more = {}) => play(of, track, { timestamp: Date.now(), ...more });
const tracks = (items: readonly Item[]) => items.map(({ track_id }) => track_id);
/** `count` plays of these users in turn; tracks are named by their number. */
const plays = (of: readonly string[], count: number) =>
  Array.from({ length: count }, (_, i) => listen(of[i % of.length]!, String(i)));
const fields = (item: object) => Object.keys(item).sort();

/** Stores them; a server under pressure asks to repeat what it did not take. */
async function publish(server: TestServer, events: readonly unknown[]): Promise<void> {
  for (let at = 0; at < events.length; at += 500) {
    const body = JSON.stringify({ events: events.slice(at, at + 500) });
    const headers = { 'content-type': 'application/json' };
    const send = async () => (await fetch(server.http('/v1/events'), { method: 'POST', headers, body })).status;
    const status = await until(async () => send().then((answer) => answer !== 429 && answer));
    expect([200, 422]).toContain(status);
  }
}

/** Every track once, and those of each user in the order of their numbers. */
function expectOrder(items: readonly Item[], count: number): void {
  expect(
    tracks(items)
      .map(Number)
      .sort((a, b) => a - b),
  ).toEqual(Array.from({ length: count }, (_, i) => i));
  const last = new Map<unknown, number>();
  for (const { user_id, track_id } of items) {
    expect(Number(track_id)).toBeGreaterThan(last.get(user_id) ?? -1);
    last.set(user_id, Number(track_id));
  }
}

/** Reads `count` events a few at a time, each time over another connection, from where the one before stood. */
async function readInPieces(servers: readonly TestServer[], filter: object, start: object, count: number) {
  const items: Item[] = [];
  let from = start as { epoch: string; offset: string };
  for (let turn = 0; items.length < count; turn++) {
    const client = await BareClient.open(servers[turn % servers.length]!.url, turn % 3 ? MSGPACK : JSON_TEXT);
    const [op, , position] = await client.subscribe(turn, 'events', { limit: 23, filter, from });
    expect([op, position]).toEqual([SUBSCRIBED, { ...from, recovered: true }]);
    items.push(...(await client.take(turn, Math.min(23, count - items.length))));
    from = { epoch: from.epoch, offset: client.offset(turn) };
    client.close();
  }
  return items;
}

describe('section 7 of the protocol', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
    await publish(server, plays(['early'], 12));
  });
  afterAll(() => server.stop());

  describe.each([MSGPACK, JSON_TEXT])('over %s', (subprotocol) => {
    const open = (hello = {}) => BareClient.open(server.url, subprotocol, hello);

    it('credit is honoured to the item while events pour in', async () => {
      const client = await open();
      const of = Array.from({ length: 10 }, user);
      const [op, sub, position] = await client.subscribe(0, 'events', { limit: 0, filter: { user_id: of } });
      expect([op, sub, fields(position as object)]).toEqual([SUBSCRIBED, 0, ['epoch', 'offset']]);
      const published = publish(server, plays(of, 1_500));
      for (let limit = 0; limit < 1_500; ) {
        limit = Math.min(1_500, limit * 2 + 1);
        client.send([5, 0, limit]);
        client.send([5, 0, limit - 1]);
        expect((await client.take(0, limit)).length).toBe(limit);
      }
      await published;
      expectOrder(client.items(0), 1_500);
      for (const [kind, , offset] of client.of(0))
        if (kind === DATA) expect((offset as string).length).toBeLessThan(513);
      client.close();
    });

    it.each<[string, object, unknown]>([
      ['a field that there is not', { filter: { colour: 'red' } }, 'invalid_filter'],
      ['a field that events lack', { filter: { code: 'too_old' } }, 'invalid_filter'],
      ['a field with a name from JavaScript', { filter: { constructor: 'x' } }, 'invalid_filter'],
      [
        '17 fields',
        { filter: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`f${i}`, 1])) },
        'invalid_filter',
      ],
      ['101 values', { filter: { user_id: Array.from({ length: 101 }, (_, i) => `u${i}`) } }, 'invalid_filter'],
      ['an empty key', { key: '' }, 'invalid_filter'],
      ['100 values', { filter: { user_id: Array.from({ length: 100 }, (_, i) => `u${i}`) } }, 'ok'],
      ['no values', { filter: { type: [] } }, 'ok'],
      ['nil for what is left out', { key: null, filter: null, from: null }, 'ok'],
      ['options to come', { later: [1] }, 'ok'],
      ['a number as the key', { key: 7 }, 4500],
      ['a map as a value', { filter: { type: {} } }, 4500],
      ['a list as the filter', { filter: ['type'] }, 4500],
      ['half a position', { from: { epoch: 'x' } }, 4500],
      ['a position that is too long', { from: { epoch: 'x', offset: 'o'.repeat(513) } }, 4500],
      ['a limit below 0', { limit: -1 }, 4500],
      ['half an item', { limit: 0.5 }, 4500],
      ['no limit', { limit: null }, 4500],
    ])('answers %s', async (_what, options, wanted) => {
      const client = await open();
      client.send([4, 1, 'events', { limit: 1, ...options }]);
      if (typeof wanted === 'number') expect(await client.untilClosed()).toBe(wanted);
      else expect(await client.unsubscribe(1)).toEqual([UNSUBSCRIBED, 1, wanted, expect.any(String)]);
      client.close();
    });

    it('UNSUBSCRIBED is the last of a subscription, whose number is then free', async () => {
      const client = await open();
      const of = user();
      client.send([5, 1, 10]);
      client.send([6, 1]);
      await client.subscribe(1, 'events', { limit: MANY, key: of });
      const published = publish(server, plays([of], 1_500));
      await client.take(1, 20);
      expect(await client.unsubscribe(1)).toEqual([UNSUBSCRIBED, 1, 'ok', expect.any(String)]);
      await published;
      client.send([5, 1, MANY]);
      const ended = client.of(1).length;
      expect((await client.subscribe(1, 'events', { limit: 1, key: of }))[0]).toBe(SUBSCRIBED);
      await publish(server, [listen(of, 'again')]);
      await client.until(() => client.of(1).length > ended + 1);
      expect(client.of(1)[ended + 1]).toEqual([
        DATA,
        1,
        expect.any(String),
        [expect.objectContaining({ track_id: 'again' })],
      ]);
      client.close();
    });

    it('items are stored events and dead letters, field by field', async () => {
      const producer = `conformance-${subprotocol.length}`;
      const client = await open({ producer });
      const of = user();
      await client.subscribe(1, 'events', { limit: MANY, key: of });
      await client.subscribe(2, 'dead-letters', { limit: MANY, key: of });
      client.send([2, 1, [listen(of, 'good', { position_ms: 2 ** 40 }), listen(of, 'bad', { action: 'sing' })]]);
      const from = { producer, epoch: 1, received_at: expect.any(Number) };
      const sent = {
        type: 'user_interaction',
        user_id: of,
        session_id: expect.any(String),
        timestamp: expect.any(Number),
      };
      expect((await client.take(1, 1))[0]).toMatchObject({
        ...{ ...from, ...sent, seq: 1, tenant: 'default', track_id: 'good', action: 'play', position_ms: 2 ** 40 },
      });
      expect(await client.take(2, 1)).toEqual([
        {
          ...{ ...from, seq: 2, stage: 'validate', code: 'invalid_field', path: 'action' },
          event: { ...sent, track_id: 'bad', action: 'sing' },
        },
      ]);
      client.close();
    });

    it('latest values are conflated without credit, and never go back', async () => {
      const client = await open();
      const of = user();
      await publish(server, [listen(of, 'a')]);
      const watch = await open();
      const total = ({ value }: Latest) => (value.values as Item)['user:plays_total'];
      const reached = (plays: number) => () => watch.items<Latest>(1).some((item) => total(item) === plays);
      await watch.subscribe(1, 'features', { limit: MANY, key: of });
      await watch.until(reached(1));
      await client.subscribe(1, 'features', { limit: 1, key: of });
      await client.take(1, 1);
      for (let plays = 2; plays < 6; plays++) {
        await publish(server, [listen(of, `b${plays}`)]);
        await watch.until(reached(plays));
      }
      client.send([5, 1, 2]);
      const [first, second] = await client.take<Latest>(1, 2);
      expect([total(first!), total(second!)]).toEqual([1, 5]);
      expect(second!.version).toBeGreaterThan(first!.version);
      for (const item of [first!, second!]) {
        expect([fields(item), fields(item.value), item.key]).toEqual([
          ['key', 'value', 'version'],
          ['at', 'values'],
          of,
        ]);
      }
      client.close();
      watch.close();
    });

    it('a list comes at once, also for somebody unknown, and again when the listener does something', async () => {
      const client = await open();
      const of = user();
      await client.subscribe(1, 'recommendations', { limit: MANY, key: of });
      const [first] = await client.take<Latest>(1, 1);
      expect(first).toMatchObject({
        key: of,
        value: {
          user_id: of,
          recommendation_id: expect.any(String),
          model: expect.any(String),
          at: expect.any(Number),
        },
      });
      const [{ track_id: best, score }] = first!.value.tracks as [Item];
      expect([typeof best, typeof score]).toEqual(['string', 'number']);
      await publish(server, [listen(of, String(best), { action: 'dislike' })]);
      const [, second] = await client.take<Latest>(1, 2);
      expect(tracks(second!.value.tracks as Item[])).not.toContain(best);
      expect(second!.version).toBeGreaterThan(first!.version);
      client.close();
    });
  });

  it('goes on from any frame, over any connection and subprotocol', async () => {
    const client = await BareClient.open(server.url);
    const of = Array.from({ length: 5 }, user);
    const published = publish(server, plays(of, 200));
    const [, , start] = await client.subscribe(1, 'events', { limit: MANY, filter: { user_id: of } });
    await published;
    await publish(server, plays(of, 400).slice(200));
    await client.until(() => client.items(1).filter(({ track_id }) => Number(track_id) >= 200).length === 200);
    const seen = client.items(1);
    client.close();
    const again = await readInPieces([server], { user_id: of }, start as object, seen.length);
    for (const one of of) {
      const mine = (items: Item[]) => tracks(items.filter(({ user_id }) => user_id === one));
      expect(mine(again)).toEqual(mine(seen));
    }
  });

  it.each(['dead-letters', 'events'])('a position that is none starts %s at the oldest', async (feed) => {
    const client = await BareClient.open(server.url);
    await publish(server, [listen(user(), 'bad', { action: 'sing' })]);
    const [, , position] = await client.subscribe(1, feed === 'events' ? 'dead-letters' : 'events', { limit: 0 });
    const { epoch, offset } = position as { epoch: string; offset: string };
    const wrong = [
      { epoch, offset },
      { epoch, offset: 'x' },
      { epoch: 'x', offset },
      { epoch: '', offset: '' },
    ];
    for (const [i, from] of wrong.entries()) {
      const [op, , answer] = await client.subscribe(10 + i, feed, { limit: 1, from });
      expect([op, answer]).toMatchObject([SUBSCRIBED, { recovered: false }]);
      expect((await client.take(10 + i, 1)).length).toBe(1);
    }
    client.close();
  });

  it('32 subscriptions, and no more', async () => {
    const client = await BareClient.open(server.url);
    for (let sub = 0; sub < 32; sub++) await client.subscribe(sub, 'events', { limit: 1 });
    expect((await client.subscribe(32, 'stats', { limit: 1 })).slice(0, 3)).toEqual([UNSUBSCRIBED, 32, 'too_many']);
    await client.unsubscribe(7);
    expect((await client.subscribe(32, 'stats', { limit: 1 }))[0]).toBe(SUBSCRIBED);
    client.close();
  });

  it('what does not match moves the offset and costs nothing, and nothing comes without credit', async () => {
    const client = await BareClient.open(server.url);
    const needle = user();
    await client.subscribe(1, 'events', { limit: 1, filter: { track_id: needle } });
    await client.subscribe(2, 'events', { limit: 0, filter: { track_id: needle } });
    await publish(server, plays(Array.from({ length: 50 }, user), 2_500));
    await client.until(() => client.of(1).some(([op, , , items]) => op === DATA && (items as unknown[]).length === 0));
    await publish(server, [listen(needle, needle)]);
    expect(tracks(await client.take(1, 1))).toEqual([needle]);
    expect(client.of(2).length).toBe(1);
    client.close();
  });

  it('more than 1,000 keys without credit: the oldest go and are counted', async () => {
    const client = await BareClient.open(server.url);
    const watch = await BareClient.open(server.url);
    await client.subscribe(1, 'features', { limit: 0 });
    await watch.subscribe(1, 'features', { limit: MANY });
    await publish(server, plays(Array.from({ length: 1_100 }, user), 1_100));
    /** Users that were told of, and how many were not. */
    const seen = (of: BareClient) => ({
      keys: new Set(of.items<Latest>(1).map(({ key }) => key)).size,
      skipped: of.of(1).reduce((sum, [op, , count]) => sum + (op === GAP ? (count as number) : 0), 0),
    });
    const all = (of: BareClient) => () => seen(of).keys + seen(of).skipped >= 1_100;
    await watch.until(all(watch));
    expect(client.of(1).length).toBe(1);
    client.send([5, 1, MANY]);
    await client.until(() => seen(client).keys === 1_000);
    expect(client.of(1)[1]).toEqual([GAP, 1, expect.any(Number), expect.any(String)]);
    expect(seen(client).skipped).toBeGreaterThanOrEqual(100);
    client.close();
    watch.close();
  });

  it('stats: the minutes before with the first item, then one a second', async () => {
    const client = await BareClient.open(server.url);
    await client.subscribe(1, 'stats', { limit: 2 });
    await client.subscribe(2, 'stats', { limit: 1, key: 'cluster' });
    expect((await client.subscribe(3, 'stats', { limit: 1, key: 'moon' })).slice(0, 3)).toEqual([
      23,
      3,
      'invalid_filter',
    ]);
    const [first, second] = await client.take<Latest>(1, 2);
    expect(second!.version).toBeGreaterThan(first!.version);
    expect([first!.value.history !== undefined, second!.value.history]).toEqual([true, undefined]);
    expect([first!.key, (await client.take<Latest>(2, 1))[0]!.key]).toEqual(['server', 'cluster']);
    client.close();
  });

  it('an unknown feed is refused, whatever it is called', async () => {
    const client = await BareClient.open(server.url);
    for (const feed of ['weather', '', 'Events', 'constructor', '__proto__']) {
      expect((await client.subscribe(1, feed, { limit: 1 })).slice(0, 3)).toEqual([UNSUBSCRIBED, 1, 'unknown_feed']);
    }
    client.close();
  });
});

describeWithRedis('section 7 over two servers on one Redis', () => {
  it('goes on from any frame of the other server', async () => {
    const redis = await startRedis({ appendonly: 'yes' });
    const servers: TestServer[] = [];
    try {
      for (let i = 0; i < 2; i++) servers.push(await startTestServer({ GAPLESS_REDIS_URL: redis.url }));
      const of = Array.from({ length: 6 }, user);
      const client = await BareClient.open(servers[0]!.url);
      const [, , start] = await client.subscribe(1, 'events', { limit: 0, filter: { user_id: of } });
      await Promise.all([
        publish(servers[0]!, plays(of.slice(0, 3), 90)),
        publish(servers[1]!, plays(of.slice(3), 90)),
      ]);
      const items = await readInPieces(servers, { user_id: of }, start as object, 180);
      expectOrder(
        items.filter(({ user_id }) => of.indexOf(user_id as string) < 3),
        90,
      );
      expectOrder(
        items.filter(({ user_id }) => of.indexOf(user_id as string) >= 3),
        90,
      );
      client.close();
    } finally {
      for (const server of servers) await server.stop();
      await redis.stop();
    }
  });
});
