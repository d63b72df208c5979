/**
 * Consumers for other services, as `gapless/consumer`: a named group reads the log in partitions, spread over its members by leases.
 * `docs/CONSUMERS.md` shows it at work.
 */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { Consumer, type ConsumerState, type PartitionLag } from './consumer.ts';
import type { BatchHandler } from './partition-consumer.ts';
import { type Start, startPositions } from './start.ts';
import { type ConsumerStorage, openStorage } from './storage.ts';

export type { StoredEvent } from '../../format/model.ts';
export { StoreError, type StoreErrorCode } from '../features/error.ts';
export { LogError, type LogErrorCode } from '../log/error.ts';
export type { ConsumerState, PartitionLag } from './consumer.ts';
export type { Batch, BatchHandler } from './partition-consumer.ts';
export type { Start } from './start.ts';
export type { ConsumerStorage } from './storage.ts';

export interface ConsumerOptions {
  /** 1 to 64 of A-Z a-z 0-9 _ - . Members of one name share the partitions. */
  group: string;
  /** Where the server keeps the log. With `dataDir` on the same machine as the server, as a user who may write to that folder. */
  storage: ConsumerStorage;
  /** Where the group begins in partitions that are new to it. Default `latest`. */
  start?: Start;
  /** At most so many events at once, and about so many bytes of the log. Default 500 and 256 KiB. */
  batch?: { maxEvents?: number; maxBytes?: number };
  /**
   * Gets the events of one partition, one batch after another. When it resolves the batch counts as done; when it throws the batch comes
   * again, after a pause. Batches of different partitions run side by side.
   */
  handler: BatchHandler;
  /**
   * For exactly-once: where the caller's own store stands in this partition (`to` of the last batch that it holds), null for nothing. It is
   * then asked whenever this member begins or tries again, and the handler must store `to` together with what it does, if `from - 1` still
   * stands there.
   */
  position?: (partition: number) => Promise<number | null> | number | null;
  /** Pauses before a batch that failed comes again: up to `minMs` first, then twice that, up to `maxMs`. Default 100 and 10,000 ms. */
  backoff?: { minMs?: number; maxMs?: number };
  /** How long partitions of a member that died stay its own, ms. Default 5,000. A handler may take longer than that. */
  leaseMs?: number;
  /**
   * Something failed (the handler, storage) and is tried again; `partition` is null where it concerns the leases. Default: a warning of the
   * process (`process.emitWarning`).
   */
  onError?: (error: unknown, partition: number | null) => void;
  /** The partitions that this member has now. */
  onPartitions?: (partitions: number[]) => void;
}

export interface RunningConsumer {
  readonly state: ConsumerState;
  /** This member's name within the group. */
  readonly member: string;
  /** The partitions that it has. */
  readonly partitions: number[];
  /** How far the group is in each partition. */
  lag(): Promise<PartitionLag[]>;
  /** Finishes the batches under way, hands the partitions over, and closes. */
  stop(): Promise<void>;
}

export const CONSUMER_DEFAULTS = {
  start: 'latest',
  batch: { maxEvents: 500, maxBytes: 256 * 1024 },
  backoff: { minMs: 100, maxMs: 10_000 },
  leaseMs: 5_000,
} as const;

/**
 * Joins the group and consumes until `stop()`. Throws LogError or StoreError where storage cannot be opened, and RangeError for an option
 * that cannot be.
 */
export async function openConsumer(options: ConsumerOptions): Promise<RunningConsumer> {
  const { group, handler, position, onError = warn, onPartitions = () => {} } = options;
  const { start = CONSUMER_DEFAULTS.start, leaseMs = CONSUMER_DEFAULTS.leaseMs } = options;
  const { maxEvents, maxBytes } = { ...CONSUMER_DEFAULTS.batch, ...options.batch };
  const backoff = { ...CONSUMER_DEFAULTS.backoff, ...options.backoff };
  if (!(maxEvents >= 1 && maxBytes >= 1)) throw new RangeError('batch.maxEvents and batch.maxBytes are at least 1');
  if (!(leaseMs >= 100)) throw new RangeError('leaseMs is at least 100');

  const storage = await openStorage(options.storage, group, (error) => onError(error, null));
  try {
    const { log, groups } = storage;
    const starts = await startPositions(log, start);
    const consumer = new Consumer({
      ...{ log, groups, handler, position, maxEvents, maxBytes, backoff, leaseMs, onError, onChange: onPartitions },
      startOf: async (partition) => starts[partition]!,
      member: `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`,
    });
    return running(consumer, storage.close);
  } catch (error) {
    await storage.close();
    throw error;
  }
}

function running(consumer: Consumer, close: () => Promise<void>): RunningConsumer {
  let stopped: Promise<void> | null = null;
  return {
    get state() {
      return consumer.state;
    },
    member: consumer.member,
    get partitions() {
      return consumer.partitions;
    },
    lag: () => consumer.lag(),
    stop: () => {
      stopped ??= consumer.stop().finally(close);
      return stopped;
    },
  };
}

function warn(error: unknown, partition: number | null): void {
  const where = partition === null ? 'the consumer' : `partition ${partition}`;
  process.emitWarning(`${where}: ${(error as Error).message}; trying again`, 'GaplessConsumerWarning');
}
