/** One Redis and what happens to it: lost answers, silence, a lost script cache, no memory, no disk, demotion, loading, a busy script. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { APPEND } from '../../../../server/log/redis/append-script.ts';
import { openRedisLog, type RedisLog, type RedisLogOptions } from '../../../../server/log/redis/index.ts';
import { contents, keyOf, mustAppend, numbers, simpleBatch } from '../../../contract/log-fixtures.ts';
import { commit, countEntries, LOG_SETTINGS, newPrefix } from '../../../helpers/redis-log.ts';
import {
  describeWithRedis,
  eventually,
  type RedisDirectives,
  type RedisServer,
  startRedis,
  until,
} from '../../../helpers/redis-server.ts';
import { startProxy, type TcpProxy } from '../../../helpers/tcp-proxy.ts';

describeWithRedis('redis log: faults', () => {
  const open: { stop(): Promise<unknown> }[] = [];
  afterEach(async () => {
    for (const one of open.splice(0).reverse()) await one.stop();
  });

  async function start(directives: RedisDirectives = {}): Promise<RedisServer> {
    const server = await startRedis(directives);
    open.push(server);
    return server;
  }
  async function openLog(
    port: number,
    changes: Partial<RedisLogOptions> = {},
  ): Promise<{ log: RedisLog; prefix: string }> {
    const prefix = newPrefix();
    const log = await openRedisLog({ url: `redis://127.0.0.1:${port}`, prefix, ...LOG_SETTINGS, ...changes });
    open.push({ stop: () => log.close() });
    return { log, prefix };
  }
  async function behindProxy(changes: Partial<RedisLogOptions> = {}): Promise<{
    server: RedisServer;
    proxy: TcpProxy;
    log: RedisLog;
    entries: () => Promise<number>;
  }> {
    const server = await start();
    const proxy = await startProxy(server.port);
    open.push({ stop: () => proxy.close() });
    const { log, prefix } = await openLog(proxy.port, changes);
    return { server, proxy, log, entries: () => countEntries(server.sharedClient(), prefix, 'events', 0) };
  }

  test.each([0, 1, 7])(
    'the reply is cut after %i bytes: in doubt, and the repeated batch stands once',
    async (bytes) => {
      const { proxy, log, entries } = await behindProxy();
      await mustAppend(log, simpleBatch(0, 'p', 1, 5));
      const cut = proxy.cutReply(APPEND.sha, bytes);
      const batch = simpleBatch(0, 'p', 6, 5);
      await expect(log.append(batch)).rejects.toMatchObject({ name: 'LogError', code: 'in_doubt' });
      await cut;
      expect(await commit(log, batch)).toMatchObject({ stood: true });
      expect(await entries()).toBe(2);
      await commit(log, simpleBatch(0, 'p', 11, 1));
      expect(await eventually(() => contents(log, 'events', 0))).toEqual(numbers('p', 1, 11));
    },
  );

  test('every other reply is cut: nothing is lost, nothing stands twice', async () => {
    const { proxy, log, entries } = await behindProxy();
    let doubts = 0;
    for (let i = 0; i < 20; i++) {
      if (i % 2 === 0) void proxy.cutReply(APPEND.sha);
      const { errors } = await commit(log, simpleBatch(0, 'p', 1 + i * 3, 3));
      doubts += errors.filter((code) => code === 'in_doubt').length;
    }
    expect(doubts).toBe(10);
    expect(await entries()).toBe(20);
    expect(await eventually(() => contents(log, 'events', 0))).toEqual(numbers('p', 1, 60));
  });

  test.each(['requests', 'replies'] as const)(
    'a black hole for %s: in doubt in time, and it recovers',
    async (direction) => {
      const { proxy, log, entries } = await behindProxy({ commandTimeoutMs: 200 });
      await mustAppend(log, simpleBatch(0, 'p', 1, 1));
      proxy.stall(direction);
      const batch = simpleBatch(0, 'p', 2, 1);
      await expect(log.append(batch)).rejects.toMatchObject({ code: 'in_doubt' });
      await expect(log.read('events', 0, 1, 1000)).rejects.toMatchObject({ name: 'LogError', canRetry: true });
      expect(await entries()).toBe(direction === 'requests' ? 1 : 2);
      // A request that was held up may still arrive, before its repetition or after it.
      proxy.resume();
      await commit(log, batch);
      await commit(log, simpleBatch(0, 'p', 3, 1));
      expect(await entries()).toBe(3);
      expect(await eventually(() => contents(log, 'events', 0))).toEqual(numbers('p', 1, 3));
    },
  );

  test('connections are reset again and again while batches are committed', async () => {
    const { proxy, log, entries } = await behindProxy();
    for (let i = 0; i < 20; i++) {
      const committed = commit(log, simpleBatch(0, 'p', 1 + i, 1));
      proxy.reset();
      await committed;
    }
    expect(await entries()).toBe(20);
    expect(await eventually(() => contents(log, 'events', 0))).toEqual(numbers('p', 1, 20));
  });

  test('while Redis is down it is unavailable or in doubt, and waiting readers are let go', async () => {
    const { server, log } = await behindProxy();
    await mustAppend(log, simpleBatch(0, 'p', 1, 1));
    const waiting = log.wait('events', 0, 1, 60_000, new AbortController().signal);
    await server.kill('SIGKILL');
    await waiting;
    const codes = new Set<string>();
    await until(async () => {
      const error = await log.append(simpleBatch(0, 'p', 2, 1)).catch((error) => error);
      codes.add(error.code);
      return error.code === 'unavailable';
    });
    expect([...codes].every((code) => code === 'unavailable' || code === 'in_doubt')).toBe(true);
    await server.start();
    // Nothing was kept on disk: the log is empty, and the engine says so and invents nothing.
    expect(await eventually(() => log.append(simpleBatch(0, 'p', 2, 1)))).toMatchObject({
      status: 'conflict',
      conflicts: [{ reason: 'out_of_sequence', watermark: 0, record: null }],
    });
    expect(await commit(log, simpleBatch(0, 'p', 1, 1))).toMatchObject({ stood: false });
    expect(await eventually(() => contents(log, 'events', 0))).toEqual(['p:1']);
  });

  test('SCRIPT FLUSH is not noticed', async () => {
    const server = await start();
    const { log } = await openLog(server.port);
    await mustAppend(log, simpleBatch(0, 'p', 1, 1));
    await server.sharedClient().script('FLUSH');
    await mustAppend(log, simpleBatch(0, 'p', 2, 1));
    await server.sharedClient().script('FLUSH');
    expect(await log.producers([keyOf('p')])).toMatchObject([[{ watermark: 2 }]]);
    expect(await log.state()).toMatchObject({ events: [{ last: 2 }] });
  });

  test('SIGKILL under appendfsync always: all that was acknowledged is there', async () => {
    const server = await start({ appendonly: 'yes', appendfsync: 'always' });
    const { log } = await openLog(server.port);
    expect(log.durability()).toBe('fsync');
    let restarted: Promise<void> | null = null;
    for (let i = 0; i < 60; i++) {
      const committed = commit(log, simpleBatch(0, 'p', 1 + i * 10, 10));
      if (i % 20 === 7) restarted = server.restart('SIGKILL');
      await committed;
    }
    await restarted;
    expect(await eventually(() => contents(log, 'events', 0))).toEqual(numbers('p', 1, 600));
    expect(await log.producers([keyOf('p')])).toMatchObject([[{ watermark: 600 }]]);
    expect(await log.state()).toMatchObject({ events: [{ first: 1, last: 600 }] });
  });

  test('no memory: no_space and nothing written, while trimming and reading go on', async () => {
    const server = await start();
    const { log } = await openLog(server.port);
    await mustAppend(log, simpleBatch(0, 'p', 1, 10));
    await mustAppend(log, simpleBatch(0, 'p', 11, 10));
    const before = await log.state();
    await server.sharedClient().config('SET', 'maxmemory', '1mb');
    await expect(log.append(simpleBatch(0, 'p', 21, 10))).rejects.toMatchObject({ code: 'no_space' });
    expect(await log.state()).toEqual(before);
    expect(await log.producers([keyOf('p')])).toMatchObject([[{ watermark: 20 }]]);
    expect(await log.trim({ stream: 'events', maxBytes: before.events[0]!.bytes - 1 })).toMatchObject({ events: 10 });
    await server.sharedClient().config('SET', 'maxmemory', '0');
    await mustAppend(log, simpleBatch(0, 'p', 21, 10));
    expect(await eventually(() => contents(log, 'events', 0))).toEqual(numbers('p', 11, 30));
  });

  test('no disk (MISCONF): no_space and nothing written, while reading goes on', async () => {
    const server = await start();
    const client = server.sharedClient();
    const { log } = await openLog(server.port);
    await mustAppend(log, simpleBatch(0, 'p', 1, 1));
    await mkdir(join(server.folder, 'dump.rdb'));
    await client.config('SET', 'save', '3600 1');
    await client.bgsave();
    await until(async () => (await client.info('persistence')).includes('rdb_last_bgsave_status:err'));
    await expect(log.append(simpleBatch(0, 'p', 2, 1))).rejects.toMatchObject({ code: 'no_space' });
    expect(await eventually(() => contents(log, 'events', 0))).toEqual(['p:1']);
    await client.config('SET', 'save', '');
    await commit(log, simpleBatch(0, 'p', 2, 1));
    expect(await eventually(() => contents(log, 'events', 0))).toEqual(numbers('p', 1, 2));
  });

  test('a master that was made a replica: unavailable, and it does not tell what may be outdated', async () => {
    const server = await start();
    const { log } = await openLog(server.port);
    const batch = simpleBatch(0, 'p', 1, 1);
    await mustAppend(log, batch);
    await server.sharedClient().replicaof('127.0.0.1', 1);
    for (const again of [batch, simpleBatch(0, 'p', 2, 1)]) {
      await expect(until(() => answerOf(log.append(again)))).resolves.toMatchObject({ code: 'unavailable' });
    }
    await expect(until(() => answerOf(log.producers([keyOf('p')])))).resolves.toMatchObject({ code: 'unavailable' });
    await server.sharedClient().replicaof('NO', 'ONE');
    await commit(log, simpleBatch(0, 'p', 2, 1));
    expect(await eventually(() => contents(log, 'events', 0))).toEqual(numbers('p', 1, 2));
  });

  /** What a call failed with, but for the connection that is lost on the way; reconnecting is not what is tested. */
  async function answerOf(call: Promise<unknown>): Promise<{ code: string } | null> {
    const error = await call.then(
      () => ({ code: 'none' }),
      (error) => error,
    );
    return error.code === 'in_doubt' ? null : error;
  }

  test('while Redis reads its data it is unavailable, then goes on', async () => {
    const slowly = { 'key-load-delay': 200, 'loading-process-events-interval-bytes': 1024 };
    const server = await start(slowly);
    const { log } = await openLog(server.port);
    await mustAppend(log, simpleBatch(0, 'p', 1, 3));
    const client = server.sharedClient();
    await client.eval("for i = 1, 4000 do redis.call('SET', 'filler' .. i, i) end", 0);
    await client.save();
    await server.restart('SIGKILL', { untilReady: false });
    await until(
      async () => (await log.append(simpleBatch(0, 'p', 4, 1)).catch((error) => error)).code === 'unavailable',
    );
    expect(await commit(log, simpleBatch(0, 'p', 4, 1))).toMatchObject({ stood: false });
    expect(await eventually(() => contents(log, 'events', 0))).toEqual(numbers('p', 1, 4));
  });

  test('while a script keeps Redis busy it is unavailable, then goes on', async () => {
    const server = await start({ 'busy-reply-threshold': 50 });
    const { log } = await openLog(server.port);
    await mustAppend(log, simpleBatch(0, 'p', 1, 1));
    // Connected before: a client that connects to a busy Redis drops what it was asked.
    const client = server.sharedClient();
    await client.ping();
    const endless = server
      .client()
      .eval('while true do end', 0)
      .catch(() => {});
    await until(() =>
      client.ping().then(
        () => false,
        ({ message }) => message.startsWith('BUSY'),
      ),
    );
    await expect(log.append(simpleBatch(0, 'p', 2, 1))).rejects.toMatchObject({ code: 'unavailable' });
    await client.script('KILL');
    await endless;
    expect(await commit(log, simpleBatch(0, 'p', 2, 1))).toMatchObject({ stood: false });
  });
});
