/** Gapless on its two engines, as `gapless serve` runs it. */
import { loadConfig } from '../../server/config.ts';
import { openEmbeddedReader } from '../../server/log/embedded/reader.ts';
import { openRedisReader } from '../../server/log/redis/index.ts';
import { GaplessServer } from '../harness/gapless-server.ts';
import { cpuSeconds } from '../harness/proc.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from '../harness/temporary.ts';
import { LogVerifier, type Sent, type Verdict, type VerifiableLog, type VerifyOptions } from '../harness/verify.ts';
import { type RedisServer, startRedis } from '../redis-server.ts';
import type { Contender } from './contender.ts';
import { fail } from './fail.ts';
import { EVERYSEC, redisCpu } from './with-redis.ts';

const defaults = loadConfig({});
/** Worker threads of a server that is told nothing else. */
const workers = defaults.ok ? defaults.config.workers : 1;

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
      verify: (sent, options) => verifyLog(() => openEmbeddedReader(folder), sent, options),
      stop: async () => {
        await server.stop().finally(remove);
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
      verify: (sent, options) => verifyLog(() => openRedisReader({ url: redis.url, prefix: 'gapless' }), sent, options),
      stop: async () => {
        await server.stop().finally(() => redis.stop());
      },
    };
  },
};

function gapless(server: GaplessServer, redis: RedisServer | null) {
  return {
    url: server.url,
    wire: 'gapless' as const,
    http: 'gapless' as const,
    server,
    redis,
    cpu: () => {
      const { total, main, others } = cpuSeconds(server.pid);
      // Without a processor the workers are by far the busiest threads beside the main one.
      const worker = others.slice(0, workers).reduce((sum, { seconds }) => sum + seconds, 0);
      return {
        'server, main thread': main,
        'server, workers': worker,
        'server, other threads': total - main - worker,
        ...(redis && redisCpu(redis)),
      };
    },
    metrics: () => server.metrics(),
    stopServer: async (signal: 'SIGKILL' | 'SIGTERM') => {
      if (signal === 'SIGKILL') await server.kill();
      else await server.stop();
    },
    startServer: () => server.start(),
  };
}

async function verifyLog(
  open: () => Promise<VerifiableLog & { close(): Promise<void> }>,
  sent: readonly Sent[],
  options?: VerifyOptions,
): Promise<Verdict> {
  const log = await open();
  try {
    return await new LogVerifier(sent, options).run(log);
  } finally {
    await log.close();
  }
}
