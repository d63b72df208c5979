/**
 * The way of an event from a taken frame to its committed verdict: intake -> pool -> committer -> the source's owner.
 * This is the door of the room; it also keeps the ledger's account of what is in flight.
 */

import { type ProducerId, producerKey } from '../../format/producer-key.ts';
import { unite } from '../../format/record.ts';
import type { EventCode } from '../../protocol/codes.ts';
import type { Catalogue } from '../../workers/catalogue.ts';
import { processSlab } from '../../workers/process-slab.ts';
import type { WorkerSettings } from '../../workers/settings.ts';
import type { SlabTask, UnitDraft } from '../../workers/slab.ts';
import type { EventLog } from '../log/port.ts';
import type { Logger } from '../ops/logger.ts';
import type { Transport } from '../ops/metric-labels.ts';
import type { Metrics } from '../ops/metrics.ts';
import { Committer } from './committer.ts';
import { Intake, type IntakeEvents, type WorkHere } from './intake.ts';
import { Latency } from './latency.ts';
import type { PendingFrame } from './pending-frame.ts';
import type { SlabPool } from './pool.ts';
import { Quarantine } from './quarantine.ts';
import { type KnownProducer, type Settlement, Source, type SourceOwner } from './source.ts';

export interface IngestParts {
  log: EventLog;
  pool: SlabPool;
  /** One thread that takes what killed another. */
  quarantine: Pick<SlabPool, 'run' | 'close'>;
  settings: WorkerSettings;
  /** Small slabs are worked on in this thread, with this catalogue; null or absent: in the pool only. */
  here?: { catalogue?: Catalogue | undefined } | null;
  metrics: Metrics;
  logger: Logger;
}

/** Producers whose losses are known to be counted; beyond, a loss may be counted twice. */
const LOSSES_REMEMBERED = 10_000;
/** What was acknowledged is the client's word. One that is wrong must not hide from the counter what others really lose. */
const LOSS_MOST = 1_000_000;

export class Ingest {
  readonly storageLatency = new Latency();
  private readonly parts: IngestParts;
  private readonly intake: Intake;
  private readonly committer: Committer;
  private readonly quarantine: Quarantine;
  private inFlight = 0;
  /** Up to which number the losses of a producer were counted. */
  private readonly losses = new Map<string, number>();

  constructor(parts: IngestParts) {
    this.parts = parts;
    const { metrics, logger, pool, quarantine, settings, log, here } = parts;
    this.committer = new Committer(log, {
      committed: (settlements, events, bytes, seconds) => this.committed(settlements, events, bytes, seconds),
      stage: (stage, seconds) => metrics.stage(stage, seconds),
      conflicted: () => metrics.commitConflicted(),
      repeated: (partition, error) => {
        metrics.commitRetried();
        logger.warn({ partition, code: error.code, reason: error.message }, 'append is repeated');
      },
      idle: () => this.intake.committed(),
      failed: (partition, error) => logger.error({ partition, err: error }, 'append failed'),
      lost: (producer, partition, expected, found) => {
        this.noticeLoss(producer, expected, found);
        logger.error({ producer, partition, expected, found }, 'storage lost what it had acknowledged');
      },
    });
    this.quarantine = new Quarantine(quarantine, settings);
    const events: IntakeEvents = {
      units: (units) => this.committer.submit(units),
      committing: () => this.committer.committing,
      slab: (events, bytes, result, handOver) => {
        metrics.slab(events, bytes);
        if (handOver !== null) metrics.stage('handover', handOver);
        if (result && handOver === null) metrics.judged(result);
        else if (result) metrics.worked(result);
      },
      workerDied: (error) => {
        metrics.workerDied();
        logger.error({ err: error }, 'a worker died, its slab goes to the quarantine');
      },
    };
    const workHere: WorkHere = (task) => processSlab(task, settings, () => performance.now(), here?.catalogue);
    this.intake = new Intake(pool, this.quarantine, events, here ? workHere : null);
  }

  /** What the log remembers of a producer; `clientDone` is what the client has processed and counts as settled. */
  async known(id: ProducerId, clientDone: number): Promise<KnownProducer> {
    const [records = []] = await this.parts.log.producers([producerKey(id)]);
    return { records, ...unite(records, clientDone) };
  }

