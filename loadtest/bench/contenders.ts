/** Who is measured: each starts everything it needs on free ports and in temporary folders, and takes all of it away again. */
import { openEmbeddedReader } from '../../server/log/embedded/reader.ts';
import { openRedisReader } from '../../server/log/redis/index.ts';
import type { LoadPlan, LoadReport, Wire } from '../generator/plan.ts';
import type { Samples } from '../harness/exposition.ts';
import { GaplessServer } from '../harness/gapless-server.ts';
import { cpuSeconds } from '../harness/proc.ts';
import { type Pipelining, StraightforwardServer } from '../harness/straightforward-server.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from '../harness/temporary.ts';
import { LogVerifier, type Verdict, type VerifiableLog } from '../harness/verify.ts';
import { type RedisDirectives, type RedisServer, startRedis } from '../redis-server.ts';

/** As a durable Redis is run, but without rewriting its file in the middle of a measurement; the same for everybody. */
export const EVERYSEC: RedisDirectives = {
  appendonly: 'yes',
  appendfsync: 'everysec',
  'auto-aof-rewrite-percentage': 0,
};

/** CPU seconds used so far, by who used them. */
export type CpuByPart = Record<string, number>;

export interface Running {
  readonly url: string;
  readonly wire: Wire;
  readonly server: { readonly pid: number };
  readonly redis: RedisServer | null;
  cpu(): CpuByPart;
  /** null where there are none. */
  metrics(): Promise<Samples | null>;
  /** Compares what is stored with what was sent and acknowledged. */
  verify(plan: LoadPlan, report: LoadReport): Promise<Verdict>;
  stop(): Promise<void>;
}

export interface Contender {
  readonly name: string;
  readonly title: string;
  start(options?: StartOptions): Promise<Running>;
}

export interface StartOptions {
  env?: Record<string, string>;
  nodeArgs?: readonly string[];
}

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
        verify: (_, report) => verifyCount(redis, report),
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

export const embedded: Contender = {
  name: 'embedded',
  title: 'Gapless, embedded (fsync)',
  async start({ env = {}, nodeArgs } = {}) {
    const folder = await makeTemporaryFolder('gapless-bench-');
    const remove = () => removeTemporaryFolder(folder);
    const settings = { GAPLESS_DATA_DIR: folder, ...env };
    const server = await GaplessServer.start({ env: settings, nodeArgs }).catch((error) =>
      fail(error, [{ stop: remove }]),
    );
    return {
      ...gapless(server, null),
      verify: (plan, report) => verifyLog(() => openEmbeddedReader(folder), plan, report),
      stop: async () => {
        await server.stop();
        await remove();
      },
    };
  },
};

export const redis: Contender = {
  name: 'redis',
  title: 'Gapless, Redis (everysec)',
  async start({ env = {}, nodeArgs } = {}) {
    const redis = await startRedis(EVERYSEC);
    const settings = { GAPLESS_REDIS_URL: redis.url, ...env };
    const server = await GaplessServer.start({ env: settings, nodeArgs }).catch((error) => fail(error, [redis]));
    return {
      ...gapless(server, redis),
      verify: (plan, report) => verifyLog(() => openRedisReader({ url: redis.url, prefix: 'gapless' }), plan, report),
      stop: async () => {
        await server.stop();
        await redis.stop();
      },
    };
  },
};

function gapless(server: GaplessServer, redis: RedisServer | null) {
  return {
    url: server.url,
    wire: 'gapless' as const,
    server,
    redis,
    cpu: () => {
      const { total, main, others } = cpuSeconds(server.pid);
      // With one worker it is by far the busiest thread beside the main one.
      const worker = others[0]?.seconds ?? 0;
      return {
        'server, main thread': main,
        'server, worker': worker,
        'server, other threads': total - main - worker,
        ...(redis && redisCpu(redis)),
      };
    },
    metrics: () => server.metrics(),
  };
}

function redisCpu(redis: RedisServer): CpuByPart {
  return { redis: cpuSeconds(redis.pid!).total };
}

async function verifyLog(
  open: () => Promise<VerifiableLog & { close(): Promise<void> }>,
  plan: LoadPlan,
  report: LoadReport,
): Promise<Verdict> {
  const log = await open();
  try {
    return await new LogVerifier(plan.events, report.tallies).run(log);
  } finally {
    await log.close();
  }
}

/** The straightforward stack does not know who sent what: there must be as many entries as events were sent, all of them acknowledged. */
async function verifyCount(redis: RedisServer, report: LoadReport): Promise<Verdict> {
  const stored = await redis.sharedClient().xlen('events');
  const total = (count: 'sent' | 'acknowledged') => report.tallies.reduce((sum, tally) => sum + tally[count], 0);
  const missing = Math.max(0, total('acknowledged') - stored);
  const repeated = Math.max(0, stored - total('sent'));
  const rest = { outOfOrder: 0, foreign: 0, damaged: 0, examples: [] };
  return { ok: missing + repeated === 0, stored, acknowledged: total('acknowledged'), missing, repeated, ...rest };
}

async function fail(error: unknown, started: { stop(): Promise<unknown> }[]): Promise<never> {
  for (const one of started) await one.stop();
  throw error;
}
