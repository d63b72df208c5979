/** Logs in a Redis that a test started: each under a prefix of its own, so that they do not meet. */
import type { Redis } from 'ioredis';
import { ENTRY_HEADER_BYTES } from '../../format/entry.ts';
import type { Stream } from '../../format/model.ts';
import { LogError, type LogErrorCode } from '../../server/log/error.ts';
import type { AppendBatch, EventLog } from '../../server/log/port.ts';
import { openRedisLog, type RedisLog, type RedisLogOptions } from '../../server/log/redis/index.ts';
import { allKeys, ENTRY_FIELD, partitionKeys } from '../../server/log/redis/keys.ts';
import type { LogOptions, LogUnderTest } from '../contract/event-log.ts';
import { until } from './redis-server.ts';

/** What most tests open a log with; partition 0 is the one they use. */
export const LOG_SETTINGS = { partitions: 1, rememberProducersMs: 86_400_000, dedupMs: 3_600_000 } as const;

let prefixes = 0;

export function newPrefix(): string {
  return `test${++prefixes}`;
}

/** Opens a log for the contract suite. `clientFor` gives the test's own client for a key. */
export async function openRedisLogUnderTest(
  url: string,
  clientFor: (key: string) => Promise<Redis>,
  options: LogOptions,
): Promise<LogUnderTest> {
  const settings: RedisLogOptions = { url, prefix: newPrefix(), ...options };
  let log = await openRedisLog(settings);
  return {
    get log(): RedisLog {
      return log;
    },
    async reopen(changes) {
      await log.close();
      log = await openRedisLog({ ...settings, ...changes });
      return log;
    },
    async destroy() {
      await log.close();
      for (let partition = 0; partition < options.partitions; partition++) {
        const keys = allKeys(partitionKeys(settings.prefix, partition));
        await (await clientFor(keys[0]!)).unlink(...keys);
      }
    },
    async corrupt(stream, partition, last) {
      const key = partitionKeys(settings.prefix, partition)[stream];
      await corruptEntry(await clientFor(key), key, last);
    },
  };
}

/** Streams cannot be changed in place: this one is written anew, with one bit flipped behind the header of one entry. */
export async function corruptEntry(client: Redis, key: string, last: number): Promise<void> {
  const entries = await client.xrangeBuffer(key, '-', '+');
  await client.del(key);
  for (const [id, fields] of entries) {
    const bytes = fields[1]!;
    if (id.toString() === `${last}-0`) bytes[ENTRY_HEADER_BYTES + 1]! ^= 1;
    await client.xadd(key, id, ENTRY_FIELD, bytes);
  }
}

/** What the stream holds, counted by Redis itself. */
export function countEntries(client: Redis, prefix: string, stream: Stream, partition: number): Promise<number> {
  return client.xlen(partitionKeys(prefix, partition)[stream]);
}

/**
 * Commits a batch as the committer does: again and again while the log says that it may be repeated. Tells whether it was stored now or
 * stood already, and which errors there were before.
 */
export async function commit(log: EventLog, batch: AppendBatch): Promise<{ stood: boolean; errors: LogErrorCode[] }> {
  const errors: LogErrorCode[] = [];
  return until(async () => {
    try {
      const result = await log.append(batch);
      if (result.status === 'appended') return { stood: false, errors };
      if (result.conflicts.every(({ reason }) => reason === 'overlap')) return { stood: true, errors };
      throw new Error(`not committed: ${JSON.stringify(result.conflicts)}`);
    } catch (error) {
      if (!(error instanceof LogError && error.canRetry)) throw error;
      errors.push(error.code);
      return null;
    }
  });
}
