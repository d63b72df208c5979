/** A master, its replica and one Sentinel: the log follows the master. */
import { afterEach, expect, test } from 'vitest';
import { openRedisLog } from '../../../../server/log/redis/index.ts';
import { contents, numbers, simpleBatch } from '../../../contract/log-fixtures.ts';
import { commit, LOG_SETTINGS, newPrefix } from '../../../helpers/redis-log.ts';
import { describeWithRedis, eventually, startRedis, startSentinel, until } from '../../../helpers/redis-server.ts';

describeWithRedis('redis log: sentinel', () => {
  const open: { stop(): Promise<unknown> }[] = [];
  afterEach(async () => {
    for (const one of open.splice(0).reverse()) await one.stop();
  });

  test('the master is killed: the log goes on with the replica', { timeout: 60_000 }, async () => {
    const master = await startRedis();
    open.push(master);
    const replica = await startRedis({ replicaof: `127.0.0.1 ${master.port}` });
    open.push(replica);
    await until(async () => (await replica.sharedClient().info('replication')).includes('master_link_status:up'));
    const sentinel = await startSentinel('shop', master);
    open.push(sentinel);
    await until(
      async () => ((await sentinel.sharedClient().call('SENTINEL', 'REPLICAS', 'shop')) as unknown[]).length > 0,
    );
    const url = `redis+sentinel://127.0.0.1:${sentinel.port}/shop`;
    const log = await openRedisLog({ url, prefix: newPrefix(), ...LOG_SETTINGS, commandTimeoutMs: 1000 });
    open.push({ stop: () => log.close() });

    for (let i = 0; i < 20; i++) await commit(log, simpleBatch(0, 'p', 1 + i * 10, 10));
    // Without replicas:N a failover may lose what the replica did not have yet; here it has it all.
    expect(await master.sharedClient().wait(1, 5000)).toBe(1);
    await master.kill('SIGKILL');
    const { stood } = await commit(log, simpleBatch(0, 'p', 201, 10));
    expect(stood).toBe(false);
    expect((await replica.sharedClient().info('replication')).includes('role:master')).toBe(true);
    expect(await eventually(() => contents(log, 'events', 0))).toEqual(numbers('p', 1, 210));
  });

  test('a name that the Sentinel does not know: unavailable, and it says why', async () => {
    const master = await startRedis();
    open.push(master);
    const sentinel = await startSentinel('shop', master);
    open.push(sentinel);
    const url = `redis+sentinel://127.0.0.1:${sentinel.port}/shoe`;
    const opening = openRedisLog({ url, prefix: newPrefix(), ...LOG_SETTINGS, openTimeoutMs: 500 });
    await expect(opening).rejects.toMatchObject({ name: 'LogError', code: 'unavailable', message: /sentinel/i });
  });
});
