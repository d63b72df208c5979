/**
 * Consumes one partition while this member owns it: reads on from where the group is, hands batches to the handler, and commits.
 *
 *   1. Batches of a partition come one after another and without a gap: `from` is the position behind the last batch's `to`.
 *   2. A position is committed only when its batch is handled. Nothing is committed for what another member has meanwhile.
 *   3. Whatever fails is tried again, after a pause that grows. Before each try it is asked where to go on: the group's position, or the one
 *      that the caller's own store has.
 */
import type { StoredEvent } from '../../format/model.ts';
import { Backoff } from '../../protocol/session/backoff.ts';
import { pause } from '../ingest/pause.ts';
import type { EventLog, LogWaker } from '../log/port.ts';
import type { GroupStore, Lease } from './port.ts';
import { readStretch, type Stretch } from './read.ts';

export interface Batch {
  partition: number;
  /** In the order of the log. Empty only where everything is missing. */
  events: { position: number; event: StoredEvent }[];
  /** The batch is everything from here to there, both included. */
  from: number;
  to: number;
  /** Events that retention let go before they were read. */
  trimmed: number;
  /** Entries that are damaged; what they held is not in `events`. */
  damaged: { last: number; reason: string }[];
}

/** `signal` aborts when the partition is another's: what the handler does from then on should not take effect. */
export type BatchHandler = (batch: Batch, context: { signal: AbortSignal }) => Promise<void> | void;

export interface PartitionSettings {
  log: Pick<EventLog, 'read'> & LogWaker;
  groups: GroupStore;
  handler: BatchHandler;
  /** Where the caller's own store stands; null where it has nothing yet. Absent: the group's position counts. */
  position?: (partition: number) => Promise<number | null> | number | null;
  maxEvents: number;
  maxBytes: number;
  /** Retry pauses, ms. */
  backoff: { minMs: number; maxMs: number };
  /** What counts as consumed in a partition that is new to the group. */
  startOf(partition: number): Promise<number>;
  /** It is tried again. */
  onError(error: unknown, partition: number): void;
  /** The lease may be lost: asks storage, which tells whoever owns this. */
  check(partition: number): Promise<boolean>;
}

const WAIT_MS = 10_000;

export class PartitionConsumer {
  readonly partition: number;
  /** Everything up to here is done, as this member knows. */
  position = 0;
  private readonly lease: Lease;
  private readonly settings: PartitionSettings;
  /** Nothing more is begun. */
  private readonly ending = new AbortController();
  /** What is under way does not count any more. */
  private readonly dropping = new AbortController();
  /** What the group's store has. */
  private committed = 0;
  private loop: Promise<void> = Promise.resolve();

  constructor(lease: Lease, settings: PartitionSettings) {
    this.partition = lease.partition;
    this.lease = lease;
    this.settings = settings;
  }

  start(): void {
    this.loop = this.run();
  }

  /** Finishes the batch under way and its commit, a failing one not. */
  async finish(): Promise<void> {
    this.ending.abort();
    await this.loop;
  }

  /** The partition is another's. */
  drop(): void {
    this.dropping.abort();
    this.ending.abort();
  }

  private async run(): Promise<void> {
    const backoff = new Backoff(this.settings.backoff.minMs, this.settings.backoff.maxMs);
    const { signal } = this.ending;
    while (!signal.aborted) {
      try {
        await this.goOn();
        while (!signal.aborted) {
          if (await this.step()) backoff.reset();
        }
      } catch (error) {
        if (this.dropping.signal.aborted) return;
        this.settings.onError(error, this.partition);
        // At least half of it: the pauses must grow for sure.
        await pause(backoff.next(0.5 + Math.random() / 2), signal);
      }
    }
  }

  /** Finds out where to begin, and makes a beginning in a partition that is new. */
  private async goOn(): Promise<void> {
    const { groups, position, startOf } = this.settings;
    const known = (await groups.progress()).find(({ partition }) => partition === this.partition);
    const isNew = !known || known.at === 0;
    this.committed = known?.position ?? 0;
    const own = position ? await position(this.partition) : null;
    if (own !== null && !(Number.isSafeInteger(own) && own >= 0))
      throw new TypeError(`position(${this.partition}) gave ${own}, which is no position`);
    const resumes = position === undefined && !isNew;
    this.position = own ?? (resumes ? this.committed : await startOf(this.partition));
    if (!isNew) return;
    // Said at once: "latest" must not be a later end for who takes over before the first batch.
    const begin = Math.max(this.committed, this.position);
    if (await groups.commit(this.lease, this.committed, begin)) this.committed = begin;
  }

  /** Reads and handles what is there, or waits. True if there was something. */
  private async step(): Promise<boolean> {
    const { log, maxBytes } = this.settings;
    const stretch = await readStretch(log, this.partition, this.position, maxBytes);
    if (stretch.through === this.position) {
      await log.wait('events', this.partition, this.position, WAIT_MS, this.ending.signal);
      return false;
    }
    for (const batch of batches(stretch, this.settings.maxEvents)) {
      if (this.ending.signal.aborted) return true;
      await this.settings.handler(batch, { signal: this.dropping.signal });
      this.position = batch.to;
      await this.commit();
    }
    return true;
  }

  private async commit(): Promise<void> {
    const { groups, check } = this.settings;
    // A store of the caller's own may have been set back; the group's position never is.
    if (this.position <= this.committed || this.dropping.signal.aborted) return;
    if (await groups.commit(this.lease, this.committed, this.position)) {
      this.committed = this.position;
      return;
    }
    if (!(await check(this.partition))) return this.drop();
    throw new Error('the position of the group is another one than this member left it at');
  }
}

/** In parts of at most so many events. What is missing goes with the first. */
function* batches(stretch: Stretch, maxEvents: number): Generator<Batch> {
  const { partition, events, through, trimmed, damaged } = stretch;
  let from = stretch.after + 1;
  for (let at = 0; at === 0 || at < events.length; at += maxEvents) {
    const part = events.slice(at, at + maxEvents);
    const isLast = at + maxEvents >= events.length;
    const to = isLast ? through : part.at(-1)!.position;
    yield {
      partition,
      events: part.map(({ position, event }) => ({ position, event })),
      from,
      to,
      ...(at === 0 ? { trimmed, damaged } : { trimmed: 0, damaged: [] }),
    };
    from = to + 1;
  }
}
