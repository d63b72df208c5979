/**
 * How the embedded engine keeps a log: one LMDB environment, `data.mdb` and `lock.mdb` in the data directory. Names of databases,
 * their keys and values (numbers big-endian, so that keys sort by them):
 *
 *   meta          'layout' -> JSON {format, partitions}, fixed when the data was made
 *                 'identity' -> text that no other data has
 *                 'owner' -> JSON of the process that may write; the value's version is its fence
 *                 'producers', 'ids' -> JSON {current, since}: the generation that is written, since when (ms)
 *   streams       stream u8, partition u16 -> first f64, last f64, bytes f64          positions and size of what is retained
 *   entries       stream u8, partition u16, last position u64 -> the entry's bytes    (`format/entry.ts`)
 *   producers-0/1 producer key, 0, partition u16 -> watermark f64, record             (`format/record.ts`)
 *   ids-0/1       partition u16, id -> nothing
 *
 * Writing: everything that waits becomes one LMDB transaction: entries, producers, ids and `streams`. It is conditional on the fence,
 * so a process that lost the directory to another writes nothing. LMDB writes the pages, syncs them, and then writes and syncs the
 * page that makes them count: what can be read is durable, and after a crash a transaction is there as a whole or not at all.
 * Reading: a range from (partition, position) on; its first hit contains the position. No read lasts longer than one call.
 * Deleting: the oldest entries of a stream, some hundred a transaction. The file never shrinks, its free pages are used again.
 * Remembering: producers and ids are written to the current of two generations and looked up in both. When the current one is as old
 * as the time to remember, the other one is emptied and becomes current: everything is kept for one to two times that long.
 * Damage: an entry whose checksum is wrong is read as damaged and deleted with the next whole one. Damaged pages of LMDB itself are
 * answered with its own errors, as `unavailable`.
 * Limits: 65,536 partitions; producer keys beyond 500 bytes are kept as their SHA-256.
 */
import { createHash } from 'node:crypto';
import { STREAMS, type Stream } from '../../../format/model.ts';

export const LAYOUT_FORMAT = 1;
export const PARTITIONS_MAX = 65_536;
const PRODUCER_KEY_MAX = 500;

export const LAYOUT_KEY = Buffer.from('layout');
export const IDENTITY_KEY = Buffer.from('identity');
export const OWNER_KEY = Buffer.from('owner');

export interface Layout {
  format: number;
  partitions: number;
}

/** What `streams` holds: positions of the oldest retained and of the last event, and the bytes of the retained entries. */
export interface StreamBounds {
  first: number;
  last: number;
  bytes: number;
}
export const EMPTY_STREAM: StreamBounds = { first: 1, last: 0, bytes: 0 };

export function streamKey(stream: Stream, partition: number): Buffer {
  const key = Buffer.allocUnsafe(3);
  key[0] = STREAMS.indexOf(stream);
  key.writeUInt16BE(partition, 1);
  return key;
}

export function encodeBounds({ first, last, bytes }: StreamBounds): Buffer {
  const value = Buffer.allocUnsafe(24);
  value.writeDoubleBE(first, 0);
  value.writeDoubleBE(last, 8);
  value.writeDoubleBE(bytes, 16);
  return value;
}
export function decodeBounds(value: Buffer): StreamBounds {
  return { first: value.readDoubleBE(0), last: value.readDoubleBE(8), bytes: value.readDoubleBE(16) };
}

export function entryKey(stream: Stream, partition: number, last: number): Buffer {
  const key = Buffer.allocUnsafe(11);
  key[0] = STREAMS.indexOf(stream);
  key.writeUInt16BE(partition, 1);
  key.writeUInt32BE(Math.floor(last / 2 ** 32), 3);
  key.writeUInt32BE(last % 2 ** 32, 7);
  return key;
}
export function entryPosition(key: Buffer): number {
  return key.readUInt32BE(3) * 2 ** 32 + key.readUInt32BE(7);
}

/** The keys of one producer, of every partition: from `start` to before `end`. */
export function producerRange(producer: string): { start: Buffer; end: Buffer } {
  const name = producerName(producer);
  return { start: Buffer.from(`${name}\0`), end: Buffer.from(`${name}\u0001`) };
}
export function producerEntryKey(producer: string, partition: number): Buffer {
  return withPartition(`${producerName(producer)}\0`, partition);
}
export function producerPartition(key: Buffer): number {
  return key.readUInt16BE(key.length - 2);
}
function producerName(producer: string): string {
  if (Buffer.byteLength(producer) <= PRODUCER_KEY_MAX) return producer;
  return `#${createHash('sha256').update(producer).digest('base64url')}`;
}

export function encodeProducer(watermark: number, record: Uint8Array): Buffer {
  const value = Buffer.allocUnsafe(8 + record.length);
  value.writeDoubleBE(watermark, 0);
  value.set(record, 8);
  return value;
}
export function decodeProducer(value: Buffer): { watermark: number; record: Buffer } {
  return { watermark: value.readDoubleBE(0), record: value.subarray(8) };
}

export function idKey(partition: number, id: string): Buffer {
  const key = Buffer.allocUnsafe(2 + Buffer.byteLength(id));
  key.writeUInt16BE(partition, 0);
  key.write(id, 2);
  return key;
}

function withPartition(name: string, partition: number): Buffer {
  const size = Buffer.byteLength(name);
  // Not of the shared pool: it is kept for long.
  const key = Buffer.allocUnsafeSlow(size + 2);
  key.write(name);
  key.writeUInt16BE(partition, size);
  return key;
}
