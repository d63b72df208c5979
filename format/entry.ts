/**
 * One entry: what one atomic write of a partition holds.
 *
 *   0  'G' 'L'        magic
 *   2  u8             format version, 1
 *   3  u8             stream: 0 events, 1 dead letters
 *   4  f64            created, ms since 1970
 *  12  u32            count of events
 *  16  u32            CRC-32 over bytes 0 to 15 and everything from 20 on
 *  20  units          one after another to the end
 */
import { crc32 } from 'node:zlib';
import type { DamagedEntry, ReadItem, Stream } from './model.ts';

export const FORMAT_VERSION = 1;
export const ENTRY_HEADER_BYTES = 20;
const MAGIC_G = 0x47;
const MAGIC_L = 0x4c;
const KIND: Record<Stream, number> = { events: 0, 'dead-letters': 1 };

/** Lays encoded units under one header. The result is a copy of its own, in a buffer that `allocate` gives. */
export function encodeEntry(
  stream: Stream,
  created: number,
  count: number,
  units: readonly Uint8Array[],
  allocate: (length: number) => Buffer = Buffer.allocUnsafeSlow,
): Uint8Array {
  let length = ENTRY_HEADER_BYTES;
  for (const unit of units) length += unit.length;
  const entry = allocate(length);
  entry[0] = MAGIC_G;
  entry[1] = MAGIC_L;
  entry[2] = FORMAT_VERSION;
  entry[3] = KIND[stream];
  entry.writeDoubleBE(created, 4);
  entry.writeUInt32BE(count, 12);
  let at = ENTRY_HEADER_BYTES;
  for (const unit of units) {
    entry.set(unit, at);
    at += unit.length;
  }
  entry.writeUInt32BE(checksum(entry), 16);
  return entry;
}

/** The units' bytes of an intact entry. */
export function entryBody(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(ENTRY_HEADER_BYTES);
}

/** Judges what storage holds under the position `last`. Nothing of a damaged entry is decoded. */
export function openEntry(stream: Stream, partition: number, last: number, bytes: Uint8Array): ReadItem {
  const reason = findDamage(stream, last, bytes);
  if (reason) return { status: 'damaged', partition, stream, last, reason, bytes };
  const entry = asBuffer(bytes);
  const first = last - entry.readUInt32BE(12) + 1;
  return { status: 'intact', partition, stream, first, last, created: entry.readDoubleBE(4), bytes };
}

function findDamage(stream: Stream, last: number, bytes: Uint8Array): DamagedEntry['reason'] | null {
  if (bytes.length < ENTRY_HEADER_BYTES) return 'truncated';
  if (bytes[0] !== MAGIC_G || bytes[1] !== MAGIC_L || bytes[3] !== KIND[stream]) return 'bad_magic';
  if (bytes[2] !== FORMAT_VERSION) return 'unknown_version';
  const entry = asBuffer(bytes);
  if (entry.readUInt32BE(16) !== checksum(entry)) return 'checksum';
  const count = entry.readUInt32BE(12);
  return count < 1 || count > last ? 'count' : null;
}

function checksum(entry: Buffer): number {
  return crc32(entry.subarray(ENTRY_HEADER_BYTES), crc32(entry.subarray(0, 16)));
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
