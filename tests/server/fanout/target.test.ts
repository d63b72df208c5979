import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Batch } from '../../../server/consumer/partition-consumer.ts';
import { FanoutTarget, type TargetOptions } from '../../../server/fanout/target.ts';
import { type RedisCluster, startCluster } from '../../helpers/redis-cluster.ts';
import { describeWithRedis, type RedisServer, startRedis } from '../../helpers/redis-server.ts';

const opened: FanoutTarget[] = [];
let prefixes = 0;
let prefix = '';

async function open(url: string, options: Partial<TargetOptions> = {}): Promise<FanoutTarget> {
  const target = await FanoutTarget.open({ url, prefix, source: 'log', maxLength: 1000, ...options });
  opened.push(target);
  return target;
}

afterEach(async () => {
  for (const target of opened.splice(0)) await target.close();
});

/** Events of these types at the positions from `from` on. */
function batch(from: number, types: readonly string[], partition = 0): Batch {
  const events = types.map((type, i) => ({
    position: from + i,
    event: {
      ...{ tenant: 't', producer: 'p', epoch: 1, seq: from + i, received_at: 1000, type, user_id: `u${from + i}` },
      timestamp: i % 2 === 0 ? 1_700_000_000_000 : '2026-01-02T03:04:05+01:00',
    },
  }));
  return { partition, events, from, to: from + types.length - 1, trimmed: 0, damaged: [] };
}

describeWithRedis('the target of the fanout', () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());
  beforeAll(() => {
    prefix = 'fan';
  });
  afterEach(() => {
    prefix = `fan${++prefixes}`;
  });

  const entries = async (type: string): Promise<Record<string, string>[]> => {
    const found = await redis.sharedClient().xrange(`${prefix}:out:${type}`, '-', '+');
    return found.map(([, fields]) =>
      Object.fromEntries(Array.from({ length: fields.length / 2 }, (_, i) => [fields[2 * i]!, fields[2 * i + 1]!])),
    );
  };

  test('an event is one flat entry in the stream of its type', async () => {
    const target = await open(redis.url);
    expect(await target.write(batch(1, ['a', 'b', 'a']))).toBe(3);
    const [first, second] = await entries('a');
    expect(first).toEqual({
      ...{ partition: '0', position: '1', type: 'a', user_id: 'u1', time: '2023-11-14T22:13:20.000Z' },
      json: JSON.stringify(batch(1, ['a']).events[0]!.event),
    });
    expect(second!.position).toBe('3');
    expect(await entries('b')).toMatchObject([{ position: '2', time: '2026-01-02T02:04:05.000Z' }]);
  });

  test('a repeat writes nothing, and what overlaps only what is new', async () => {
    const target = await open(redis.url);
    await target.write(batch(1, ['a', 'b', 'a']));
    expect(await target.write(batch(1, ['a', 'b', 'a']))).toBe(0);
    expect(await target.write(batch(3, ['a', 'b', 'a']))).toBe(2);
    expect((await entries('a')).map(({ position }) => position)).toEqual(['1', '3', '5']);
    expect(await redis.sharedClient().hgetall(`{${prefix}:out:a}:positions`)).toEqual({ 'log:0': '5' });
  });

  test('partitions and logs are told apart', async () => {
    const target = await open(redis.url);
    const other = await open(redis.url, { source: 'other' });
    for (const partition of [0, 1]) expect(await target.write(batch(1, ['a'], partition))).toBe(1);
    expect(await other.write(batch(1, ['a']))).toBe(1);
    expect(await target.position(1)).toBe(1);
    expect(await target.position(2)).toBeNull();
  });

  test('its position covers what no stream got, and never goes back', async () => {
    const target = await open(redis.url, { types: ['a'] });
    expect(await target.write(batch(1, ['a', 'b', 'b']))).toBe(1);
    expect(await target.position(0)).toBe(3);
    await target.write(batch(1, ['a']));
    expect(await target.position(0)).toBe(3);
    expect(await redis.sharedClient().exists(`${prefix}:out:b`)).toBe(0);
  });

  test('streams stay about as long as they may', async () => {
    const target = await open(redis.url, { maxLength: 200 });
    for (let from = 1; from < 2000; from += 100) await target.write(batch(from, new Array(100).fill('a')));
    const length = await redis.sharedClient().xlen(`${prefix}:out:a`);
    expect(length).toBeGreaterThanOrEqual(200);
    expect(length).toBeLessThan(400);
    expect((await entries('a')).at(-1)!.position).toBe('2000');
  });

  test('a key that is something else is told, and nothing is written', async () => {
    const target = await open(redis.url);
    await redis.sharedClient().set(`${prefix}:out:a`, 'mine');
    await expect(target.write(batch(1, ['a']))).rejects.toMatchObject({ code: 'misconfigured' });
    expect(await target.position(0)).toBeNull();
    expect(await redis.sharedClient().exists(`{${prefix}:out:a}:positions`)).toBe(0);
  });
});

describeWithRedis('the target of the fanout on a Cluster', () => {
  let cluster: RedisCluster;
  beforeAll(async () => {
    cluster = await startCluster();
  });
  afterAll(() => cluster.stop());

  test('every type has its own slot', async () => {
    prefix = 'fan';
    const target = await open(cluster.url);
    const types = Array.from({ length: 12 }, (_, i) => `type${i}`);
    expect(await target.write(batch(1, types))).toBe(12);
    expect(await target.write(batch(1, types))).toBe(0);
    const owners = new Set<RedisServer>();
    for (const type of types) {
      const { owner } = await cluster.ownerOf(`fan:out:${type}`);
      owners.add(owner);
      expect(await owner.sharedClient().xlen(`fan:out:${type}`)).toBe(1);
      expect(await owner.sharedClient().exists(`{fan:out:${type}}:positions`)).toBe(1);
    }
    expect(owners.size).toBe(3);
  });
});
