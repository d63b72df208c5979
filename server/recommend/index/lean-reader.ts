/**
 * Reads of an entry only what models learn from: eleven fields of the events that speak of a track, straight from the bytes. A general
 * decoder makes every field of every event, which takes several times as long as all models together; an index is rebuilt from
 * millions of events. What is left out is as if the event did not have it.
 */
import { ByteReader, FormatError } from '../../../format/bytes.ts';
import { entryBody } from '../../../format/entry.ts';
import type { IntactEntry, StoredEvent } from '../../../format/model.ts';
import { SCHEMA_VERSION } from '../../../format/unit.ts';
import { size16, size32, skipValues } from '../../../protocol/msgpack/skip.ts';
import { shortText } from '../../../workers/text-cache.ts';
import type { ConsumedEvent } from '../../processor/projection.ts';

/** Types that may say something about a track (`signalOf`). */
const TYPES: ReadonlySet<unknown> = new Set([
  'user_interaction',
  'track_completed',
  'track_skipped',
  'explicit_rating',
]);

/** In the order of their slots; what a client says and what enrichment adds. */
const FIELDS = [
  ...['type', 'action', 'track_id', 'session_id', 'position_ms', 'duration_ms', 'rating', 'recommendation_id'],
  ...['event_time', 'track', 'device'],
] as const;
const TYPE = 0;

/** The wanted keys by their length in bytes, each with its slot. */
const BY_LENGTH: { bytes: Uint8Array; slot: number }[][] = Array.from({ length: 32 }, () => []);
FIELDS.forEach((name, slot) => {
  BY_LENGTH[name.length]!.push({ bytes: Buffer.from(name), slot });
});

const slots: unknown[] = new Array(FIELDS.length).fill(undefined);

/**
 * Calls `take` with each event of the entry that models may learn from, in order. Throws FormatError or ProtocolError where the bytes,
 * although undamaged, are not what this version writes; events before that place were taken.
 */
export function readLean(entry: IntactEntry, take: (consumed: ConsumedEvent) => void): void {
  const all = new ByteReader(entryBody(entry.bytes));
  let position = entry.first;
  while (!all.done) {
    const unit = within(all);
    unit.varint(); // count
    const tenant = text(unit);
    skip(unit); // owner
    skip(unit); // producer
    unit.varint(); // epoch
    const version = unit.varint();
    if (version !== SCHEMA_VERSION) throw new FormatError(`schema version ${version} is not known`);
    while (!unit.done) position = readRun(within(unit), tenant, entry.partition, position, take);
  }
}

function readRun(
  run: ByteReader,
  tenant: string,
  partition: number,
  first: number,
  take: (consumed: ConsumedEvent) => void,
): number {
  run.varint(); // first number
  const count = run.varint();
  if (run.varint() !== 0) throw new FormatError('run is sealed');
  let receivedAt = run.varint();
  const user = text(run);
  for (let position = first; position < first + count; position++) {
    run.varint();
    receivedAt += run.varint();
    const event = readEvent(run, tenant, user, receivedAt);
    if (event) take({ partition, position, event });
  }
  return first + count;
}

function readEvent(run: ByteReader, tenant: string, user: string, receivedAt: number): StoredEvent | null {
  slots.fill(undefined);
  const body = run.varint();
  readMap(run.bytes, run.position, end(run, body));
  run.position += body;
  const added = run.varint();
  const limit = end(run, added);
  const wanted = TYPES.has(slots[TYPE]);
  if (wanted) readMap(run.bytes, run.position, limit);
  run.position = limit;
  if (!wanted || slots[2] === undefined) return null;
  return {
    tenant,
    producer: '',
    epoch: 0,
    seq: 0,
    received_at: receivedAt,
    user_id: user,
    type: slots[TYPE] as string,
    action: slots[1],
    track_id: slots[2],
    session_id: slots[3],
    position_ms: slots[4],
    duration_ms: slots[5],
    rating: slots[6],
    recommendation_id: slots[7],
    event_time: slots[8],
    track: slots[9],
    device: slots[10],
  };
}

