/**
 * The durable partitioned log. Each engine passes `tests/contract/event-log.ts`.
 *
 * An append is a compare-and-append: the engine checks every condition of the batch first and then writes all of it in one atomic
 * and durable step, or nothing of it and says why. The committer (`server/ingest/committer.ts`) cuts what is already there out of
 * the batch and asks again; so engines stay small, and an entry's bytes are never rewritten inside storage.
 */
import type { ProducerRecord, ReadItem, Stream } from '../../format/model.ts';
import type { Durability } from '../../protocol/frames.ts';

/** One producer's part of a batch. Units of one producer may follow each other in a batch; the later one sees the earlier one's watermark. */
export interface AppendUnit {
  /** `producerKey()` of the producer. */
  producer: string;
  /** The last number that this connection sent to this partition before this unit; 0 for its first. */
  prev: number;
  /** First and last number of the unit, stored or rejected; `last` becomes the watermark. */
  first: number;
  last: number;
  /** The record to remember, `encodeRecord()`ed; its watermark is `last`. */
  record: Uint8Array;
  /** Hashes of the client ids that its stored events claim, in event order (`idHash()`, 16 characters each). */
  ids: readonly string[];
}

export interface AppendBatch {
  partition: number;
  units: readonly AppendUnit[];
  /** The events as one encoded entry, or null if every event was rejected. */
  entry: { bytes: Uint8Array; count: number } | null;
  /** The rejected ones that are kept, as one encoded entry. */
  dead: { bytes: Uint8Array; count: number } | null;
}

/** Why a unit cannot be appended as it is. `watermark` and `record` are what stands in storage for its producer, 0 and null if nothing. */
export interface Conflict {
  /** Index into `units`. */
  unit: number;
  /**
   * `overlap`: the watermark is at or above `first`, some numbers are settled already.
   * `out_of_sequence`: the watermark is below `prev`, an earlier unit is missing.
   * `repeated_id`: some of its ids are claimed, by the log within the window or earlier in this batch.
   */
  reason: 'overlap' | 'out_of_sequence' | 'repeated_id';
  watermark: number;
  record: Uint8Array | null;
  /** For `repeated_id`: indexes into `ids`. */
  repeated: number[];
}

export type AppendResult =
  /** Durable as `durability` says. Positions of the last event and dead letter of the partition after it. */
  { status: 'appended'; last: number; lastDead: number } | { status: 'conflict'; conflicts: Conflict[] };

/** A producer's record and the partition that keeps it. */
export interface PlacedRecord extends ProducerRecord {
  partition: number;
}

export interface PartitionState {
  partition: number;
  /** Positions of the oldest retained and of the last event ever appended; `first` is `last + 1` when nothing is retained. */
  first: number;
  last: number;
  /** Bytes of the retained entries. */
  bytes: number;
}
export interface LogState {
  /** Which log this is: another one when its data was made anew. Positions of one mean nothing in the other. Empty while it is unknown. */
  identity: string;
  events: PartitionState[];
  deadLetters: PartitionState[];
  /** Producers remembered, over all partitions. */
  producers: number;
}

/** What may go. A missing field keeps everything; nothing at or after `keepFrom[partition]` ever goes. Sizes are bytes over all partitions. */
export interface RetentionPolicy {
  stream: Stream;
  /** Entries made before this time (ms since 1970) go. */
  before?: number;
  maxBytes?: number;
  /** Per partition: the first position that a consumer still needs. */
  keepFrom?: readonly number[];
}
export interface TrimReport {
  entries: number;
  events: number;
  bytes: number;
}

/** What an engine guarantees, as data; the contract suite fails on a gap that is not declared here. */
export interface LogGuarantees {
  engine: string;
  /** Keeps what it acknowledged when closed and opened again. */
  restartable: boolean;
  /** Several server processes may append at once. */
  multiProcess: boolean;
  partitions: number;
  /** How long a producer is remembered after its last commit, at least. */
  rememberProducersMs: number;
  /** How long an event id is remembered, at least; 0 for never. */
  dedupMs: number;
}

export interface EventLog {
  readonly guarantees: LogGuarantees;

  /** What an append promises right now; it may change while the log lives (a setting of the storage server changed). */
  durability(): Durability;

  /**
   * Appends a batch to its partition. Resolves when it is durable. One batch per partition at a time, a caller waits for the answer.
   * Throws LogError: `in_doubt` (it may stand: repeat the same batch until there is an answer), `unavailable` and `no_space`
   * (it does not stand, repeat later), `closed`, `misconfigured`.
   */
  append(batch: AppendBatch): Promise<AppendResult>;

  /** What every partition remembers of each of these producers: for each key one record per partition that has one. */
  producers(keys: readonly string[]): Promise<PlacedRecord[][]>;

  /**
   * Entries from the one that contains `from` on, in order, until `maxBytes` is passed (at least one if there is one).
   * If `from` is older than what is retained it starts at the oldest. Damaged entries come as such and are never decoded.
   */
  read(stream: Stream, partition: number, from: number, maxBytes: number): Promise<ReadItem[]>;

  state(): Promise<LogState>;
  trim(policy: RetentionPolicy): Promise<TrimReport>;

  /** Waits for appends under way, then lets go of everything. A second call does nothing. */
  close(): Promise<void>;
}

/** Optional: an engine that can wait for new entries without polling. */
export interface LogWaker {
  /** Resolves when the partition's stream may hold something after `position`, when `signal` aborts, or after `maxWaitMs`. */
  wait(stream: Stream, partition: number, position: number, maxWaitMs: number, signal: AbortSignal): Promise<void>;
}
