/**
 * Where frames come from: one publishing connection, or one lane of HTTP requests. Everything of a source keeps its order: it has at
 * most one slab in the pool at a time, and one batch in flight per partition.
 */

import type { ProducerRecord } from '../../format/model.ts';
import { type ProducerId, producerKey } from '../../format/producer-key.ts';
import { EMPTY_RECORD, type Settled } from '../../format/record.ts';
import type { Rejection } from '../../protocol/frames.ts';
import type { PlacedRecord } from '../log/port.ts';
import { SERVED_NOTHING } from './fair-queue.ts';
import type { PendingFrame } from './pending-frame.ts';

/** Numbers whose verdict is committed, rising. */
export interface Settlement {
  seqs: readonly number[];
  rejected: readonly Rejection[];
  /** How many of them were settled before, by an earlier try or as a repeated id. */
  duplicates: number;
}

/** Who is told what became of a source's events. */
export interface SourceOwner {
  /** Everything up to here is settled; goes into the producer's records. */
  readonly done: number;
  settle(settlement: Settlement): void;
  /** Its events cannot be stored on this connection: an earlier one is missing in storage. Nothing more is settled. */
  fail(message: string): void;
}

/** What this source knows of its producer in one partition, as of the last commit. */
export interface PartitionMemory {
  /** The last number this source committed there; 0 before its first. */
  prev: number;
  record: ProducerRecord;
}

/** What the log remembers of a producer: where it stands, and each partition's record. */
export interface KnownProducer extends Settled {
  records: readonly PlacedRecord[];
}
export const UNKNOWN_PRODUCER: KnownProducer = { done: 0, ahead: [], rejected: [], records: [] };

/** `idle`: nothing in the pool; `queued`: waits for a slab; `in_pool`: its slab is being worked on; `failed`: takes part in nothing. */
export type SourceState = 'idle' | 'queued' | 'in_pool' | 'failed';

const NOTHING_AHEAD: Source['ahead'] = new Map();

function verdictsOf({ ahead, rejected }: KnownProducer): Source['ahead'] {
  const verdicts = new Map(rejected.map((rejection) => [rejection[0], rejection]));
  return new Map(ahead.map((seq) => [seq, verdicts.get(seq) ?? null]));
}

export class Source {
  readonly key: string;
  readonly owner: SourceOwner;
  readonly frames: PendingFrame[] = [];
  state: SourceState = 'idle';
  /** Events taken and not settled. */
  inFlight = 0;
  /** The intake's account of it (`fair-queue.ts`). */
  served = SERVED_NOTHING;
  /** Numbers that were settled when the connection opened, above what it resumes from, with their verdict where it was a rejection. */
  readonly ahead: ReadonlyMap<number, Rejection | null>;
  /** Made when there is something to remember: most connections are idle. */
  private partitions: Map<number, PartitionMemory> | null = null;

  /** `known` is what the log remembered of the producer when the connection opened. */
  constructor(id: ProducerId, owner: SourceOwner, known: KnownProducer = UNKNOWN_PRODUCER) {
    this.key = producerKey(id);
    this.owner = owner;
    this.ahead = known.ahead.length > 0 ? verdictsOf(known) : NOTHING_AHEAD;
    for (const { partition, ...record } of known.records) this.remember(partition, { prev: 0, record });
  }

  memory(partition: number): PartitionMemory {
    return this.partitions?.get(partition) ?? { prev: 0, record: EMPTY_RECORD };
  }

  remember(partition: number, memory: PartitionMemory): void {
    this.partitions ??= new Map();
    this.partitions.set(partition, memory);
  }

  fail(message: string): void {
    if (this.state === 'failed') return;
    this.state = 'failed';
    this.owner.fail(message);
  }
}
