/** Consumers of another service as real processes on real storage, killed in a loop; and what other tools see of a group. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type Database, open } from 'lmdb';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ConsumerStorage } from '../../../server/consumer/index.ts';
import { openConsumer } from '../../../server/consumer/index.ts';
import { openEmbeddedLog } from '../../../server/log/embedded/log.ts';
import type { EventLog } from '../../../server/log/port.ts';
import { openRedisLog } from '../../../server/log/redis/index.ts';
import { temporaryFolder } from '../../helpers/cli.ts';
import { LogWriter } from '../../helpers/log-writer.ts';
import { describeWithRedis, type RedisServer, startRedis, until } from '../../helpers/redis-server.ts';

const PARTITIONS = 3;
const OPTIONS = { partitions: PARTITIONS, rememberProducersMs: 86_400_000, dedupMs: 0 };

let folder: ReturnType<typeof temporaryFolder>;
const children: ChildProcess[] = [];

beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  folder.remove();
});

interface Service {
  child: ChildProcess;
  /** Resolves when it has so many partitions. */
  owns(count: number): Promise<void>;
}

function startService(storage: ConsumerStorage): Service {
  const args = ['tests/server/consumer/children/service.mjs', 'service', JSON.stringify(storage), folder.in('store')];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  let partitions = 0;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    partitions = JSON.parse(text.trim().split('\n').at(-1)!).partitions.length;
  });
  return { child, owns: (count) => until(async () => partitions >= count).then(() => undefined) };
}

/** Events while services come and are killed; at the end each was counted once. */
async function killInALoop(log: EventLog, storage: ConsumerStorage): Promise<void> {
  const writer = new LogWriter(log);
  let n = 0;
  const append = async (): Promise<void> => {
    const events = Array.from({ length: 20 }, () => ({ seq: ++n, event: { type: 'x', user_id: 'u', n } }));
    await writer.events(n % PARTITIONS, 'p', events);
  };
  const steady = startService(storage);
  await steady.owns(1);
  for (let round = 0; round < 2; round++) {
    const victim = startService(storage);
    await victim.owns(1);
    for (let i = 0; i < 15; i++) await append();
    victim.child.kill('SIGKILL');
    for (let i = 0; i < 15; i++) await append();
  }
  const store: Database = open({ path: folder.in('store'), noSubdir: false, overlappingSync: false });
  try {
    const counts = (): number[] => {
      store.resetReadTxn();
      return Array.from({ length: n }, (_, i) => store.get(`event ${i + 1}`) ?? 0);
    };
    await until(async () => counts().every((count) => count >= 1));
    expect(counts().filter((count) => count !== 1)).toEqual([]);
    steady.child.kill('SIGTERM');
    expect(await once(steady.child, 'exit')).toEqual([0, null]);
    expect(counts().filter((count) => count !== 1)).toEqual([]);
  } finally {
    await store.close();
  }
}

describe('on the embedded engine', () => {
  test('exactly once by the position that the service stores itself, whoever is killed', async () => {
    const log = await openEmbeddedLog({ dir: folder.in('data'), minFreeBytes: 0, ...OPTIONS });
    try {
      await killInALoop(log, { dataDir: folder.in('data') });
    } finally {
      await log.close();
    }
  });
});

describeWithRedis('on Redis', () => {
  let redis: RedisServer;
  beforeEach(async () => {
    redis = await startRedis({ appendonly: 'yes' });
  });
  afterEach(() => redis.stop());

  test('exactly once by the position that the service stores itself, whoever is killed', async () => {
    const log = await openRedisLog({ url: redis.url, prefix: 'gapless', ...OPTIONS });
    try {
      await killInALoop(log, { redisUrl: redis.url });
    } finally {
      await log.close();
    }
  });

  test('XINFO GROUPS tells how far a group is', async () => {
    const log = await openRedisLog({ url: redis.url, prefix: 'gapless', ...OPTIONS });
    const writer = new LogWriter(log);
    await writer.events(0, 'p', [{ seq: 1, event: { type: 'x', user_id: 'u' } }]);
    let most = 1;
    const consumer = await openConsumer({
      ...{ group: 'billing', storage: { redisUrl: redis.url }, start: 'earliest', leaseMs: 600 },
      backoff: { maxMs: 20 },
      handler({ to }) {
        if (to > most) throw new Error('not yet');
      },
    });
    const shown = async (): Promise<Record<string, unknown>> => {
      const [fields] = (await redis.sharedClient().xinfo('GROUPS', 'gapless{0}:events')) as unknown[][];
      return Object.fromEntries(
        Array.from({ length: (fields ?? []).length / 2 }, (_, i) => [fields![2 * i], fields![2 * i + 1]]),
      );
    };
    await until(async () => (await shown())['last-delivered-id'] === '1-0');
    expect(await shown()).toMatchObject({ name: 'billing', lag: 0 });
    await writer.events(0, 'p', [{ seq: 2, event: { type: 'x', user_id: 'u' } }]);
    await until(async () => (await consumer.lag())[0]!.lag === 1);
    await until(async () => (await shown()).lag === 1);
    most = 2;
    await until(async () => (await shown())['last-delivered-id'] === '2-0');
    await consumer.stop();
    await log.close();
  });

  test('storage that is gone for a while is waited for', async () => {
    const log = await openRedisLog({ url: redis.url, prefix: 'gapless', ...OPTIONS });
    const writer = new LogWriter(log);
    const seen: unknown[] = [];
    const errors: unknown[] = [];
    const consumer = await openConsumer({
      ...{ group: 'billing', storage: { redisUrl: redis.url }, start: 'earliest', leaseMs: 600 },
      handler: ({ events }) => void seen.push(...events.map(({ event }) => event.n)),
      onError: (error) => errors.push(error),
    });
    await writer.events(0, 'p', [{ seq: 1, event: { type: 'x', user_id: 'u', n: 1 } }]);
    await until(async () => (await consumer.lag())[0]!.position === 1);
    await redis.restart();
    await until(async () =>
      writer.events(0, 'p', [{ seq: 2, event: { type: 'x', user_id: 'u', n: 2 } }]).then(
        () => true,
        () => false,
      ),
    );
    await until(async () => seen.includes(2));
    expect(errors.length).toBeGreaterThan(0);
    await consumer.stop();
    await log.close();
  });

  test('a log that is not there is said', async () => {
    const storage = { redisUrl: redis.url, prefix: 'nothing' };
    await expect(openConsumer({ group: 'g', storage, handler: () => {} })).rejects.toMatchObject({
      code: 'misconfigured',
    });
  });
});
