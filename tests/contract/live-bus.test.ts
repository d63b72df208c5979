import { afterAll, beforeAll } from 'vitest';
import { LocalBus } from '../../server/bus/local.ts';
import { openRedisBus } from '../../server/bus/redis.ts';
import { type RedisCluster, startCluster } from '../helpers/redis-cluster.ts';
import { describeWithRedis, type RedisServer, startRedis } from '../helpers/redis-server.ts';
import { runLiveBusContract } from './live-bus.ts';

runLiveBusContract('local', () => {
  const bus = new LocalBus();
  return async () => bus;
});

let names = 0;
runLiveBusContract('local, between threads', () => {
  const name = `contract-${names++}`;
  return async () => new LocalBus(() => {}, name);
});

describeWithRedis('live bus: redis', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server?.stop());
  runLiveBusContract('redis', () => () => openRedisBus({ url: server.url, prefix: 'test' }));
});

describeWithRedis('live bus: redis cluster', () => {
  let cluster: RedisCluster;
  beforeAll(async () => {
    cluster = await startCluster();
  });
  afterAll(() => cluster?.stop());
  runLiveBusContract('redis cluster', () => () => openRedisBus({ url: cluster.url, prefix: 'test' }));
});
