/** The straightforward stack, in two forms. */
import { cpuSeconds } from '../harness/proc.ts';
import { type Pipelining, StraightforwardServer } from '../harness/straightforward-server.ts';
import type { Sent, Verdict } from '../harness/verify.ts';
import { type RedisServer, startRedis } from '../redis-server.ts';
import type { Contender } from './contender.ts';
import { fail } from './fail.ts';
import { EVERYSEC, redisCpu } from './with-redis.ts';

function straightforwardWith(name: string, title: string, pipelining: Pipelining): Contender {
  return {
    name,
    title,
    async start() {
      const redis = await startRedis(EVERYSEC);
      const server = await StraightforwardServer.start(redis.port, pipelining).catch((error) => fail(error, [redis]));
      return {
        url: server.url,
        wire: 'straightforward',
        server: server.child,
        redis,
        cpu: () => {
          const { total, main } = cpuSeconds(server.child.pid);
          return { 'server, main thread': main, 'server, other threads': total - main, ...redisCpu(redis) };
        },
        metrics: async () => null,
        verify: (sent) => verifyCount(redis, sent),
        stop: async () => {
          await server.stop();
          await redis.stop();
        },
      };
    },
  };
}

/** What everybody is compared with. */
export const straightforward = straightforwardWith(
  'straightforward',
  'ws + JSON + zod + XADD per event (everysec)',
  'auto',
);
export const handPipelined = straightforwardWith(
  'hand-pipelined',
  'the same, a pipeline per message by hand',
  'message',
);

/** The straightforward stack does not know who sent what: there must be as many entries as events were sent, all of them acknowledged. */
async function verifyCount(redis: RedisServer, sent: readonly Sent[]): Promise<Verdict> {
  const stored = await redis.sharedClient().xlen('events');
  const tallies = sent.flatMap((one) => one.tallies);
  const total = (count: 'sent' | 'acknowledged') => tallies.reduce((sum, tally) => sum + tally[count], 0);
  const missing = Math.max(0, total('acknowledged') - stored);
  const repeated = Math.max(0, stored - total('sent'));
  const rest = { outOfOrder: 0, foreign: 0, damaged: 0, examples: [] };
  return { ok: missing + repeated === 0, stored, acknowledged: total('acknowledged'), missing, repeated, ...rest };
}