/** Puts the wanted values of a map into their slots. */
function readMap(bytes: Uint8Array, start: number, limit: number): void {
  const token = bytes[start]!;
  let at = start + 1;
  let count: number;
  if ((token & 0xf0) === 0x80) count = token & 0x0f;
  else if (token === 0xde) {
    count = size16(bytes, at);
    at += 2;
  } else if (token === 0xdf) {
    count = size32(bytes, at);
    at += 4;
  } else throw new FormatError('not a map');
  for (; count > 0; count--) {
    const slot = slotAt(bytes, at);
    if (slot < 0) {
      at = skipValues(bytes, at, 2, limit);
      continue;
    }
    at += FIELDS[slot]!.length + 1;
    slots[slot] = value(bytes, at, limit);
    at = skipValues(bytes, at, 1, limit);
  }
}

/** The slot of the key that stands there; -1 for any other. */
function slotAt(bytes: Uint8Array, at: number): number {
  const token = bytes[at]!;
  if (token < 0xa0 || token >= 0xc0) return -1;
  const candidates = BY_LENGTH[token - 0xa0]!;
  next: for (let i = 0; i < candidates.length; i++) {
    const key = candidates[i]!.bytes;
    for (let j = 0; j < key.length; j++) if (key[j] !== bytes[at + 1 + j]) continue next;
    return candidates[i]!.slot;
  }
  return -1;
}

/** A text, a number or a map of such; undefined for anything else. */
function value(bytes: Uint8Array, at: number, limit: number): unknown {
  const token = bytes[at]!;
  if (token < 0x80) return token;
  if (token >= 0xe0) return token - 0x100;
  if (token < 0x90) return map(bytes, at + 1, token & 0x0f, limit);
  if (token >= 0xa0 && token < 0xc0) return textAt(bytes, at + 1, token - 0xa0, limit);
  if (token === 0xd9) return textAt(bytes, at + 2, bytes[at + 1]!, limit);
  if (token === 0xde) return map(bytes, at + 3, size16(bytes, at + 1), limit);
  if (token === 0xda) return textAt(bytes, at + 3, size16(bytes, at + 1), limit);
  return number(bytes, at, limit);
}

const scratch = new DataView(new ArrayBuffer(8));

function number(bytes: Uint8Array, at: number, limit: number): number | undefined {
  skipValues(bytes, at, 1, limit);
  scratch.setUint32(0, size32(bytes, at + 1));
  switch (bytes[at]) {
    case 0xcc:
      return bytes[at + 1]!;
    case 0xcd:
      return size16(bytes, at + 1);
    case 0xce:
      return size32(bytes, at + 1);
    case 0xcf:
      return scratch.getUint32(0) * 0x1_0000_0000 + size32(bytes, at + 5);
    case 0xd0:
      return scratch.getInt8(0);
    case 0xd1:
      return scratch.getInt16(0);
    case 0xd2:
      return scratch.getInt32(0);
    case 0xd3:
      return scratch.getInt32(0) * 0x1_0000_0000 + size32(bytes, at + 5);
    case 0xca:
      return scratch.getFloat32(0);
    case 0xcb:
      scratch.setUint32(4, size32(bytes, at + 5));
      return scratch.getFloat64(0);
    default:
      return undefined;
  }
}

function map(bytes: Uint8Array, start: number, count: number, limit: number): Record<string, unknown> {
  const map: Record<string, unknown> = {};
  let at = start;
  for (let left = count; left > 0; left--) {
    const key = value(bytes, at, limit);
    at = skipValues(bytes, at, 1, limit);
    if (typeof key === 'string') map[key] = value(bytes, at, limit);
    at = skipValues(bytes, at, 1, limit);
  }
  return map;
}

function textAt(bytes: Uint8Array, start: number, length: number, limit: number): string {
  if (start + length > limit) throw new FormatError('text is cut off');
  return (
    shortText(bytes, start, length) ?? Buffer.from(bytes.buffer, bytes.byteOffset + start, length).toString('utf8')
  );
}

function text(reader: ByteReader): string {
  const length = reader.varint();
  const start = reader.position;
  reader.position = end(reader, length);
  return textAt(reader.bytes, start, length, reader.end);
}

function skip(reader: ByteReader): void {
  const length = reader.varint();
  reader.position = end(reader, length);
}

/** A reader of the next block. */
function within(reader: ByteReader): ByteReader {
  const length = reader.varint();
  const start = reader.position;
  reader.position = end(reader, length);
  return new ByteReader(reader.bytes, start, reader.position);
}

function end(reader: ByteReader, length: number): number {
  const last = reader.position + length;
  if (last > reader.end) throw new FormatError('bytes are cut off');
  return last;
}
