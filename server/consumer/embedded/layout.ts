/**
 * How the embedded engine keeps groups: one LMDB environment with one table, `groups`. Keys and values (numbers big-endian):
 *
 *   'format' -> '1'
 *   'm', group, 0, member -> JSON {renewedAt, ttlMs}                                 version: when it was renewed
 *   'p', group, 0, partition u16 -> JSON of a PartitionRecord (`../lease.ts`)        version: rises with each change
 *
 * A change of a partition is one transaction, conditional on the version that it was decided by. Time is this machine's clock.
 */
import type { Layout } from '../../lmdb/environment.ts';

export const GROUPS_LAYOUT: Layout = { name: 'groups', format: '1', tables: { groups: true } };

export function memberKey(group: string, member: string): Buffer {
  return Buffer.from(`m${group}\0${member}`);
}

export function memberRange(group: string): { start: Buffer; end: Buffer } {
  return { start: Buffer.from(`m${group}\0`), end: Buffer.from(`m${group}\u0001`) };
}

export function memberOf(key: Buffer): string {
  return key.toString('utf8', key.indexOf(0) + 1);
}

export function partitionKey(group: string, partition: number): Buffer {
  const key = Buffer.alloc(group.length + 4);
  key.write(`p${group}`, 'latin1');
  key.writeUInt16BE(partition, group.length + 2);
  return key;
}

export function partitionRange(group: string): { start: Buffer; end: Buffer } {
  return { start: Buffer.from(`p${group}\0`), end: Buffer.from(`p${group}\u0001`) };
}

export function partitionOf(key: Buffer): number {
  return key.readUInt16BE(key.length - 2);
}

/** The group of any key; null for those of none. */
export function groupOf(key: Buffer): string | null {
  const end = key.indexOf(0);
  return end < 0 ? null : key.toString('latin1', 1, end);
}

export function encode(value: object): Buffer {
  return Buffer.from(JSON.stringify(value));
}
export function decode<T>(value: Buffer): T {
  return JSON.parse(value.toString());
}
