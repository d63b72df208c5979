/**
 * One append on its way: the units of one partition, what the log has already answered about them, and the verdicts that follow.
 * Building is pure and starts anew each time from what the sources knew at the last commit.
 */
import type { ProducerRecord, Stream } from '../../format/model.ts';
import { decodeRecord, EMPTY_RECORD, encodeRecord, extendRecord, isSettled } from '../../format/record.ts';
import { withoutSeqs } from '../../format/unit.ts';
import type { EventCode } from '../../protocol/codes.ts';
import type { Rejection } from '../../protocol/frames.ts';
import type { UnitDraft } from '../../workers/slab.ts';
import type { AppendBatch, AppendUnit, Conflict } from '../log/port.ts';
import type { SourceUnit } from './slab.ts';
import type { Settlement, Source } from './source.ts';

export interface BatchEvents {
  lost(key: string, partition: number, expected: number, found: number): void;
}

/** A unit and what became of its numbers so far. */
interface Work {
  source: Source;
  draft: UnitDraft;
  /** Settled before: the log's watermark had passed them. With their first verdicts, where they were rejected. */
  before: ReadonlySet<number>;
  firstVerdicts: readonly Rejection[];
  /** Events whose id is claimed: they settle as success and are not stored. */
  repeated: ReadonlySet<number>;
}

/** Few units ever have any. */
const NO_NUMBERS: ReadonlySet<number> = new Set();
const NO_VERDICTS: readonly Rejection[] = [];

type Encode = (stream: Stream, count: number, units: Uint8Array[]) => Uint8Array;

export class Batch {
  readonly partition: number;
  /** An append of this batch may stand although its answer was lost. */
  inDoubt = false;
  private work: Work[];
  private readonly events: BatchEvents;
  /** What each source will know once this batch is committed. */
  private after = new Map<Source, { prev: number; record: ProducerRecord }>();
  /** The units that were sent, in the order of the append. */
  private sent: Work[] = [];
  private readonly settledWhole: Work[] = [];

  constructor(partition: number, units: readonly SourceUnit[], events: BatchEvents) {
    this.partition = partition;
    this.events = events;
    this.work = units.map(({ source, draft }) => {
      const work: Work = { source, draft, before: NO_NUMBERS, firstVerdicts: NO_VERDICTS, repeated: NO_NUMBERS };
      keepFirstVerdicts(work);
      return work;
    });
    this.sortOut();
  }

  /** Nothing is left to append. */
  get empty(): boolean {
    return this.work.length === 0;
  }

  build(encode: Encode): AppendBatch {
    this.after = new Map();
    this.sent = this.work;
    const units: AppendUnit[] = [];
    const stored = new Part();
    const dead = new Part();
    for (const work of this.work) {
      const { source, draft } = work;
      const seqs = left(work);
      const memory = this.after.get(source) ?? source.memory(this.partition);
      const record = extendRecord(memory.record, source.owner.done, seqs, rejectionsLeft(work));
      const last = seqs[seqs.length - 1]!;
      stored.add(draft.bytes, draft.stored, work);
      dead.add(draft.deadBytes, draft.dead, work);
      const ids = isCut(work) ? draft.ids.filter((_, i) => !isDropped(work, draft.idSeqs[i]!)) : draft.ids;
      units.push({ producer: source.key, prev: memory.prev, first: seqs[0]!, last, record: encodeRecord(record), ids });
      this.after.set(source, { prev: last, record });
    }
    return {
      partition: this.partition,
      units,
      entry: stored.count > 0 ? { bytes: encode('events', stored.count, stored.parts), count: stored.count } : null,
      dead: dead.count > 0 ? { bytes: encode('dead-letters', dead.count, dead.parts), count: dead.count } : null,
    };
  }

  /** Takes in why the log refused, so that the next `build` leaves out what is there already. */
  resolve(conflicts: readonly Conflict[]): void {
    for (const conflict of conflicts) {
      const work = this.sent[conflict.unit]!;
      if (conflict.reason === 'overlap') this.overlap(work, conflict);
      else if (conflict.reason === 'repeated_id') this.repeatedIds(work, conflict);
      else this.outOfSequence(work, conflict);
    }
    this.sortOut();
  }

  /** Puts aside what needs no append any more. */
  private sortOut(): void {
    for (const work of this.work) if (left(work).length === 0) this.settledWhole.push(work);
    this.work = this.work.filter((work) => work.source.state !== 'failed' && left(work).length > 0);
  }

