/**
 * What stands in the log, as objects. The byte layout is in `docs/LOG-FORMAT.md`; `format/` is pure: bytes in, objects out.
 *
 *   entry = header (version, kind, created, count, CRC-32) + units      one atomic write of one partition
 *   unit  = one producer's header (tenant, owner, producer, epoch) + runs
 *   run   = one subject's consecutive events: clear header + one block that can later be sealed as a whole
 */
import type { EventCode } from '../protocol/codes.ts';
import type { EventFormat, Rejection } from '../protocol/frames.ts';

/** Which of a partition's two streams: the events, or what was rejected. Each has its own dense positions from 1 up. */
export type Stream = 'events' | 'dead-letters';
export const STREAMS: readonly Stream[] = ['events', 'dead-letters'];

/** Downstream code keys on this and never on a raw user id: today it is the user id, later a pseudonym. */
export type SubjectId = string & { readonly __brand: 'SubjectId' };

/** An event as readers of the log get it: every field the client sent, what its context and enrichment added, and the stamp. */
export interface StoredEvent {
  tenant: string;
  producer: string;
  epoch: number;
  seq: number;
  /** ms since 1970, the server's clock. */
  received_at: number;
  type: string;
  user_id: string;
  [field: string]: unknown;
}

/** A rejected event, kept with all that is needed to judge it and to send it again. */
export interface DeadLetter {
  tenant: string;
  producer: string;
  epoch: number;
  seq: number;
  received_at: number;
  /** Where it failed: `decode`, `validate`, `process` (crashed the worker twice), `fold` (stored, but could not be made use of). */
  stage: DeadLetterStage;
  code: EventCode;
  path: string;
  message: string;
  /** The event's own bytes as the client sent them, and how they are encoded. */
  format: EventFormat;
  bytes: Uint8Array;
  /** The connection's context at that time. */
  context?: Record<string, unknown>;
}
export type DeadLetterStage = 'decode' | 'validate' | 'process' | 'fold';

/** An entry as it was read: whole, or damaged and set aside. Positions count events, per partition and stream. */
export type ReadItem = IntactEntry | DamagedEntry;
export interface IntactEntry {
  status: 'intact';
  partition: number;
  stream: Stream;
  /** Positions of its first and last event. */
  first: number;
  last: number;
  /** ms since 1970, when the entry was made. */
  created: number;
  bytes: Uint8Array;
}
export interface DamagedEntry {
  status: 'damaged';
  partition: number;
  stream: Stream;
  /** The position under which storage holds it. What it contained is not known. */
  last: number;
  reason: 'bad_magic' | 'unknown_version' | 'truncated' | 'checksum' | 'count';
  bytes: Uint8Array;
}

/**
 * What a partition remembers of a producer, written in the same atomic step as the events it speaks of.
 * Numbers up to `base` were settled (anywhere) when it was written; `settled` are the ranges above it that this partition settled,
 * up to its watermark. The union over all partitions gives the exact number to resume from, without a write of its own.
 */
export interface ProducerRecord {
  /** The highest number this partition settled. */
  watermark: number;
  base: number;
  /** Disjoint, rising, inclusive ranges in (base, watermark]. */
  settled: readonly (readonly [from: number, to: number])[];
  /** Verdicts of rejected numbers of this partition in the last largest window (1,024 numbers), rising by number. */
  rejected: readonly Rejection[];
}
