/**
 * What travels between the intake and the worker pool. One slab is one task: the event bytes of many frames of many connections,
 * copied into one buffer that is transferred. The intake keeps the originals until the slab has come back, so a worker that
 * dies costs nobody's events.
 */
import type { ProducerId } from '../format/producer-key.ts';
import type { EventFormat, Rejection } from '../protocol/frames.ts';

/** A batch body may also come as NDJSON: one event a line, `count` lines that are not blank. */
export type SlabFormat = EventFormat | 'ndjson';

/** What all frames of one connection, or one HTTP request, share. */
export interface SlabSource extends ProducerId {
  /** The merged context of HELLO, already validated. */
  context?: Record<string, unknown> | undefined;
  /** Server time minus client time; added to the event's timestamp. Absent where the client gave no clock. */
  clockOffsetMs?: number | undefined;
  /** The token's user: fills in a missing `user_id`, any other is `forbidden_user`. */
  userId?: string | undefined;
  /** User-Agent header and HELLO `agent`, for the normalised device and agent family. */
  userAgent?: string | undefined;
  agent?: string | undefined;
  /** Set where the server itself is the source: its events are judged by a schema of their own. Such never come to a worker thread. */
  internal?: true;
}

/** A source with the same fields in the same order as every other: an engine that finds a shape of its own in each looks all of them up anew. */
export function slabSource(
  { tenant, owner, producer, epoch }: ProducerId,
  { context, clockOffsetMs, userId, userAgent, agent }: Omit<SlabSource, keyof ProducerId | 'internal'>,
): SlabSource {
  return { tenant, owner, producer, epoch, context, clockOffsetMs, userId, userAgent, agent };
}

/** One frame inside a slab. `first` is the number of its first event; the first `skip` events are settled already and left out. */
export interface SlabFrame {
  /** Index into `sources`. */
  source: number;
  format: SlabFormat;
  first: number;
  count: number;
  skip: number;
  /** Where its event bytes stand in the slab's buffer. */
  offset: number;
  length: number;
  receivedAt: number;
}

export interface SlabTask {
  bytes: Uint8Array;
  sources: SlabSource[];
  frames: SlabFrame[];
  /** Where the result may stand, if it is large enough; transferred as well. */
  out?: ArrayBuffer | undefined;
}

/**
 * What one source has for one partition, in number order: stored and rejected. Byte fields are views of the result's one buffer; lists that
 * are empty are shared.
 */
export interface UnitDraft {
  source: number;
  partition: number;
  /** Every number of the unit, rising; stored and rejected. */
  seqs: readonly number[];
  /** The stored ones as one encoded unit (`format/unit.ts`); empty if there are none. */
  bytes: Uint8Array;
  stored: number;
  /** Client ids that stored events claim, and the number of each. */
  ids: readonly string[];
  idSeqs: readonly number[];
  rejected: readonly Rejection[];
  /** The rejected ones that go to the dead letters, as one encoded unit. */
  deadBytes: Uint8Array;
  dead: number;
}

export interface SlabResult {
  buffer: ArrayBuffer;
  /** The task's own buffer, given back to be used again. */
  input?: ArrayBuffer;
  units: UnitDraft[];
  /** Microseconds spent in the worker, in all and by stage, for the metrics. */
  micros: { total: number; decode: number; validate: number; enrich: number; encode: number };
  events: number;
  /** How many of each of `EVENT_KINDS` are not rejected. */
  kinds: number[];
}