  /**
   * Counts what storage has lost of a producer: it acknowledged numbers up to `acknowledged` and has them up to `found`. An append and
   * the next HELLO may both see the same loss; it counts once, and as `LOSS_MOST` at most.
   */
  noticeLoss(key: string, acknowledged: number, found: number): void {
    const counted = this.losses.get(key) ?? 0;
    const lost = acknowledged - Math.max(found, counted);
    if (lost <= 0) return;
    this.parts.metrics.storageLost(Math.min(lost, LOSS_MOST));
    const [oldest] = this.losses.keys();
    if (this.losses.size >= LOSSES_REMEMBERED && oldest !== undefined) this.losses.delete(oldest);
    this.losses.set(key, acknowledged);
  }

  open(id: ProducerId, owner: SourceOwner, known?: KnownProducer): Source {
    return new Source(id, owner, known);
  }

  /**
   * Takes a frame: from here on its events get a verdict, or the source fails. The bytes must be the caller's own copy.
   * `bytes` is what the frame cost on the wire.
   */
  take(source: Source, frame: PendingFrame, bytes: number, transport: Transport): void {
    const { metrics } = this.parts;
    metrics.received(frame.count, bytes, transport);
    if (frame.skip > 0) metrics.duplicates(frame.skip);
    const events = frame.count - frame.skip;
    if (events === 0) return frame.copy.release();
    source.inFlight += events;
    this.inFlight += events;
    this.intake.submit(source, frame);
  }

  /**
   * Takes a frame of the server's own and goes through a worker's stages here and now: for single events a thread's way there and back
   * costs more than the work, and they need not wait behind what clients sent.
   */
  takeHere(source: Source, frame: PendingFrame): void {
    const { sender, copy, ...rest } = frame;
    const { bytes } = copy;
    const task: SlabTask = {
      bytes,
      sources: [sender],
      frames: [{ ...rest, source: 0, offset: 0, length: bytes.length }],
    };
    try {
      const result = processSlab(task, this.parts.settings, () => performance.now());
      this.parts.metrics.judged(result);
      for (const draft of result.units) this.commit(source, draft, bytes.length);
    } catch (error) {
      this.parts.logger.error({ err: error }, 'an event of the server could not be processed');
      source.fail('its event could not be processed');
    }
  }

  /** Commits a unit that was made here instead of in the pool; its events count as received. `bytes` is what they hold. */
  commit(source: Source, draft: UnitDraft, bytes: number): void {
    const events = draft.seqs.length;
    this.parts.metrics.received(events, bytes, 'internal');
    source.inFlight += events;
    this.inFlight += events;
    this.committer.submit([{ source, draft }]);
  }

  /** Lets go of everything a source has in flight; it gets no verdict. */
  abandon(source: Source): void {
    this.intake.discard(source);
    this.parts.metrics.abandoned(source.inFlight);
    this.inFlight -= source.inFlight;
    source.inFlight = 0;
  }

  private committed(settlements: readonly Settlement[], events: number, bytes: number, seconds: number): void {
    let settled = 0;
    let duplicates = 0;
    let rejected = 0;
    const rejectedByCode: Partial<Record<EventCode, number>> = {};
    for (const settlement of settlements) {
      settled += settlement.seqs.length;
      duplicates += settlement.duplicates;
      rejected += settlement.rejected.length;
      for (const [, code] of settlement.rejected) rejectedByCode[code] = (rejectedByCode[code] ?? 0) + 1;
    }
    this.inFlight -= settled;
    if (seconds > 0) this.storageLatency.observe(seconds);
    const stored = settled - duplicates - rejected;
    this.parts.metrics.committed({ stored, duplicates, rejectedByCode, seconds, events, bytes });
  }

  /** Events taken and not settled. */
  get eventsInFlight(): number {
    return this.inFlight;
  }

  /** Event bytes that wait for a worker. */
  get waitingBytes(): number {
    return this.intake.waitingBytes;
  }

  /** How long the oldest append has waited for its answer, seconds. */
  oldestAppend(): number {
    return this.committer.oldestWait(performance.now()) / 1000;
  }

  /** Ends the way: nothing is taken any more, what is not committed by now never gets a verdict. The log stays open. */
  async close(): Promise<void> {
    this.intake.stop();
    this.committer.stop();
    this.quarantine.stop();
    await Promise.all([this.parts.pool.close(), this.parts.quarantine.close()]);
  }
}
