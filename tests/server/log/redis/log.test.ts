/** What is peculiar to the Redis engine: its keys, what it refuses, its brake, and several processes on one log. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openRedisLog, type RedisLog, type RedisLogOptions } from '../../../../server/log/redis/index.ts';
import { allKeys, partitionKeys } from '../../../../server/log/redis/keys.ts';
import {
  contents,
  hashOf,
  keyOf,
  makeBatch,
  mustAppend,
  numbers,
  simpleBatch,
} from '../../../contract/log-fixtures.ts';
import { commit, LOG_SETTINGS, newPrefix } from '../../../helpers/redis-log.ts';
import { describeWithRedis, type RedisServer, startRedis } from '../../../helpers/redis-server.ts';

describeWithRedis('redis log', () => {
  let server: RedisServer;
  const logs: RedisLog[] = [];
  beforeAll(async () => {
    server = await startRedis();
  });
  afterEach(async () => {
    for (const log of logs.splice(0)) await log.close();
    await server.sharedClient().flushall();
  });
  afterAll(() => server?.stop());

  async function openLog(changes: Partial<RedisLogOptions> = {}): Promise<RedisLog> {
    const log = await openRedisLog({ url: server.url, prefix: newPrefix(), ...LOG_SETTINGS, ...changes });
    logs.push(log);
    return log;
  }

  test('keys of a partition share a hash tag, and an entry stands under the position of its last event', async () => {
    const log = await openLog({ prefix: 'shop', partitions: 2 });
    await mustAppend(log, makeBatch(1, [{ producer: 'p', first: 1, count: 4, dead: [2], ids: { 1: 'a' } }]));
    const client = server.sharedClient();
    const keys = (await client.keys('*')).sort();
    expect(keys).toEqual([
      'shop{0}:meta',
      'shop{1}:dead-letters',
      'shop{1}:events',
      'shop{1}:ids:1',
      'shop{1}:meta',
      'shop{1}:producers:new',
    ]);
    expect((await client.xrange('shop{1}:events', '-', '+')).map(([id]) => id)).toEqual(['3-0']);
    expect((await client.xrange('shop{1}:dead-letters', '-', '+')).map(([id]) => id)).toEqual(['1-0']);
    expect(await client.hget('shop{1}:producers:new', keyOf('p'))).toMatch(/^4:/);
    expect(await client.smembersBuffer('shop{1}:ids:1')).toEqual([Buffer.from(hashOf('a'), 'base64url')]);
    expect(await client.ttl('shop{1}:ids:1')).toBeGreaterThan(3600);
  });

  test('numbers are exact up to 2^53-1', async () => {
    const log = await openLog();
    const most = Number.MAX_SAFE_INTEGER;
    await mustAppend(log, makeBatch(0, [{ producer: 'p', first: most - 3, count: 2, prev: 0 }]));
    expect(await log.append(makeBatch(0, [{ producer: 'p', first: most, count: 1, prev: most - 1 }]))).toMatchObject({
      conflicts: [{ reason: 'out_of_sequence', watermark: most - 2 }],
    });
    await mustAppend(log, makeBatch(0, [{ producer: 'p', first: most - 1, count: 2, prev: most - 2 }]));
    expect(await log.append(makeBatch(0, [{ producer: 'p', first: most, count: 1, prev: 0 }]))).toMatchObject({
      conflicts: [{ reason: 'overlap', watermark: most }],
    });
    expect(await log.producers([keyOf('p')])).toMatchObject([[{ watermark: most }]]);
  });

  const keys = partitionKeys('wrong', 0);
  test.each(allKeys(keys))('a key of another type (%s) is refused, and nothing is written', async (key) => {
    const log = await openLog({ prefix: 'wrong' });
    const batch = makeBatch(0, [{ producer: 'p', first: 1, count: 4, dead: [2], ids: { 1: 'a' } }]);
    const client = server.sharedClient();
    await client.del(key);
    await client.set(key, 'not ours');
    // A set that is not in use is not looked at: the one that begins is made anew.
    if (!key.includes(':ids:')) {
      await expect(log.append(batch)).rejects.toMatchObject({ name: 'LogError', code: 'misconfigured' });
      expect(await client.keys('wrong*')).toEqual(key === keys.meta ? [key] : expect.arrayContaining([key, keys.meta]));
      expect(await client.exists(keys.events, keys['dead-letters'], keys.newProducers)).toBe(
        [keys.events, keys['dead-letters'], keys.newProducers].includes(key) ? 1 : 0,
      );
      await client.del(key);
    }
    expect(await mustAppend(log, batch)).toEqual({ last: 3, lastDead: 1 });
  });

  test.each(['events', 'dead-letters'] as const)(
    'where meta was removed but %s was not, it says so',
    async (stream) => {
      const log = await openLog({ prefix: 'torn' });
      const { meta, ...others } = partitionKeys('torn', 0);
      await mustAppend(log, makeBatch(0, [{ producer: 'p', first: 1, count: 9, dead: [2] }]));
      const client = server.sharedClient();
      await client.del(meta);
      const before = await client.xlen(others[stream]);
      const batch = makeBatch(0, [{ producer: 'q', first: 1, count: 1, dead: stream === 'events' ? [] : [1] }]);
      await expect(log.append(batch)).rejects.toMatchObject({ code: 'misconfigured', message: /is ahead of/ });
      expect(await client.xlen(others[stream])).toBe(before);
      expect(await client.hexists(others.newProducers, keyOf('q'))).toBe(0);
    },
  );

  test('two processes append to one log, and each sees what the other did', async () => {
    const prefix = newPrefix();
    const [one, two] = [await openLog({ prefix }), await openLog({ prefix })];
    const write = async (log: RedisLog, producer: string) => {
      for (let i = 0; i < 30; i++) await mustAppend(log, simpleBatch(0, producer, 1 + i, 1));
    };
    await Promise.all([write(one, 'p'), write(two, 'q')]);
    const all = await contents(one, 'events', 0);
    expect(all).toHaveLength(60);
    expect(all.filter((event) => event.startsWith('p'))).toEqual(numbers('p', 1, 30));
    expect(all.filter((event) => event.startsWith('q'))).toEqual(numbers('q', 1, 30));
    expect(await two.producers([keyOf('p'), keyOf('q')])).toMatchObject([[{ watermark: 30 }], [{ watermark: 30 }]]);
    // A zombie that goes on with what the other took over is told.
    expect(await two.append(simpleBatch(0, 'p', 30, 2))).toMatchObject({ conflicts: [{ reason: 'overlap' }] });
    const woken = two.wait('events', 0, 60, 60_000, new AbortController().signal);
    await mustAppend(one, simpleBatch(0, 'p', 31, 1));
    await woken;
  });

  test('many readers wait for one stream, at different positions', async () => {
    const log = await openLog();
    await mustAppend(log, simpleBatch(0, 'p', 1, 3));
    const never = new AbortController().signal;
    const behind = [3, 3, 4, 5].map((position) => log.wait('events', 0, position, 60_000, never));
    await log.wait('events', 0, 1, 60_000, never);
    await mustAppend(log, simpleBatch(0, 'p', 4, 1));
    await Promise.all(behind.slice(0, 2));
    await mustAppend(log, simpleBatch(0, 'p', 5, 1));
    await behind[2];
    await mustAppend(log, simpleBatch(0, 'p', 6, 1));
    await behind[3];
  });

  test('closing lets waiting readers go', async () => {
    const log = await openLog();
    const waiting = log.wait('events', 0, 0, 60_000, new AbortController().signal);
    await log.close();
    await waiting;
    await log.wait('events', 0, 0, 60_000, new AbortController().signal);
  });

  test('many HELLOs of one moment are one question to each partition', async () => {
    const log = await openLog({ partitions: 4 });
    for (let i = 0; i < 300; i++) await mustAppend(log, simpleBatch(i % 4, `p${i}`, 1, 1 + i));
    const client = server.sharedClient();
    await client.config('RESETSTAT');
    const answers = await Promise.all(
      Array.from({ length: 300 }, (_, i) => log.producers([keyOf(`p${i}`), keyOf('x')])),
    );
    for (const [i, [own, nobody]] of answers.entries()) {
      expect(own).toMatchObject([{ partition: i % 4, watermark: 1 + i }]);
      expect(nobody).toEqual([]);
    }
    const stats = await client.info('commandstats');
    expect(Number(/cmdstat_evalsha:calls=(\d+)/.exec(stats)?.[1])).toBeLessThanOrEqual(4);
  });

  test('the brake: over maxBytes appends wait until something was trimmed', async () => {
    const batch = (i: number) => simpleBatch(i % 2, 'p', 1 + i * 10, 10);
    const size = batch(0).entry!.bytes.length;
    const log = await openLog({ partitions: 2, maxBytes: size * 3 });
    for (let i = 0; i < 3; i++)
      await commit(log, { ...batch(i), units: batch(i).units.map((unit) => ({ ...unit, prev: 0 })) });
    await expect(log.append(batch(3))).rejects.toMatchObject({ name: 'LogError', code: 'no_space' });
    await log.trim({ stream: 'events', maxBytes: size });
    await mustAppend(log, { ...batch(3), units: batch(3).units.map((unit) => ({ ...unit, prev: 0 })) });
  });

  test('a maxBytes of 0 is no limit', async () => {
    const log = await openLog({ maxBytes: 0 });
    await mustAppend(log, simpleBatch(0, 'p', 1, 1));
    await mustAppend(log, simpleBatch(0, 'p', 2, 1));
  });

  test('entries with an unreadable header are damaged, and go with the next one', async () => {
    const prefix = newPrefix();
    const log = await openLog({ prefix });
    for (let i = 0; i < 3; i++)
      await mustAppend(log, makeBatch(0, [{ producer: 'p', first: 1 + i, count: 1 }], { created: 1000 + i }));
    const client = server.sharedClient();
    const { events } = partitionKeys(prefix, 0);
    const entries = await client.xrangeBuffer(events, '-', '+');
    await client.del(events);
    await client.xadd(events, '1-0', 'e', 'short');
    await client.xadd(events, '2-0', 'other', 'field', 'and', 'more');
    await client.xadd(events, '3-0', 'e', entries[2]![1][1]!);
    expect(await log.read('events', 0, 1, 10_000)).toMatchObject([
      { status: 'damaged', last: 1, reason: 'truncated' },
      { status: 'damaged', last: 2, reason: 'truncated' },
      { status: 'intact', last: 3 },
    ]);
    expect(await log.trim({ stream: 'events', before: 1002 })).toMatchObject({ entries: 0 });
    expect(await log.trim({ stream: 'events', before: 1003, keepFrom: [3] })).toMatchObject({ entries: 2, events: 2 });
    expect(await log.trim({ stream: 'events', before: 1003 })).toMatchObject({ entries: 1, events: 1 });
  });

  test('trimming many entries goes in steps', async () => {
    const log = await openLog({ partitions: 2 });
    for (let i = 0; i < 700; i++) {
      await mustAppend(log, makeBatch(i % 2, [{ producer: `p${i}`, first: 1, count: 1 }], { created: 1000 + i }));
    }
    expect(await log.trim({ stream: 'events', before: 1500 })).toMatchObject({ entries: 500, events: 500 });
    const { events } = await log.state();
    expect(events).toMatchObject([
      { first: 251, last: 350 },
      { first: 251, last: 350 },
    ]);
    const held = events[0]!.bytes + events[1]!.bytes;
    expect((await log.trim({ stream: 'events', maxBytes: held / 4 })).entries).toBe(150);
    expect((await log.state()).events).toMatchObject([{ first: 326 }, { first: 326 }]);
  });

  test.each([
    ['http://127.0.0.1', /Redis URL/],
    ['redis+sentinel://127.0.0.1', /names its master/],
  ])('%s is refused', async (url, message) => {
    await expect(openLog({ url })).rejects.toMatchObject({ name: 'LogError', code: 'misconfigured', message });
  });

  test('a wrong password is refused at once, and not told', async () => {
    const client = server.sharedClient();
    await client.call('ACL', 'SETUSER', 'writer', 'on', '>secret', '~*', '&*', '+@all');
    const url = (login: string) => server.url.replace('redis://', `redis://${login}@`);
    await expect(openLog({ url: url('writer:wrong-one') })).rejects.toMatchObject({
      code: 'misconfigured',
      message: expect.not.stringContaining('wrong-one'),
    });
    await mustAppend(await openLog({ url: url('writer:secret') }), simpleBatch(0, 'p', 1, 1));
    await client.call('ACL', 'DELUSER', 'writer');
  });

  test('where nothing listens it is unavailable', async () => {
    const url = 'redis://127.0.0.1:1';
    await expect(openLog({ url, openTimeoutMs: 100 })).rejects.toMatchObject({
      code: 'unavailable',
      message: /ECONNREFUSED/,
    });
  });
});
