import { afterAll, beforeAll } from 'vitest';
import { openRedisLogUnderTest } from '../helpers/redis-log.ts';
import { describeWithRedis, type RedisServer, startRedis } from '../helpers/redis-server.ts';
import { runEventLogContract } from './event-log.ts';

describeWithRedis('redis', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server?.stop());

  runEventLogContract('redis', async (options) => {
    const client = server.sharedClient();
    return openRedisLogUnderTest(server.url, async () => client, options);
  });
});
