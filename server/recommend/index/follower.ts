/**
 * Keeps the index up with the log: reads all partitions from where it stands, whoever owns them, and writes snapshots in between. Learning
 * gives way to questions every few milliseconds.
 *
 * After the start it reads in rounds: what the bus said has grown, and now and then everything, since the bus may lose what it carries.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ReadItem } from '../../../format/model.ts';
import { decodeMessage } from '../../bus/message.ts';
import { type AppendedMessage, TOPICS } from '../../bus/messages.ts';
import type { LiveBus } from '../../bus/port.ts';
import type { LogReader } from '../../engines.ts';
import { LogError } from '../../log/error.ts';
import type { Logger } from '../../ops/logger.ts';
import { mergedEntries } from './merge.ts';
import type { IndexState } from './port.ts';
import type { SharedIndex } from './shared-index.ts';
import { writeSnapshot } from './snapshot-file.ts';

export interface FollowerOptions {
  log: Pick<LogReader, 'read' | 'state'>;
  bus: LiveBus;
  index: SharedIndex;
  logger: Logger;
  /** Folder for snapshots; absent for none. */
  snapshots?: string;
  /** ms; default 5 minutes. */
  snapshotEveryMs?: number;
}

const SNAPSHOT_EVERY_MS = 5 * 60_000;
/** Learning without a pause. */
const SLICE_MS = 2;
const ROUND_MS = 50;
/** All partitions are read at least this often. */
const FULL_ROUND_MS = 1_000;
const RETRY_MS = 500;

export class Follower {
  state: IndexState = 'loading';
  private readonly options: FollowerOptions;
  private readonly index: SharedIndex;
  private readonly unsubscribe: () => void;
  /** Last known position of each partition. */
  private readonly last: number[];
  private fullRoundAt = 0;
  private snapshotAt: number;
  private saved: number;
  private sliceEnd = 0;
  private stopping = false;
  private wake: () => void = () => {};
  private running: Promise<void> = Promise.resolve();

  constructor(options: FollowerOptions) {
    this.options = options;
    this.index = options.index;
    this.last = this.index.anchors.map(({ position }) => position);
    this.saved = this.read;
    this.snapshotAt = performance.now() + this.snapshotEveryMs;
    this.unsubscribe = options.bus.subscribe(TOPICS.appended, (bytes) => this.hear(bytes));
  }

  /** Begins; what keeps it from reading is tried again until `stop`. */
  start(): void {
    this.running = this.run();
  }

  /** Positions of the log that were not read yet. */
  get lag(): number {
    return this.last.reduce((sum, last, partition) => sum + Math.max(0, last - this.position(partition)), 0);
  }

  private async run(): Promise<void> {
    while (!this.stopping) {
      try {
        await this.round();
        if (performance.now() >= this.snapshotAt) await this.save();
        await this.pause(ROUND_MS);
      } catch (error) {
        if (error instanceof LogError && error.code === 'closed') return;
        this.options.logger.warn({ err: error }, 'the index cannot read the log');
        await this.pause(RETRY_MS);
      }
    }
  }

  private async round(): Promise<void> {
    const now = performance.now();
    if (this.state === 'loading' || now >= this.fullRoundAt) {
      const { events } = await this.options.log.state();
      events.forEach(({ first, last }, partition) => {
        this.index.skipTo(partition, first);
        this.last[partition] = Math.max(this.last[partition]!, last);
      });
      this.fullRoundAt = now + FULL_ROUND_MS;
    }
    const from = this.index.anchors.map(({ position }) => position);
    if (from.some((position, partition) => position < this.last[partition]!)) {
      await this.learn(mergedEntries(this.options.log, from, this.last.slice()));
    }
    if (!this.stopping) this.state = 'ready';
  }

  private async learn(entries: AsyncIterable<ReadItem>): Promise<void> {
    this.sliceEnd = performance.now() + SLICE_MS;
    for await (const item of entries) {
      if (this.stopping) return;
      this.index.learn(item, Date.now());
      if (performance.now() < this.sliceEnd) continue;
      if (performance.now() >= this.snapshotAt) await this.save();
      await nextTurn();
      this.sliceEnd = performance.now() + SLICE_MS;
    }
  }

  private hear(bytes: Uint8Array): void {
    const message = decodeMessage<AppendedMessage>(bytes);
    const { events = [], eventPositions = [] } = message ?? {};
    events.forEach((partition, index) => {
      const position = eventPositions[index];
      if (typeof position !== 'number' || !(this.last[partition]! < position)) return;
      this.last[partition] = position;
    });
  }

  /** Positions read so far, over all partitions. */
  private get read(): number {
    return this.index.anchors.reduce((sum, { position }) => sum + position, 0);
  }

  private position(partition: number): number {
    return this.index.anchors[partition]!.position;
  }

  private get snapshotEveryMs(): number {
    return this.options.snapshotEveryMs ?? SNAPSHOT_EVERY_MS;
  }

  /** Nothing is learned meanwhile, since nobody else does. */
  private async save(): Promise<void> {
    this.snapshotAt = performance.now() + this.snapshotEveryMs;
    const { snapshots, logger } = this.options;
    if (snapshots === undefined || this.read === this.saved) return;
    const read = this.read;
    try {
      await writeSnapshot(snapshots, this.index);
      this.saved = read;
    } catch (error) {
      logger.warn({ err: error, folder: snapshots }, 'the snapshot of the index could not be written');
    }
  }

  private async pause(ms: number): Promise<void> {
    if (this.stopping) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Writes a last snapshot. A second call does nothing more. */
  async stop(): Promise<void> {
    if (this.stopping) return this.running;
    this.stopping = true;
    this.unsubscribe();
    this.wake();
    this.running = this.running.then(() => this.save());
    return this.running;
  }
}
