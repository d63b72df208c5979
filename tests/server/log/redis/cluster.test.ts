/** A Cluster while its slots move and while a master dies. */
import { afterEach, expect, test } from 'vitest';
import { openRedisLog, type RedisLog, type RedisLogOptions } from '../../../../server/log/redis/index.ts';
import { allKeys, partitionKeys } from '../../../../server/log/redis/keys.ts';
import { contents, keyOf, makeBatch, mustAppend, numbers, simpleBatch } from '../../../contract/log-fixtures.ts';
import { type ClusterOptions, startCluster } from '../../../helpers/redis-cluster.ts';
import { commit, LOG_SETTINGS } from '../../../helpers/redis-log.ts';
import { describeWithRedis, eventually, type RedisServer, until } from '../../../helpers/redis-server.ts';

const PREFIX = 'moving';
const KEYS = partitionKeys(PREFIX, 0);

describeWithRedis('redis log: cluster', () => {
  const open: { stop(): Promise<unknown> }[] = [];
  afterEach(async () => {
    for (const one of open.splice(0).reverse()) await one.stop();
  });

  async function start(options: ClusterOptions, changes: Partial<RedisLogOptions> = {}) {
    const cluster = await startCluster(options);
    open.push(cluster);
    const log = await openRedisLog({ url: cluster.url, prefix: PREFIX, ...LOG_SETTINGS, ...changes });
    open.push({ stop: () => log.close() });
    return { cluster, log };
  }

  /** Commits ten events at a time, one batch after another, until told to stop; gives how many events there were. */
  function keepCommitting(log: RedisLog): {
    done: () => Promise<number>;
    reached: (events: number) => Promise<unknown>;
  } {
    let stopped = false;
    let events = 0;
    const running = (async () => {
      for (; !stopped; events += 10) await commit(log, simpleBatch(0, 'p', events + 1, 10));
      return events;
    })();
    return {
      reached: (count) => until(async () => events >= count),
      done: () => {
        stopped = true;
        return running;
      },
    };
  }

  async function idOf(server: RedisServer): Promise<string> {
    return (await server.sharedClient().call('CLUSTER', 'MYID')) as string;
  }

  test('a slot moves key by key while batches are committed: each stands once, in order', async () => {
    const { cluster, log } = await start({ masters: 3 });
    await mustAppend(log, makeBatch(0, [{ producer: 'q', first: 1, count: 3, dead: [2], ids: { 1: 'a' } }]));
    const { owner, other, slot } = await cluster.ownerOf(KEYS.meta);
    const writing = keepCommitting(log);
    await writing.reached(50);

    await other.sharedClient().call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', await idOf(owner));
    await owner.sharedClient().call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', await idOf(other));
    const move = (...keys: string[]) =>
      owner.sharedClient().call('MIGRATE', '127.0.0.1', other.port, '', 0, 5000, 'KEYS', ...keys);
    await move(KEYS.newProducers, KEYS.events);
    // Half of the partition is here, half there: nothing can be appended, and nothing is.
    const halfway = simpleBatch(0, 'r', 1, 1);
    await expect(log.append(halfway)).rejects.toMatchObject({ name: 'LogError', code: 'unavailable' });
    await expect(log.producers([keyOf('p')])).rejects.toMatchObject({ code: 'unavailable' });
    await move(...allKeys(KEYS));
    for (const server of [other, owner, ...cluster.masters]) {
      await server.sharedClient().call('CLUSTER', 'SETSLOT', slot, 'NODE', await idOf(other));
    }
    expect(await commit(log, halfway)).toMatchObject({ stood: false });
    const events = await writing.done();

    const all = (await contents(log, 'events', 0)).filter((event) => event.startsWith('p'));
    expect(all).toEqual(numbers('p', 1, events));
    expect(await contents(log, 'dead-letters', 0)).toEqual(['q:2']);
    expect((await cluster.ownerOf(KEYS.meta)).owner).toBe(other);
    const again = makeBatch(0, [{ producer: 's', first: 1, count: 1, ids: { 1: 'a' } }]);
    expect(await log.append(again)).toMatchObject({ conflicts: [{ reason: 'repeated_id' }] });
    const woken = log.wait('events', 0, events + 3, 60_000, new AbortController().signal);
    await commit(log, simpleBatch(0, 'p', events + 1, 1));
    await woken;
  });

  test('a master is killed: with replicas:1 nothing that was acknowledged is lost', { timeout: 60_000 }, async () => {
    const { cluster, log } = await start({ masters: 3, replicas: 1 }, { replicas: 1, commandTimeoutMs: 1000 });
    const { owner } = await cluster.ownerOf(KEYS.meta);
    for (let i = 0; i < 20; i++) await commit(log, simpleBatch(0, 'p', 1 + i * 10, 10));
    const promoted = cluster.replicas[cluster.masters.indexOf(owner)]!;
    await owner.kill('SIGKILL');
    await until(async () => (await promoted.sharedClient().info('replication')).includes('role:master'));
    // The one that takes over has no replica, so its appends stay in doubt; what it holds can be read.
    expect(await eventually(() => contents(log, 'events', 0))).toEqual(numbers('p', 1, 200));
    await owner.start();
    const { errors } = await commit(log, simpleBatch(0, 'p', 201, 10));
    expect(new Set(errors)).not.toContain('misconfigured');
    expect(await eventually(() => contents(log, 'events', 0))).toEqual(numbers('p', 1, 210));
  });
});
