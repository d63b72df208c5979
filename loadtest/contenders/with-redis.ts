/** What contenders share that keep their events in Redis. */
import type { Wire } from '../generator/plan.ts';
import { NodeServer } from '../harness/node-server.ts';
import { cpuSeconds } from '../harness/proc.ts';
import type { Sent, Verdict } from '../harness/verify.ts';
import { type RedisDirectives, type RedisServer, startRedis } from '../redis-server.ts';
import type { CpuByPart, Running } from './contender.ts';
import { countVerdict } from './count-verdict.ts';
import { fail } from './fail.ts';

/** As a durable Redis is run, but without rewriting its file in the middle of a measurement; the same for everybody. */
export const EVERYSEC: RedisDirectives = {
  appendonly: 'yes',
  appendfsync: 'everysec',
  'auto-aof-rewrite-percentage': 0,
};

/** Where peers put their events: one entry each. */
const STREAM = 'events';

export function redisCpu(redis: RedisServer): CpuByPart {
  return { redis: cpuSeconds(redis.pid!).total };
}

/** Starts a peer that gets the port of a Redis of its own as its second argument. */
export async function startWithRedis(file: string, wire: Wire | null, args: readonly string[] = []): Promise<Running> {
  const redis = await startRedis(EVERYSEC);
  const server = await NodeServer.start(file, [redis.port, ...args]).catch((error) => fail(error, [redis]));
  return {
    url: server.url,
    wire,
    server: server.child,
    redis,
    cpu: () => {
      const { total, main } = cpuSeconds(server.child.pid);
      return { 'server, main thread': main, 'server, other threads': total - main, ...redisCpu(redis) };
    },
    metrics: async () => null,
    verify: (sent) => verifyCount(redis, sent),
    stop: async () => {
      await server.stop().finally(() => redis.stop());
    },
  };
}

async function verifyCount(redis: RedisServer, sent: readonly Sent[]): Promise<Verdict> {
  return countVerdict(await redis.sharedClient().xlen(STREAM), sent);
}
