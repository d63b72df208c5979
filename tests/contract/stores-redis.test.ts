/** The contracts of the feature store and of groups upon one Redis, and upon a Cluster whose partitions lie on different nodes. */
import { afterAll, beforeAll } from 'vitest';
import { openRedisGroupDirectory } from '../../server/consumer/redis/directory.ts';
import { openRedisGroups } from '../../server/consumer/redis/groups.ts';
import { openRedisFeatureStore } from '../../server/features/redis/store.ts';
import { type RedisCluster, startCluster } from '../helpers/redis-cluster.ts';
import { newPrefix } from '../helpers/redis-log.ts';
import { describeWithRedis, type RedisServer, startRedis } from '../helpers/redis-server.ts';
import { type OpenStore, runFeatureStoreContract } from './feature-store.ts';
import { type OpenGroups, runGroupStoreContract } from './group-store.ts';

describeWithRedis('stores: redis', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server?.stop());
  runFeatureStoreContract('redis', () => openStore(server.url));
  runGroupStoreContract('redis', () => openGroups(server.url));
});

describeWithRedis('stores: redis cluster', () => {
  let cluster: RedisCluster;
  beforeAll(async () => {
    cluster = await startCluster();
  });
  afterAll(() => cluster?.stop());
  runFeatureStoreContract('redis cluster of 3 masters', () => openStore(cluster.url));
  runGroupStoreContract('redis cluster of 3 masters', () => openGroups(cluster.url));
});

async function openStore(url: string): ReturnType<OpenStore> {
  const settings = { url, prefix: newPrefix() };
  let store = await openRedisFeatureStore(settings);
  return {
    get store() {
      return store;
    },
    async reopen() {
      await store.close();
      store = await openRedisFeatureStore(settings);
      return store;
    },
    another: () => openRedisFeatureStore(settings),
    reader: () => openRedisFeatureStore(settings),
    destroy: () => store.close(),
  };
}

async function openGroups(url: string): ReturnType<OpenGroups> {
  const settings = { url, prefix: newPrefix(), partitions: 4 };
  const opened: { close(): Promise<void> }[] = [];
  const kept = <T extends { close(): Promise<void> }>(one: T): T => {
    opened.push(one);
    return one;
  };
  return {
    open: async (group) => kept(await openRedisGroups({ ...settings, group })),
    directory: async () => kept(await openRedisGroupDirectory(settings)),
    async destroy() {
      for (const one of opened) await one.close();
    },
  };
}
