import { afterAll, beforeAll } from 'vitest';
import { type RedisCluster, startCluster } from '../helpers/redis-cluster.ts';
import { openRedisLogUnderTest } from '../helpers/redis-log.ts';
import { describeWithRedis } from '../helpers/redis-server.ts';
import { runEventLogContract } from './event-log.ts';

describeWithRedis('redis cluster', () => {
  let cluster: RedisCluster;
  beforeAll(async () => {
    cluster = await startCluster();
  });
  afterAll(() => cluster?.stop());

  const clientFor = async (key: string) => (await cluster.ownerOf(key)).owner.sharedClient();
  runEventLogContract(
    'redis cluster of 3 masters',
    (options) => openRedisLogUnderTest(cluster.url, clientFor, options),
    { propertyRuns: 15, stressBatches: 20 },
  );
});
