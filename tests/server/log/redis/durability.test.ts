/** What an append is worth, as Redis is really set, and what the engine says about settings that lose data. */
import { afterEach, expect, test, vi } from 'vitest';
import type { Durability } from '../../../../protocol/frames.ts';
import { openRedisLog, type RedisLog, type RedisLogOptions } from '../../../../server/log/redis/index.ts';
import { keyOf, simpleBatch } from '../../../contract/log-fixtures.ts';
import { commit, LOG_SETTINGS, newPrefix } from '../../../helpers/redis-log.ts';
import {
  describeWithRedis,
  eventually,
  type RedisDirectives,
  type RedisServer,
  startRedis,
  until,
} from '../../../helpers/redis-server.ts';

describeWithRedis('redis log: durability', () => {
  const open: { stop(): Promise<unknown> }[] = [];
  afterEach(async () => {
    for (const one of open.splice(0).reverse()) await one.stop();
  });

  async function start(directives: RedisDirectives = {}): Promise<RedisServer> {
    const server = await startRedis(directives);
    open.push(server);
    return server;
  }
  async function openLog(url: string, changes: Partial<RedisLogOptions> = {}) {
    const said: string[] = [];
    const logger = { info: vi.fn(), warn: (_: object, text: string) => void said.push(text) };
    const log = await openRedisLog({ url, prefix: newPrefix(), ...LOG_SETTINGS, logger, ...changes });
    open.push({ stop: () => log.close() });
    return { log, said };
  }

  test.each<[RedisDirectives, Durability]>([
    [{ appendonly: 'yes', appendfsync: 'always' }, 'fsync'],
    [{ appendonly: 'yes', appendfsync: 'always', 'no-appendfsync-on-rewrite': 'yes' }, 'os'],
    [{ appendonly: 'yes', appendfsync: 'everysec' }, 'os'],
    [{ appendonly: 'yes', appendfsync: 'no' }, 'os'],
    [{ appendonly: 'no', appendfsync: 'always' }, 'memory'],
  ])('%o: %s', async (directives, durability) => {
    const { log, said } = await openLog((await start({ ...directives, maxmemory: '100mb' })).url);
    expect(log.durability()).toBe(durability);
    expect(said.some((text) => text.includes('memory only'))).toBe(durability === 'memory');
    expect(said).toHaveLength(durability === 'memory' ? 1 : 0);
  });

  test('what is wrong with memory is said', async () => {
    const server = await start({ appendonly: 'yes' });
    expect((await openLog(server.url)).said).toEqual([expect.stringContaining('no maxmemory')]);
    expect((await openLog(server.url, { maxBytes: 1_000_000_000 })).said).toEqual([]);
    await server.sharedClient().config('SET', 'maxmemory', '100mb');
    await server.sharedClient().config('SET', 'maxmemory-policy', 'allkeys-lru');
    expect((await openLog(server.url)).said).toEqual([expect.stringContaining('noeviction')]);
  });

  test('a changed setting is noticed within five seconds', async () => {
    const server = await start({ appendonly: 'yes', appendfsync: 'always' });
    vi.useFakeTimers({ toFake: ['setInterval'] });
    const { log } = await openLog(server.url);
    await server.sharedClient().config('SET', 'appendfsync', 'everysec');
    vi.advanceTimersByTime(5_000);
    vi.useRealTimers();
    await until(async () => log.durability() === 'os');
  });

  test('a changed setting is noticed, at the latest when the connection is made anew', async () => {
    const server = await start({ appendonly: 'yes', appendfsync: 'always' });
    const { log } = await openLog(server.url);
    expect(log.durability()).toBe('fsync');
    await server.sharedClient().config('SET', 'appendfsync', 'everysec');
    await server.sharedClient().call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await until(async () => log.durability() === 'os');
  });

  test('where CONFIG and INFO are forbidden, what is declared counts, and nothing declared is memory', async () => {
    const server = await start({ appendonly: 'yes', appendfsync: 'always' });
    const client = server.sharedClient();
    const url = server.url.replace('redis://', 'redis://app:secret@');
    await client.call('ACL', 'SETUSER', 'app', 'on', '>secret', '~*', '&*', '+@all', '-config');
    expect((await openLog(url)).log.durability()).toBe('os');
    expect((await openLog(url, { declaredDurability: 'fsync' })).log.durability()).toBe('fsync');
    const silenced = vi.spyOn(console, 'warn').mockImplementation(() => {});
    await client.call('ACL', 'SETUSER', 'app', '-info');
    const { log, said } = await openLog(url);
    expect(log.durability()).toBe('memory');
    expect(said).toContainEqual(expect.stringContaining('memory is assumed'));
    expect((await openLog(url, { declaredDurability: 'os' })).log.durability()).toBe('os');
    silenced.mockRestore();
  });

  test('what is declared does not outdo what Redis tells', async () => {
    const { log } = await openLog((await start()).url, { declaredDurability: 'fsync' });
    expect(log.durability()).toBe('memory');
  });

  async function withReplica(): Promise<{ master: RedisServer; replica: RedisServer }> {
    const master = await start();
    const replica = await start({ replicaof: `127.0.0.1 ${master.port}` });
    await until(async () => (await replica.sharedClient().info('replication')).includes('master_link_status:up'));
    return { master, replica };
  }
  const fails = (call: Promise<unknown>) => expect(call).rejects.toMatchObject({ name: 'LogError', code: 'in_doubt' });

  test('replicas:1: without the replica everything about the batch stays in doubt, and then it stands once', async () => {
    const { master, replica } = await withReplica();
    const prefix = newPrefix();
    const settings = { prefix, replicas: 1, commandTimeoutMs: 600 };
    const { log } = await openLog(master.url, settings);
    expect(log.durability()).toBe('replicas:1');
    // The first answer of a replica that has just come may take longer than the time limit.
    await commit(log, simpleBatch(0, 'p', 1, 1));
    await replica.kill('SIGSTOP');
    const batch = simpleBatch(0, 'p', 2, 1);
    await fails(log.append(batch));
    // It stands on the master. Neither that answer nor what another process is told may count before a replica has it.
    await fails(log.append(batch));
    const { log: other }: { log: RedisLog } = await openLog(master.url, settings);
    await fails(other.producers([keyOf('p')]));
    await fails(other.append(batch));
    await replica.kill('SIGCONT');
    expect(await commit(log, batch)).toMatchObject({ stood: true });
    expect(await eventually(() => other.producers([keyOf('p')]))).toMatchObject([[{ watermark: 2 }]]);
    expect(await replica.sharedClient().xlen(`${prefix}{0}:events`)).toBe(2);
  });

  test('fewer replicas than needed: said at open', async () => {
    const { said } = await openLog((await start({ appendonly: 'yes', maxmemory: '100mb' })).url, { replicas: 1 });
    expect(said).toEqual([expect.stringContaining('fewer replicas')]);
  });
});