  private overlap(work: Work, { watermark, record: bytes }: Conflict): void {
    const record = bytes ? decodeRecord(bytes) : { ...EMPTY_RECORD, watermark };
    const memory = work.source.memory(this.partition);
    work.source.remember(this.partition, { prev: memory.prev, record });
    const rejections = [...givenUpNow(work, record), ...record.rejected];
    const verdicts = new Map(rejections.map((rejection) => [rejection[0], rejection]));
    const found = work.draft.seqs.filter((seq) => seq <= watermark && !work.before.has(seq));
    settledBefore(work, found, verdicts);
  }

  private repeatedIds(work: Work, { repeated }: Conflict): void {
    const { ids, idSeqs } = work.draft;
    const asked = ids.map((_, i) => idSeqs[i]!).filter((seq) => !work.before.has(seq) && !work.repeated.has(seq));
    work.repeated = new Set([...work.repeated, ...repeated.map((index) => asked[index]!)]);
  }

  private outOfSequence(work: Work, { watermark }: Conflict): void {
    const { source } = work;
    if (source.state === 'failed') return;
    const { prev } = source.memory(this.partition);
    if (watermark < prev) this.events.lost(source.key, this.partition, prev, watermark);
    source.fail('an earlier event is missing in storage');
  }

  /** The batch is durable: the sources learn what they know now, and their owners the verdicts. */
  settle(): Settlement[] {
    for (const { source } of this.work) source.remember(this.partition, this.after.get(source)!);
    const settlements: Settlement[] = [];
    for (const work of [...this.settledWhole, ...this.work]) {
      if (work.source.state === 'failed') continue;
      const settlement = this.verdicts(work);
      settlements.push(settlement);
      work.source.inFlight -= settlement.seqs.length;
      work.source.owner.settle(settlement);
    }
    return settlements;
  }

  private verdicts(work: Work): Settlement {
    const { draft, before, firstVerdicts, repeated } = work;
    const rejected = before.size === 0 ? draft.rejected : [...firstVerdicts, ...rejectionsLeft(work)];
    const again = this.inDoubt ? 0 : before.size - firstVerdicts.length;
    return { seqs: draft.seqs, rejected, duplicates: again + repeated.size };
  }

  /** The log cannot take it: the sources end, nothing is settled. */
  fail(): void {
    for (const { source } of [...this.settledWhole, ...this.work]) source.fail('the log cannot take events');
  }
}

/** Something of the unit is there already. */
function isCut({ before, repeated }: Work): boolean {
  return before.size + repeated.size > 0;
}

function isDropped({ before, repeated }: Work, seq: number): boolean {
  return before.has(seq) || repeated.has(seq);
}

/** The numbers of a unit that are still to be settled by an append, rising. */
function left({ draft, before }: Work): readonly number[] {
  return before.size === 0 ? draft.seqs : draft.seqs.filter((seq) => !before.has(seq));
}

/** Given up now, but settled before, maybe with its event in another partition: the first verdict counts. */
function keepFirstVerdicts(work: Work): void {
  const { ahead } = work.source;
  if (ahead.size === 0) return;
  const found = work.draft.rejected.filter(([seq, code]) => code === WITHDRAWN && ahead.has(seq)).map(([seq]) => seq);
  settledBefore(work, found, ahead);
}

/**
 * Numbers are given up in their producer's own partition, where a later one may have been before: there the watermark has passed them, but
 * nothing is settled. Nothing has to be written for them either: whoever asks again is told the same.
 */
function givenUpNow({ draft }: Work, record: ProducerRecord): readonly Rejection[] {
  return draft.rejected.filter(([seq, code]) => code === WITHDRAWN && !isSettled(record, seq));
}

/** `verdicts` has the numbers that were rejected; the others were stored. */
function settledBefore(work: Work, seqs: readonly number[], verdicts: ReadonlyMap<number, Rejection | null>): void {
  const rejected = seqs.map((seq) => verdicts.get(seq) ?? null).filter((verdict) => verdict !== null);
  work.before = new Set([...work.before, ...seqs]);
  work.firstVerdicts = [...work.firstVerdicts, ...rejected];
}

const WITHDRAWN: EventCode = 'withdrawn';

function rejectionsLeft({ draft, before }: Work): readonly Rejection[] {
  return before.size === 0 ? draft.rejected : draft.rejected.filter(([seq]) => !before.has(seq));
}

/** Collects the encoded units of one entry. */
class Part {
  readonly parts: Uint8Array[] = [];
  count = 0;

  add(bytes: Uint8Array, count: number, work: Work): void {
    if (count === 0) return;
    if (!isCut(work)) return this.push(bytes, count);
    const rest = withoutSeqs(bytes, (seq) => isDropped(work, seq));
    if (rest.count > 0) this.push(rest.bytes, rest.count);
  }

  private push(bytes: Uint8Array, count: number): void {
    this.parts.push(bytes);
    this.count += count;
  }
}
