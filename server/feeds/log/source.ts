/** The log as the feeds read it: trouble of storage is waited out for a while. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Stream } from '../../../format/model.ts';
import { LogError } from '../../log/error.ts';
import type { EventLog, LogWaker, PartitionState } from '../../log/port.ts';
import { type Block, openBlock } from './block.ts';

/** One thread's reader; closed by whoever opened it. */
export type FeedLog = Pick<EventLog, 'read' | 'state'> & LogWaker & { readonly partitions: number };

export interface LogBounds {
  /** Which log it is; never empty. */
  identity: string;
  partitions: readonly PartitionState[];
}

const RETRY_MS = 200;
/** After this time of trouble a subscription ends, with the position that it has. */
const GIVE_UP_MS = 10_000;

export class LogSource {
  readonly stream: Stream;
  readonly log: FeedLog;
  private readonly giveUpMs: number;

  constructor(log: FeedLog, stream: Stream, giveUpMs = GIVE_UP_MS) {
    this.log = log;
    this.stream = stream;
    this.giveUpMs = giveUpMs;
  }

  /** What stands from a position on; empty at the end. Throws LogError, after a while of trouble. */
  async read(partition: number, from: number, maxBytes: number): Promise<Block[]> {
    const entries = await this.patiently(() => this.log.read(this.stream, partition, from, maxBytes));
    let next = from;
    return entries.map((entry) => {
      const block = openBlock(entry, next);
      next = block.last + 1;
      return block;
    });
  }

  /** Where nothing can be read though there should be something: what retention took, as a block without items; null if it took nothing. */
  async gone(partition: number, from: number): Promise<Block | null> {
    const { first } = (await this.bounds()).partitions[partition]!;
    return first > from ? { from, last: first - 1, items: [], bytes: 0 } : null;
  }

  /** Throws LogError, after a while of trouble. */
  bounds(): Promise<LogBounds> {
    return this.patiently(() => this.boundsNow());
  }

  async boundsNow(): Promise<LogBounds> {
    const { identity, events, deadLetters } = await this.log.state();
    if (identity === '') throw new LogError('unavailable', 'the log is being made anew');
    return { identity, partitions: this.stream === 'events' ? events : deadLetters };
  }

  private async patiently<T>(ask: () => Promise<T>): Promise<T> {
    const until = performance.now() + this.giveUpMs;
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        if (!(error instanceof LogError && error.canRetry) || performance.now() >= until) throw error;
      }
      await sleep(RETRY_MS);
    }
  }
}
