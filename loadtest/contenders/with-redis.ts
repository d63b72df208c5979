/** What contenders share that keep their events in Redis. */
import { cpuSeconds } from '../harness/proc.ts';
import type { RedisDirectives, RedisServer } from '../redis-server.ts';
import type { CpuByPart } from './contender.ts';

/** As a durable Redis is run, but without rewriting its file in the middle of a measurement; the same for everybody. */
export const EVERYSEC: RedisDirectives = {
  appendonly: 'yes',
  appendfsync: 'everysec',
  'auto-aof-rewrite-percentage': 0,
};

export function redisCpu(redis: RedisServer): CpuByPart {
  return { redis: cpuSeconds(redis.pid!).total };
}
