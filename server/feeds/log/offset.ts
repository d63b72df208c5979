/**
 * The place of a log feed as text: for each of its partitions the position that comes next. A client gets it with every frame and hands
 * it back, so it is short: positions stand as their distance from the lowest one, in as many bits as the largest distance needs.
 *
 *   4 bits    stream: 1 events, 2 dead letters
 *   17 bits   partitions of the log
 *   partitions x 1 bit: whether it is one of the feed's
 *   53 bits   the lowest position
 *   6 bits    width of a distance
 *   distances, by rising partition
 *
 * Text is base64url while that fits into 512 characters (8 partitions take 15 to 85). Beyond, a character carries 14 bits, as a CJK
 * ideograph from U+4E00 on: each is one UTF-16 unit that no normalisation changes. So 256 partitions fit while the busiest one is not
 * more than 2^26 events ahead of the quietest.
 */
import type { Stream } from '../../../format/model.ts';
import { CURSOR_MAX, MAX_NUMBER } from '../../../protocol/limits.ts';
import { BitReader, BitWriter, bitsOf } from './bits.ts';

const STREAM_CODE: Record<Stream, number> = { events: 1, 'dead-letters': 2 };
const STREAM_BITS = 4;
const PARTITIONS_BITS = 17;
const POSITION_BITS = 53;
const WIDTH_BITS = 6;
const IDEOGRAPHS_FROM = 0x4e00;
const IDEOGRAPH_BITS = 14;

/** The positions of this many partitions do not fit into an offset. */
export class OffsetError extends Error {
  override readonly name = 'OffsetError';
}

/** The next position of each of the feed's partitions; a log has `partitions` of them. */
export interface Place {
  partitions: number;
  next: ReadonlyMap<number, number>;
}

/** Throws OffsetError. */
export function encodeOffset(stream: Stream, { partitions, next }: Place): string {
  const lowest = next.size === 0 ? 0 : Math.min(...next.values());
  let width = 0;
  for (const position of next.values()) width = Math.max(width, bitsOf(position - lowest));
  const bits = new BitWriter();
  bits.write(STREAM_CODE[stream], STREAM_BITS);
  bits.write(partitions, PARTITIONS_BITS);
  for (let partition = 0; partition < partitions; partition++) bits.write(next.has(partition) ? 1 : 0, 1);
  bits.write(lowest, POSITION_BITS);
  bits.write(width, WIDTH_BITS);
  for (let partition = 0; partition < partitions; partition++) {
    const position = next.get(partition);
    if (position !== undefined) bits.write(position - lowest, width);
  }
  return asText(bits.finish());
}

/** null for what is not an offset of this stream. */
export function decodeOffset(stream: Stream, text: string): Place | null {
  try {
    return readPlace(stream, new BitReader(asBytes(text)));
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function readPlace(stream: Stream, bits: BitReader): Place | null {
  if (bits.read(STREAM_BITS) !== STREAM_CODE[stream]) return null;
  const partitions = bits.read(PARTITIONS_BITS);
  const own: number[] = [];
  for (let partition = 0; partition < partitions; partition++) if (bits.read(1) === 1) own.push(partition);
  const lowest = bits.read(POSITION_BITS);
  const width = bits.read(WIDTH_BITS);
  if (width > POSITION_BITS) return null;
  const next = new Map(own.map((partition) => [partition, lowest + bits.read(width)]));
  for (const position of next.values()) if (position < 1 || position > MAX_NUMBER) return null;
  return { partitions, next };
}

function asText(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString('base64url');
  if (text.length <= CURSOR_MAX) return text;
  const count = Math.ceil((bytes.length * 8) / IDEOGRAPH_BITS);
  if (count > CURSOR_MAX) {
    throw new OffsetError(
      'the log has too many partitions, too far apart: narrow the subscription with a filter on user_id',
    );
  }
  const padded = new BitReader(Buffer.concat([bytes, Buffer.alloc(2)]));
  let ideographs = '';
  for (let i = 0; i < count; i++) ideographs += String.fromCharCode(IDEOGRAPHS_FROM + padded.read(IDEOGRAPH_BITS));
  return ideographs;
}

function asBytes(text: string): Uint8Array {
  if (text.charCodeAt(0) < IDEOGRAPHS_FROM) return Buffer.from(text, 'base64url');
  const bits = new BitWriter();
  for (let i = 0; i < text.length; i++) {
    const part = text.charCodeAt(i) - IDEOGRAPHS_FROM;
    if (part < 0 || part >= 2 ** IDEOGRAPH_BITS) throw new RangeError('not an ideograph of an offset');
    bits.write(part, IDEOGRAPH_BITS);
  }
  return bits.finish();
}
