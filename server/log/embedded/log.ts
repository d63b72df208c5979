/** The event log in an LMDB environment that this process owns; `layout.ts` says how the data lies. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type ReadItem, STREAMS, type Stream } from '../../../format/model.ts';
import type { Durability } from '../../../protocol/frames.ts';
import { LogError } from '../error.ts';
import type {
  AppendBatch,
  AppendResult,
  EventLog,
  LogGuarantees,
  LogState,
  LogWaker,
  PlacedRecord,
  RetentionPolicy,
  TrimReport,
} from '../port.ts';
import { Waiters } from '../waiters.ts';
import { Changes } from './changes.ts';
import { asLogError, type Environment, openForWriting, readIdentity, reading } from './environment.ts';
import { FreeSpace } from './free-space.ts';
import { Jobs } from './jobs.ts';
import { PARTITIONS_MAX } from './layout.ts';
import { claim } from './owner.ts';
import { readEntries, readProducers, readState } from './read.ts';
import { type PartitionBounds, type Standing, Store, type StoreOptions } from './store.ts';
import { Writer } from './writer.ts';

export interface EmbeddedLogOptions extends StoreOptions {
  /** Data directory; made if it is not there. */
  dir: string;
  /** Appends are refused while the disk has less free space than this; 0 for no floor. */
  minFreeBytes: number;
  /** Free bytes of the disk; default what the system says. */
  freeBytes?: () => number;
  /** Told what an operator should know. */
  logger?: { warn(fields: object, message: string): void };
  /** Called once when nothing can be written any more: the process should end. */
  onStop?: (error: LogError) => void;
}

/**
 * Opens the data directory for writing. Throws LogError: `in_use` (another process has it), `misconfigured` (it cannot be used, or
 * has another number of partitions), `unavailable` (damaged).
 */
export async function openEmbeddedLog(options: EmbeddedLogOptions): Promise<EmbeddedLog> {
  const { dir, partitions, logger } = options;
  if (!Number.isInteger(partitions) || partitions < 1 || partitions > PARTITIONS_MAX) {
    throw new LogError('misconfigured', `partitions must be 1 to ${PARTITIONS_MAX}`);
  }
  const environment = openForWriting(dir);
  let writer: Writer | undefined;
  try {
    const { fence, takenFrom } = claim(environment);
    if (takenFrom)
      logger?.warn({ dir, ...takenFrom }, 'took the data over from a process that cannot be seen from here');
    writer = new Writer(environment, fence, options.onStop);
    const store = new Store(options, environment, writer);
    await store.prepare();
    return new EmbeddedLog(options, environment, writer, store);
  } catch (error) {
    await writer?.release();
    await environment.root.close();
    throw asLogError(error);
  }
}

interface Waiting {
  batch: AppendBatch;
  resolve(result: AppendResult): void;
  reject(error: unknown): void;
}

export class EmbeddedLog implements EventLog, LogWaker {
  readonly guarantees: LogGuarantees;
  private readonly environment: Environment;
  private readonly writer: Writer;
  private readonly store: Store;
  private readonly space: FreeSpace;
  private readonly waiters = new Waiters();
  /** Transactions, one at a time: what a batch is judged by cannot change before it is written. */
  private readonly jobs = new Jobs();
  /** Appends that no transaction has taken yet. */
  private waiting: Waiting[] = [];
  private closing: Promise<void> | null = null;

  constructor(options: EmbeddedLogOptions, environment: Environment, writer: Writer, store: Store) {
    const { partitions, rememberProducersMs, dedupMs } = options;
    const engine = 'embedded';
    this.guarantees = { engine, restartable: true, multiProcess: false, partitions, rememberProducersMs, dedupMs };
    this.environment = environment;
    this.writer = writer;
    this.store = store;
    this.space = new FreeSpace(environment, options.minFreeBytes, options.freeBytes);
  }

  durability(): Durability {
    return 'fsync';
  }

  async append(batch: AppendBatch): Promise<AppendResult> {
    this.boundsOf(batch.partition);
    return new Promise((resolve, reject) => {
      this.waiting.push({ batch, resolve, reject });
      if (this.waiting.length === 1) this.jobs.run(() => this.commitWaiting());
    });
  }

