/** Several servers share one Redis: a producer may come back anywhere. */
import { expect, it } from 'vitest';
import { connect } from '../../client/node.ts';
import { decodeEvents } from '../../format/stored-event.ts';
import { openRedisReader } from '../../server/log/redis/index.ts';
import { play } from '../helpers/ingest-world.ts';
import { describeWithRedis, freePort, startRedis } from '../helpers/redis-server.ts';
import { startTestServer } from '../helpers/server.ts';
import { WireClient } from '../helpers/wire-client.ts';

/** Nothing is made of the events. */
const PLAIN = { ENABLE_REALTIME_PROCESSING: 'false', GAPLESS_WORKERS: '1' };
const listen = (track: string) => play(`user-${track.length}`, track, { timestamp: Date.now() });

describeWithRedis('two servers on one Redis', () => {
  it('the later connection of a producer wins across servers, and goes on where the other was', async () => {
    const redis = await startRedis({ appendonly: 'yes' });
    const env = { ...PLAIN, GAPLESS_REDIS_URL: redis.url };
    const [one, two] = await Promise.all([startTestServer(env), startTestServer(env)]);
    try {
      const first = await WireClient.open(one.url, { producer: 'moving' });
      expect(first.welcome.terms?.durability).toBe('os');
      first.client.publish(1, [listen('a'), listen('bb'), listen('ccc')]);
      await first.client.acknowledged(3);
      const second = await WireClient.open(two.url, { producer: 'moving', attempt: 1, done: 3 });
      expect(second.welcome.terms?.done).toBe(3);
      expect(await first.client.untilClosed()).toMatchObject({ code: 4504 });
      second.client.publish(4, [listen('a')]);
      await second.client.acknowledged(4);
      const older = await WireClient.open(one.url, { producer: 'moving', attempt: 0 }).catch((error) => error);
      if (!(older instanceof Error)) expect(await older.client.untilClosed()).toMatchObject({ code: 4504 });
      second.client.close();
    } finally {
      await Promise.all([one.stop(), two.stop()]);
      await redis.stop();
    }
  });

  it('an SDK that is sent from server to server stores each event once', async () => {
    const redis = await startRedis({ appendonly: 'yes' });
    const port = String(await freePort());
    const env = { ...PLAIN, GAPLESS_REDIS_URL: redis.url, GAPLESS_REDIS_PREFIX: 'hop', GAPLESS_PORT: port };
    const servers = [await startTestServer(env)];
    try {
      const client = connect({ url: servers[0]!.url, producer: 'hopper', backoff: { minMs: 10, maxMs: 50 } });
      const verdicts: Promise<unknown>[] = [];
      for (let round = 0; round < 3; round++) {
        for (let i = 0; i < 200; i++) verdicts.push(client.track(listen(`${'x'.repeat(i % 7)}${round}-${i}`)));
        await verdicts.at(-150);
        await servers.at(-1)!.stop();
        servers.push(await startTestServer(env));
      }
      expect(await client.flush()).toBe(true);
      await client.close();
      const reader = await openRedisReader({ url: redis.url, prefix: 'hop' });
      const seqs: number[] = [];
      for (let partition = 0; partition < 8; partition++) {
        for (const item of await reader.read('events', partition, 1, 1e9)) {
          if (item.status === 'intact') seqs.push(...decodeEvents(item).map(({ event }) => event.seq));
        }
      }
      await reader.close();
      expect(seqs.sort((a, b) => a - b)).toEqual(Array.from({ length: 600 }, (_, i) => i + 1));
    } finally {
      await servers.at(-1)!.stop();
      await redis.stop();
    }
  });
});
