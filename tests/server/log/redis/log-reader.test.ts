/** Reading beside the server: the same answers as the log itself gives, and not a key written. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openRedisLog, openRedisReader, type RedisLog } from '../../../../server/log/redis/index.ts';
import { keyOf, makeBatch, mustAppend } from '../../../contract/log-fixtures.ts';
import { LOG_SETTINGS } from '../../../helpers/redis-log.ts';
import { describeWithRedis, type RedisServer, startRedis } from '../../../helpers/redis-server.ts';

const PREFIX = 'beside';

describeWithRedis('redis log reader', () => {
  let redis: RedisServer;
  let log: RedisLog;
  beforeAll(async () => {
    redis = await startRedis();
    log = await openRedisLog({ url: redis.url, prefix: PREFIX, ...LOG_SETTINGS, partitions: 3 });
  });
  afterAll(async () => {
    await log?.close();
    await redis?.stop();
  });

  test('answers what the log answers, also about what comes later', async () => {
    await mustAppend(log, makeBatch(1, [{ producer: 'p', first: 1, count: 5, dead: [2] }]));
    const reader = await openRedisReader({ url: redis.url, prefix: PREFIX });
    try {
      expect(reader.partitions).toBe(3);
      await mustAppend(log, makeBatch(1, [{ producer: 'p', first: 6, count: 5 }]));
      const keys = [keyOf('p'), keyOf('nobody')];
      expect(await reader.read('events', 1, 3, 1e6)).toEqual(await log.read('events', 1, 3, 1e6));
      expect(await reader.read('dead-letters', 1, 1, 1e6)).toEqual(await log.read('dead-letters', 1, 1, 1e6));
      expect(await reader.state()).toEqual(await log.state());
      expect(await reader.producers(keys)).toEqual(await log.producers(keys));
      expect((await reader.producers(keys))[0]).toHaveLength(1);
    } finally {
      await reader.close();
    }
    await expect(reader.state()).rejects.toMatchObject({ code: 'closed' });
  });

  test('refuses where there is no log, and makes none', async () => {
    const opening = openRedisReader({ url: redis.url, prefix: 'elsewhere' });
    await expect(opening).rejects.toMatchObject({ code: 'misconfigured' });
    expect(await redis.sharedClient().keys('elsewhere*')).toEqual([]);
  });

  test('says that Redis is away', async () => {
    const opening = openRedisReader({ url: 'redis://127.0.0.1:1', prefix: PREFIX, openTimeoutMs: 200 });
    await expect(opening).rejects.toMatchObject({ code: 'unavailable' });
  });
});