  /** One transaction for everything that waits. */
  private async commitWaiting(): Promise<void> {
    // Whoever was answered by the transaction before gets its turn first, and may come along.
    await nextTurn();
    const group = this.takeGroup();
    try {
      this.space.check(group.map(({ batch }) => batch));
      await this.store.forgetIfDue();
      const changes = new Changes();
      const fitting: { waiting: Waiting; standing: Standing }[] = [];
      for (const waiting of group) {
        const conflicts = this.store.conflictsOf(waiting.batch);
        if (conflicts.length > 0) waiting.resolve({ status: 'conflict', conflicts });
        else fitting.push({ waiting, standing: this.store.add(waiting.batch, changes) });
      }
      if (!changes.empty) await this.writer.commit(changes);
      for (const { waiting, standing } of fitting) waiting.resolve(this.stand(waiting.batch.partition, standing));
    } catch (error) {
      for (const { reject } of group) reject(asLogError(error));
    }
  }

  /** What waits, one batch of a partition: a second one can only be judged when the first one stands. */
  private takeGroup(): Waiting[] {
    const group = new Map<number, Waiting>();
    const later: Waiting[] = [];
    for (const waiting of this.waiting) {
      const { partition } = waiting.batch;
      if (group.has(partition)) later.push(waiting);
      else group.set(partition, waiting);
    }
    this.waiting = later;
    if (later.length > 0) this.jobs.run(() => this.commitWaiting());
    return [...group.values()];
  }

  private stand(partition: number, standing: Standing): AppendResult {
    this.store.moveTo(partition, standing);
    const { bounds } = standing;
    for (const stream of STREAMS) this.waiters.wake(stream, partition);
    return { status: 'appended', last: bounds.events.last, lastDead: bounds['dead-letters'].last };
  }

  async producers(keys: readonly string[]): Promise<PlacedRecord[][]> {
    this.checkOpen();
    return reading(() => readProducers(this.store.producers, keys));
  }

  async read(stream: Stream, partition: number, from: number, maxBytes: number): Promise<ReadItem[]> {
    this.boundsOf(partition);
    return reading(() => readEntries(this.environment, stream, partition, from, maxBytes));
  }

  async wait(
    stream: Stream,
    partition: number,
    position: number,
    maxWaitMs: number,
    signal: AbortSignal,
  ): Promise<void> {
    if (this.closing || this.boundsOf(partition)[stream].last > position) return;
    await this.waiters.wait(stream, partition, maxWaitMs, signal);
  }

  async state(): Promise<LogState> {
    this.checkOpen();
    const { partitions } = this.guarantees;
    const [identity, producers] = reading(() => [readIdentity(this.environment), this.store.producers.size] as const);
    return readState(identity, partitions, producers, (stream, partition) => this.boundsOf(partition)[stream]);
  }

  async trim(policy: RetentionPolicy): Promise<TrimReport> {
    this.checkOpen();
    // A reader that was killed in the middle of a read would hold its pages for ever.
    this.environment.root.readerCheck();
    const report: TrimReport = { entries: 0, events: 0, bytes: 0 };
    for (let more = true; more; ) {
      const step = await this.jobs.run(() => this.trimSome(policy));
      report.entries += step.entries;
      report.events += step.events;
      report.bytes += step.bytes;
      more = step.more;
    }
    return report;
  }

  private async trimSome(policy: RetentionPolicy): Promise<TrimReport & { more: boolean }> {
    this.checkOpen();
    await this.store.forgetIfDue();
    return this.store.trim(policy);
  }

  close(): Promise<void> {
    this.closing ??= this.finish();
    return this.closing;
  }

  private async finish(): Promise<void> {
    while (this.waiting.length > 0) await this.jobs.idle();
    await this.jobs.idle();
    this.waiters.wakeAll();
    await this.writer.release();
    await this.environment.root.close();
  }

  private checkOpen(): void {
    if (this.closing) throw new LogError('closed', 'the log is closed');
  }
  private boundsOf(partition: number): PartitionBounds {
    this.checkOpen();
    const bounds = this.store.boundsOf(partition);
    if (!bounds) throw new LogError('misconfigured', `there is no partition ${partition}`);
    return bounds;
  }
}
