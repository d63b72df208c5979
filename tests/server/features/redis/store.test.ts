/** One Redis and what happens to it: lost answers, a lost script cache, no memory, a key of another kind, nobody there. */
import { afterEach, expect, test } from 'vitest';
import type { FeatureStore } from '../../../../server/features/port.ts';
import { groupKey } from '../../../../server/features/redis/keys.ts';
import { SAVE } from '../../../../server/features/redis/scripts.ts';
import { openRedisFeatureStore } from '../../../../server/features/redis/store.ts';
import { commitOf } from '../../../contract/feature-store.ts';
import { newPrefix } from '../../../helpers/redis-log.ts';
import {
  describeWithRedis,
  eventually,
  freePort,
  type RedisDirectives,
  type RedisServer,
  startRedis,
} from '../../../helpers/redis-server.ts';
import { startProxy, type TcpProxy } from '../../../helpers/tcp-proxy.ts';
import { expectWhole, SCOPES, saveNext } from '../scopes.ts';

const USERS = SCOPES[0]!;
const ANN = 'user\0default\0ann';
const BOB = 'user\0default\0bob';

describeWithRedis('redis feature store: faults', () => {
  const open: { stop(): Promise<unknown> }[] = [];
  afterEach(async () => {
    for (const one of open.splice(0).reverse()) await one.stop();
  });

  async function start(directives: RedisDirectives = {}): Promise<RedisServer> {
    const server = await startRedis(directives);
    open.push(server);
    return server;
  }
  async function openStore(port: number): Promise<{ store: FeatureStore; prefix: string }> {
    const prefix = newPrefix();
    const store = await openRedisFeatureStore({ url: `redis://127.0.0.1:${port}`, prefix });
    open.push({ stop: () => store.close() });
    return { store, prefix };
  }
  async function behindProxy(): Promise<{ proxy: TcpProxy; store: FeatureStore }> {
    const server = await start();
    const proxy = await startProxy(server.port);
    open.push({ stop: () => proxy.close() });
    return { proxy, ...(await openStore(proxy.port)) };
  }

  test('the reply to a save is cut: in doubt, `applied` tells that it stands, and repeating it writes nothing', async () => {
    const { proxy, store } = await behindProxy();
    await store.save(commitOf(USERS, [0], [5], { [ANN]: { f: 'a' } }));
    const cut = proxy.cutReply(SAVE.sha);
    const commit = commitOf(USERS, [5], [9], { [ANN]: { f: 'b' } });
    await expect(store.save(commit)).rejects.toMatchObject({ name: 'StoreError', code: 'in_doubt' });
    await cut;
    expect(await eventually(() => store.applied(USERS, 1))).toEqual([9]);
    expect(await store.save(commit)).toBe('conflict');
  });

  test('every other reply is cut: asking what stands, nothing is done twice', async () => {
    const { proxy, store } = await behindProxy();
    let doubts = 0;
    for (let round = 0; round < 20; round++) {
      if (round % 2 === 0) void proxy.cutReply(SAVE.sha);
      const expected = round + 1;
      await eventually(async () => {
        const [at] = await store.applied(USERS, 1);
        if (at === expected) return;
        await saveNext(store, USERS).catch((error) => {
          if (error.code === 'in_doubt') doubts++;
          throw error;
        });
      });
    }
    expect(doubts).toBe(10);
    expect(await store.applied(USERS, 1)).toEqual([20]);
  });

  test('what could not be read is unavailable, not in doubt', async () => {
    const { proxy, store } = await behindProxy();
    proxy.stall('replies');
    const asked = store.applied(USERS, 1);
    proxy.reset();
    await expect(asked).rejects.toMatchObject({ name: 'StoreError', code: 'unavailable' });
  });

  test('Redis forgets its scripts', async () => {
    const server = await start();
    const { store } = await openStore(server.port);
    for (const scope of SCOPES) {
      await server.sharedClient().script('FLUSH');
      await saveNext(store, scope);
      await server.sharedClient().script('FLUSH');
      expect(await store.applied(scope, 1)).toEqual([1]);
    }
    await expectWhole(store, [1, 1, 1]);
  });

  test('out of memory: nothing is saved, while reading and erasing go on', async () => {
    const server = await start();
    const { store } = await openStore(server.port);
    await store.save(commitOf(USERS, [0], [1], { [ANN]: { f: 'a' }, [BOB]: { f: 'b' } }));
    await server.sharedClient().config('SET', 'maxmemory', '1');
    const late = commitOf(USERS, [1], [2], { [ANN]: { f: 'late' } });
    await expect(store.save(late)).rejects.toMatchObject({ name: 'StoreError', code: 'unavailable' });
    expect(await store.applied(USERS, 1)).toEqual([1]);
    expect(await store.loadGroup(USERS, ANN)).toMatchObject([{ field: 'f', bytes: Buffer.from('a') }]);
    expect(await store.erase(USERS, BOB)).toBe(1);
    await server.sharedClient().config('SET', 'maxmemory', '0');
    expect(await store.save(late)).toBe('saved');
  });

  test('a key of another kind in the way: refused, and nothing of the commit is written', async () => {
    const server = await start();
    const { store, prefix } = await openStore(server.port);
    await server.sharedClient().set(groupKey(prefix, USERS, BOB), 'not a hash');
    const commit = commitOf(USERS, [0], [1], { [ANN]: { f: 'a' }, [BOB]: { f: 'b' } });
    await expect(store.save(commit)).rejects.toMatchObject({ name: 'StoreError', code: 'misconfigured' });
    expect(await store.applied(USERS, 1)).toEqual([0]);
    expect(await store.loadGroup(USERS, ANN)).toEqual([]);
  });

  test('opening says what is wrong', async () => {
    const { port } = await start({ requirepass: 'secret' });
    const opening = (url: string) => openRedisFeatureStore({ url, prefix: 'p', openTimeoutMs: 300 });
    await expect(opening(`http://127.0.0.1:${port}`)).rejects.toMatchObject({ code: 'misconfigured' });
    await expect(opening(`redis://:wrong@127.0.0.1:${port}`)).rejects.toMatchObject({ code: 'misconfigured' });
    await expect(opening(`redis://127.0.0.1:${await freePort()}`)).rejects.toMatchObject({ code: 'unavailable' });
    await (await opening(`redis://:secret@127.0.0.1:${port}`)).close();
  });
});
