/** Logs in a Redis that a test started: each under a prefix of its own, so that they do not meet. */
import type { Redis } from 'ioredis';
import { ENTRY_HEADER_BYTES } from '../../format/entry.ts';
import type { Stream } from '../../format/model.ts';
import { openRedisLog, type RedisLog, type RedisLogOptions } from '../../server/log/redis/index.ts';
import { allKeys, ENTRY_FIELD, partitionKeys } from '../../server/log/redis/keys.ts';
import type { LogOptions, LogUnderTest } from '../contract/event-log.ts';

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
