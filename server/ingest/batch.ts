/**
 * One append on its way: the units of one partition, what the log has already answered about them, and the verdicts that follow.
 * Building is pure and starts anew each time from what the sources knew at the last commit.
 */
import type { ProducerRecord, Stream } from '../../format/model.ts';
import { decodeRecord, EMPTY_RECORD, encodeRecord, extendRecord } from '../../format/record.ts';
import { withoutSeqs } from '../../format/unit.ts';
import type { EventCode } from '../../protocol/codes.ts';
import type { Rejection } from '../../protocol/frames.ts';
import type { UnitDraft } from '../../workers/slab.ts';
import type { AppendBatch, AppendUnit, Conflict } from '../log/port.ts';
import type { SourceUnit } from './intake.ts';
import type { Settlement, Source } from './source.ts';

export interface BatchEvents {
  lost(key: string, partition: number, expected: number, found: number): void;
}

/** A unit and what became of its numbers so far. */
interface Work {
  source: Source;
  draft: UnitDraft;
  /** Settled before: the log's watermark had passed them. With their first verdicts, where they were rejected. */
  before: Set<number>;
  firstVerdicts: Rejection[];
  /** Events whose id is claimed: they settle as success and are not stored. */
  repeated: Set<number>;
}

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
      const work: Work = { source, draft, before: new Set(), firstVerdicts: [], repeated: new Set() };
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
      const cut = work.before.size + work.repeated.size > 0;
      const seqs = left(work);
      const memory = this.after.get(source) ?? source.memory(this.partition);
      const record = extendRecord(memory.record, source.owner.done, seqs, rejectionsLeft(work));
      const last = seqs[seqs.length - 1]!;
      const dropped = (seq: number) => work.before.has(seq) || work.repeated.has(seq);
      stored.add(draft.bytes, draft.stored, dropped, cut);
      dead.add(draft.deadBytes, draft.dead, dropped, cut);
      const ids = cut ? draft.ids.filter((_, i) => !dropped(draft.idSeqs[i]!)) : draft.ids;
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
    const verdicts = new Map(record.rejected.map((rejection) => [rejection[0], rejection]));
    for (const seq of work.draft.seqs) {
      if (seq > watermark || work.before.has(seq)) continue;
      work.before.add(seq);
      const verdict = verdicts.get(seq);
      if (verdict) work.firstVerdicts.push(verdict);
    }
  }

  private repeatedIds(work: Work, { repeated }: Conflict): void {
    const { ids, idSeqs } = work.draft;
    const asked = ids.map((_, i) => idSeqs[i]!).filter((seq) => !work.before.has(seq) && !work.repeated.has(seq));
    for (const index of repeated) work.repeated.add(asked[index]!);
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
    for (const [source, memory] of this.after) {
      if (this.work.some((work) => work.source === source)) source.remember(this.partition, memory);
    }
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

/** The numbers of a unit that are still to be settled by an append, rising. */
function left({ draft, before }: Work): ArrayLike<number> {
  return before.size === 0 ? draft.seqs : draft.seqs.filter((seq) => !before.has(seq));
}

/** Given up now, but settled before, maybe with its event in another partition: the first verdict counts. */
function keepFirstVerdicts({ source, draft, before, firstVerdicts }: Work): void {
  if (source.ahead.size === 0) return;
  for (const [seq, code] of draft.rejected) {
    const verdict = source.ahead.get(seq);
    if (code !== WITHDRAWN || verdict === undefined) continue;
    before.add(seq);
    if (verdict) firstVerdicts.push(verdict);
  }
}

const WITHDRAWN: EventCode = 'withdrawn';

function rejectionsLeft({ draft, before }: Work): Rejection[] {
  return before.size === 0 ? draft.rejected : draft.rejected.filter(([seq]) => !before.has(seq));
}

/** Collects the encoded units of one entry. */
class Part {
  readonly parts: Uint8Array[] = [];
  count = 0;

  add(bytes: Uint8Array, count: number, dropped: (seq: number) => boolean, cut: boolean): void {
    const part = cut && count > 0 ? withoutSeqs(bytes, dropped) : { bytes, count };
    if (part.count === 0) return;
    this.parts.push(part.bytes);
    this.count += part.count;
  }
}
