/**
 * Writes units to the log, one batch in flight per partition; what waits meanwhile goes with the next batch. A batch that is in doubt
 * is repeated until there is an answer, before anything later. What the log says is there already is cut out, and the rest tried again.
 */
import { encodeEntry } from '../../format/entry.ts';
import { LogError } from '../log/error.ts';
import type { AppendBatch, AppendResult, EventLog } from '../log/port.ts';
import { Batch } from './batch.ts';
import { EntryBuffers } from './entry-buffers.ts';
import { pause } from './pause.ts';
import type { SourceUnit } from './slab.ts';
import type { Settlement, Source } from './source.ts';

/** The most that goes into one append; more waits for the next. */
const BATCH_BYTES = 1024 * 1024;
const BATCH_UNITS = 2000;
const RETRY_FIRST_MS = 20;
const RETRY_MOST_MS = 1_000;

export interface CommitterEvents {
  /** A batch is settled. Events and bytes of its entry, and how long its last append took, seconds; 0 where none was needed. */
  committed(settlements: readonly Settlement[], events: number, bytes: number, seconds: number): void;
  /** Time of this thread: `commit` for making a batch and handing it to storage, `ack` for telling its verdicts; seconds. */
  stage(stage: 'commit' | 'ack', seconds: number): void;
  /** A batch is cut anew: something in it was settled before. */
  conflicted(partition: number): void;
  /** An append failed and is repeated. */
  repeated(partition: number, error: LogError): void;
  /** The log cannot be used any more as it is; said once per failed append. */
  failed(partition: number, error: unknown): void;
  /** Nothing is in flight any more. */
  idle(): void;
  /** Storage does not have what it acknowledged. */
  lost(key: string, partition: number, expected: number, found: number): void;
}

interface Answer {
  result: AppendResult;
  tries: number;
  /** Of the last try. */
  seconds: number;
}

interface Lane {
  partition: number;
  waiting: SourceUnit[];
  /** When the batch in flight was first tried, ms; null while nothing is in flight. */
  since: number | null;
}

export class Committer {
  private readonly log: EventLog;
  private readonly events: CommitterEvents;
  private readonly lanes: Lane[];
  private readonly buffers = new EntryBuffers();
  private inFlight = 0;
  private stopped = false;
  private readonly wake = new AbortController();

  constructor(log: EventLog, events: CommitterEvents) {
    this.log = log;
    this.events = events;
    this.lanes = Array.from({ length: log.guarantees.partitions }, (_, partition) => ({
      partition,
      waiting: [],
      since: null,
    }));
  }

  submit(units: readonly SourceUnit[]): void {
    for (const unit of units) this.lanes[unit.draft.partition]!.waiting.push(unit);
    for (const lane of this.lanes) this.start(lane);
  }

  /** How long the oldest batch in flight has been waiting for its answer, ms. */
  oldestWait(now: number): number {
    let oldest = 0;
    for (const { since } of this.lanes) if (since !== null) oldest = Math.max(oldest, now - since);
    return oldest;
  }

  /** Something is in flight; `idle` is told at its end. */
  get committing(): boolean {
    return this.inFlight > 0;
  }

  /** Gives up what is not committed. */
  stop(): void {
    this.stopped = true;
    this.wake.abort();
  }

  private start(lane: Lane): void {
    if (lane.since !== null || lane.waiting.length === 0 || this.stopped) return;
    lane.since = performance.now();
    this.inFlight++;
    this.run(lane)
      .catch((error) => this.events.failed(lane.partition, error))
      .finally(() => {
        lane.since = null;
        this.inFlight--;
        this.start(lane);
        if (this.inFlight === 0) this.events.idle();
      });
  }

  private async run(lane: Lane): Promise<void> {
    const units = take(lane.waiting);
    const batch = new Batch(lane.partition, units, this.events);
    let written = { events: 0, bytes: 0, seconds: 0 };
    try {
      while (!batch.empty) {
        const began = performance.now();
        const append = batch.build((stream, count, parts) =>
          encodeEntry(stream, Date.now(), count, parts, (length) => this.buffers.take(length)),
        );
        const appending = this.append(append, batch);
        this.events.stage('commit', (performance.now() - began) / 1000);
        const answer = await appending;
        if (answer === null) return;
        // Of a try that failed the bytes may still be on their way somewhere.
        if (answer.tries === 1)
          for (const sent of [append.entry, append.dead]) if (sent) this.buffers.giveBack(sent.bytes);
        if (answer.result.status === 'appended') {
          written = {
            events: append.entry?.count ?? 0,
            bytes: append.entry?.bytes.length ?? 0,
            seconds: answer.seconds,
          };
          break;
        }
        this.events.conflicted(lane.partition);
        batch.resolve(answer.result.conflicts);
      }
    } catch (error) {
      batch.fail();
      throw error;
    }
    const began = performance.now();
    const settlements = batch.settle();
    this.events.stage('ack', (performance.now() - began) / 1000);
    for (const { lease } of units) lease?.giveBack();
    this.events.committed(settlements, written.events, written.bytes, written.seconds);
  }

  /** Repeats until there is an answer; null if the committer was stopped first. */
  private async append(append: AppendBatch, batch: Batch): Promise<Answer | null> {
    let tries = 0;
    for (let wait = RETRY_FIRST_MS; !this.stopped; wait = Math.min(RETRY_MOST_MS, wait * 2)) {
      tries++;
      const started = performance.now();
      try {
        const result = await this.log.append(append);
        return { result, tries, seconds: (performance.now() - started) / 1000 };
      } catch (error) {
        if (!(error instanceof LogError && error.canRetry)) throw error;
        if (error.inDoubt) batch.inDoubt = true;
        this.events.repeated(append.partition, error);
        await pause(wait, this.wake.signal);
      }
    }
    return null;
  }
}

/** What goes into the next batch. Two connections of one producer never share one: each keeps its own account of the producer. */
function take(waiting: SourceUnit[]): SourceUnit[] {
  const sources = new Map<string, Source>();
  let bytes = 0;
  let count = 0;
  while (count < waiting.length && count < BATCH_UNITS && (count === 0 || bytes < BATCH_BYTES)) {
    const { source, draft } = waiting[count]!;
    if ((sources.get(source.key) ?? source) !== source) break;
    sources.set(source.key, source);
    bytes += draft.bytes.length + draft.deadBytes.length;
    count++;
  }
  return waiting.splice(0, count).filter(({ source }) => source.state !== 'failed');
}
