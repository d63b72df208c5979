/**
 * Copies the log into Redis Streams that any client can read: a consumer whose own store is those streams, so that each event stands there
 * once, whatever is killed when. `target.ts` says what it writes.
 */
import { openConsumer, type RunningConsumer, type Start } from '../consumer/index.ts';
import { type ConsumerStorage, readIdentity } from '../consumer/storage.ts';
import { FanoutTarget } from './target.ts';

export { streamKey } from './target.ts';

export interface FanoutOptions {
  group: string;
  /** The log. */
  from: ConsumerStorage;
  /** The Redis that gets the streams, and the first part of their keys. */
  to: { redisUrl: string; prefix: string };
  /** Where it begins in partitions of which the target has nothing. */
  start: Start;
  /** Entries that a stream keeps, about. */
  maxLength: number;
  /** How long partitions of a process that died stay its own, ms. */
  leaseMs?: number;
  /** Only these types; default all. */
  types?: readonly string[];
  /** So many entries were written. */
  onWritten?(count: number): void;
  /** Something failed, and is tried again. */
  onError?(error: unknown, partition: number | null): void;
  onPartitions?(partitions: number[]): void;
}

/** Throws LogError or StoreError where log or target cannot be opened. */
export async function openFanout(options: FanoutOptions): Promise<RunningConsumer> {
  const { group, from, to, start, maxLength, leaseMs, types, onWritten, onError, onPartitions } = options;
  const target = await FanoutTarget.open({
    ...{ url: to.redisUrl, prefix: to.prefix, source: await readIdentity(from), maxLength, types },
    onError: (error) => onError?.(error, null),
  });
  try {
    const consumer = await openConsumer({
      ...{ group, storage: from, start, leaseMs, onError, onPartitions },
      position: (partition) => target.position(partition),
      handler: async (batch) => onWritten?.(await target.write(batch)),
    });
    return {
      get state() {
        return consumer.state;
      },
      member: consumer.member,
      get partitions() {
        return consumer.partitions;
      },
      lag: () => consumer.lag(),
      stop: () => consumer.stop().finally(() => target.close()),
    };
  } catch (error) {
    await target.close();
    throw error;
  }
}
