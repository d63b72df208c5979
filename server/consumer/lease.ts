/**
 * What a group keeps of one partition, and how it changes: pure, for the engines that decide in this process. The scripts of the Redis
 * engine decide the same.
 */
import { StoreError } from '../features/error.ts';
import type { GroupProgress, Lease } from './port.ts';

/** Times are ms since 1970, by the store's clock. */
export interface PartitionRecord {
  /** Empty: nobody. */
  owner: string;
  /** Of the last owner. */
  fence: number;
  renewedAt: number;
  ttlMs: number;
  position: number;
  /** When the position was committed; 0 for never. */
  at: number;
}

export const NEW_PARTITION: PartitionRecord = { owner: '', fence: 0, renewedAt: 0, ttlMs: 0, position: 0, at: 0 };

/** Lasting for `ttlMs` from `renewedAt` on. A clock that was set back by more than that ends it too, or it would last for as long as that was. */
export function isLasting({ renewedAt, ttlMs }: { renewedAt: number; ttlMs: number }, now: number): boolean {
  return Math.abs(now - renewedAt) < ttlMs;
}

/** With the lease taken or renewed; null where another has it. */
export function acquired(old: PartitionRecord, member: string, ttlMs: number, now: number): PartitionRecord | null {
  if (old.owner === member) return { ...old, renewedAt: now, ttlMs };
  if (old.owner !== '' && isLasting(old, now)) return null;
  // Time is in it, so that it does not repeat when the group was forgotten meanwhile.
  return { ...old, owner: member, fence: Math.max(old.fence + 1, now), renewedAt: now, ttlMs };
}

export function isHeld(record: PartitionRecord, { owner, fence }: Lease): boolean {
  return record.owner === owner && record.fence === fence;
}

export function progressOf(partition: number, { position, at }: PartitionRecord): GroupProgress {
  return { partition, position, at };
}

/** Throws StoreError `invalid`. */
export function checkPositions(expected: number, position: number): void {
  if (Number.isSafeInteger(position) && expected >= 0 && position >= expected) return;
  throw new StoreError('invalid', `a group goes forward, not from ${expected} to ${position}`);
}

const GROUP_NAME = /^[A-Za-z0-9_.-]{1,64}$/;

/** Throws StoreError `invalid`. */
export function checkGroupName(group: string): void {
  if (GROUP_NAME.test(group)) return;
  throw new StoreError('invalid', 'a group is named by 1 to 64 of A-Z a-z 0-9 _ - .');
}

const MEMBER_BYTES_MAX = 256;

/** Throws StoreError `invalid`. */
export function checkMember(member: string, ttlMs: number): void {
  if (member === '' || Buffer.byteLength(member) > MEMBER_BYTES_MAX)
    throw new StoreError('invalid', `a member is named by 1 to ${MEMBER_BYTES_MAX} bytes`);
  if (!(ttlMs > 0)) throw new StoreError('invalid', `${ttlMs} ms is no time to live`);
}
