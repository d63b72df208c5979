/** What Redis's own tools see of a group, and lost answers. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { GroupStore, Lease } from '../../../../server/consumer/port.ts';
import { openRedisGroupDirectory } from '../../../../server/consumer/redis/directory.ts';
import { openRedisGroups } from '../../../../server/consumer/redis/groups.ts';
import { COMMIT } from '../../../../server/consumer/redis/scripts.ts';
import { openRedisLog, type RedisLog } from '../../../../server/log/redis/index.ts';
import { partitionKeys } from '../../../../server/log/redis/keys.ts';
import { mustAppend, simpleBatch } from '../../../contract/log-fixtures.ts';
import { LOG_SETTINGS, newPrefix } from '../../../helpers/redis-log.ts';
import { describeWithRedis, eventually, type RedisServer, startRedis, until } from '../../../helpers/redis-server.ts';
import { startProxy } from '../../../helpers/tcp-proxy.ts';

const LONG = 60_000;

describeWithRedis('groups in redis', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server?.stop());
  const open: { close(): Promise<unknown> }[] = [];
  afterEach(async () => {
    for (const one of open.splice(0).reverse()) await one.close();
  });

  async function openGroups(prefix: string, url = server.url): Promise<GroupStore> {
    const groups = await openRedisGroups({ url, prefix, group: 'readers', partitions: 1 });
    open.push(groups);
    return groups;
  }
  /** A log of entries with 10 events each, and a group that owns its partition. */
  async function withLog(): Promise<{
    prefix: string;
    groups: GroupStore;
    lease: Lease;
    append(entries: number): Promise<void>;
    log: RedisLog;
  }> {
    const prefix = newPrefix();
    const log = await openRedisLog({ url: server.url, prefix, ...LOG_SETTINGS });
    open.push(log);
    let last = 0;
    const append = async (entries: number): Promise<void> => {
      for (let i = 0; i < entries; i++, last += 10) await mustAppend(log, simpleBatch(0, 'p', last + 1, 10));
    };
    const groups = await openGroups(prefix);
    const lease = (await groups.acquire(0, 'm', LONG))!;
    return { prefix, groups, lease, append, log };
  }
  /** What XINFO GROUPS says of the partition. */
  async function shown(prefix: string): Promise<Record<string, unknown>[]> {
    const answer = (await server
      .sharedClient()
      .call('XINFO', 'GROUPS', partitionKeys(prefix, 0).events)) as unknown[][];
    return answer.map((pairs) =>
      Object.fromEntries(pairs.flatMap((name, i) => (i % 2 === 0 ? [[name, pairs[i + 1]]] : []))),
    );
  }

  test('XINFO GROUPS shows a group, where it is, and that it has everything', async () => {
    const { prefix, groups, lease, append } = await withLog();
    await append(5);
    expect(await shown(prefix)).toEqual([]);
    await groups.commit(lease, 0, 50);
    await groups.close();
    expect(await shown(prefix)).toMatchObject([
      { name: 'readers', 'last-delivered-id': '50-0', 'entries-read': 5, lag: 0, pending: 0, consumers: 0 },
    ]);
    await append(2);
    expect(await shown(prefix)).toMatchObject([{ 'last-delivered-id': '50-0', lag: 2 }]);
  });

  test('within about a second, without being closed', async () => {
    const { prefix, groups, lease, append } = await withLog();
    await append(1);
    await groups.commit(lease, 0, 3);
    await groups.commit(lease, 3, 10);
    await until(async () => (await shown(prefix)).some((group) => group['last-delivered-id'] === '10-0'));
  });

  test('one that lags: its lag counts entries, also when old ones are gone and it stands within one', async () => {
    const { prefix, groups, lease, append, log } = await withLog();
    await append(20);
    await log.trim({ stream: 'events', maxBytes: 1, keepFrom: [101] });
    await groups.commit(lease, 0, 145);
    await groups.close();
    // 55 events of 10 an entry.
    expect(await shown(prefix)).toMatchObject([{ 'last-delivered-id': '145-0', 'entries-read': 14, lag: 6 }]);
  });

  test('a partition without events is not shown, and nothing is made for it', async () => {
    const { prefix, groups, lease } = await withLog();
    await groups.commit(lease, 0, 0);
    await groups.close();
    expect(await server.sharedClient().exists(partitionKeys(prefix, 0).events)).toBe(0);
  });

  test('what is forgotten is not shown any more', async () => {
    const { prefix, groups, lease, append } = await withLog();
    await append(1);
    await groups.commit(lease, 0, 10);
    await groups.close();
    const directory = await openRedisGroupDirectory({ url: server.url, prefix, partitions: 1 });
    open.push(directory);
    await directory.forget('readers');
    expect(await shown(prefix)).toEqual([]);
    expect(await server.sharedClient().keys(`${prefix}*group*`)).toEqual([]);
  });

  test('the reply to a commit is cut: in doubt, and `progress` tells that it stands', async () => {
    const proxy = await startProxy(server.port);
    open.push(proxy);
    const groups = await openGroups(newPrefix(), `redis://127.0.0.1:${proxy.port}`);
    const lease = (await groups.acquire(0, 'm', LONG))!;
    const cut = proxy.cutReply(COMMIT.sha);
    // Redis knows the script by its digest only once it has run.
    const done = groups.commit(lease, 0, 5).catch((error) => error.code);
    await cut;
    expect(await done).toBe('in_doubt');
    const { position } = (await eventually(() => groups.progress()))[0]!;
    if (position === 0) expect(await groups.commit(lease, 0, 5)).toBe(true);
    expect(await groups.commit(lease, 0, 5)).toBe(false);
    expect(await groups.commit(lease, 5, 6)).toBe(true);
    expect(await groups.renew(lease, LONG)).toBe(true);
  });

  test('out of memory: leases and commits go on, as retention waits for them', async () => {
    const groups = await openGroups(newPrefix());
    await server.sharedClient().config('SET', 'maxmemory', '1');
    try {
      expect(await groups.join('m', LONG)).toEqual(['m']);
      const lease = (await groups.acquire(0, 'm', LONG))!;
      expect(await groups.commit(lease, 0, 5)).toBe(true);
      expect(await groups.renew(lease, LONG)).toBe(true);
    } finally {
      await server.sharedClient().config('SET', 'maxmemory', '0');
    }
  });
});
