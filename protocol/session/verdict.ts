/** What became of one event, as the client's application is told. */
import type { EventCode } from '../codes.ts';

/** `seq` is the event's number; 0 where it was dropped before it ever had one on the wire. */
export type Verdict =
  /** In the log, or already there (a repeat of the number or of its `id`); durable as WELCOME's `durability` says. */
  | { status: 'stored'; seq: number }
  /** Settled before this process sent it: it was in the log, or had been rejected, when the connection opened. */
  | { status: 'settled'; seq: number }
  | { status: 'rejected'; seq: number; code: EventCode; path: string; message: string }
  /** Dropped from the full outbox by its policy, before or after a first try, or too large; its number, if it has one, is given up. */
  | { status: 'dropped'; seq: number; reason: DropReason };

export type DropReason = 'outbox_full' | 'too_large';
