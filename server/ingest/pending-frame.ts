/** A frame that was taken and waits for a slab. */
import type { SlabFormat, SlabSource } from '../../workers/slab.ts';
import type { Copy } from './arena.ts';
import { TURN_BYTES } from './slab.ts';

export interface PendingFrame {
  format: SlabFormat;
  /** Its events' bytes; released once its slab has come back. */
  copy: Copy;
  first: number;
  count: number;
  /** So many of its first events are settled already. */
  skip: number;
  receivedAt: number;
  /** What the worker must know of its sender. */
  sender: SlabSource;
}

/** Beyond this nothing is joined, so that a turn in a slab ends near its bound. */
const JOINED_BYTES = TURN_BYTES / 2;
const JOINED_EVENTS = 256;

/**
 * Makes `next` a part of `frame` where nobody could tell the difference: the same sender's next events, come right behind it and in the
 * same millisecond. Events that are sent one by one come in bursts, and then cost on their way to storage what they would in one frame.
 */
export function join(frame: PendingFrame, next: PendingFrame): boolean {
  const { copy, first, count } = frame;
  if (next.first !== first + count || next.skip > 0 || next.receivedAt !== frame.receivedAt) return false;
  // JSON has something between two events.
  if (frame.format !== 'msgpack' || next.format !== 'msgpack' || next.sender !== frame.sender) return false;
  if (count + next.count > JOINED_EVENTS || copy.length + next.copy.length > JOINED_BYTES) return false;
  if (!copy.join(next.copy)) return false;
  frame.count += next.count;
  return true;
}
