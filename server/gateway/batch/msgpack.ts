/** A MessagePack map with `events`. Its events are only walked over; the few other fields are scanned, then decoded one by one. */
import { Unpackr } from 'msgpackr/unpack';
import { ProtocolError } from '../../../protocol/codes.ts';
import { CONTROL_MAX_DEPTH, CONTROL_MAX_VALUES } from '../../../protocol/limits.ts';
import { arrayCount, childCount, containerHeaderBytes, isMap, isText } from '../../../protocol/msgpack/header.ts';
import { scanFrame } from '../../../protocol/msgpack/scan.ts';
import { skipValues } from '../../../protocol/msgpack/skip.ts';
import { type Batch, BatchError } from './batch.ts';
import { checkCount, FIELD_NAMES, readFields } from './fields.ts';

const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true, structuredClone: false, int64AsType: 'auto' });
const LIMITS = { depth: CONTROL_MAX_DEPTH, values: CONTROL_MAX_VALUES, binary: false };

/** Throws BatchError. */
export function parseMsgpackBatch(body: Uint8Array): Batch {
  try {
    return parse(body);
  } catch (error) {
    if (error instanceof ProtocolError) throw new BatchError(`The body is not valid MessagePack: ${error.message}.`);
    throw error;
  }
}

function parse(body: Uint8Array): Batch {
  if (body.length === 0 || !isMap(body[0]!)) throw new BatchError('The body is not a map.');
  const given = new Map<string, unknown>();
  const seen = new Set<string>();
  let events: { start: number; end: number; count: number } | undefined;
  let contextBytes = 0;
  let position = containerHeaderBytes(body[0]!);
  for (let left = childCount(body, 0); left > 0; left -= 2) {
    const valueAt = skipValues(body, position, 1);
    const key = readKey(body, position, valueAt);
    if (seen.has(key)) throw new BatchError('A key comes twice.');
    seen.add(key);
    position = skipValues(body, valueAt, 1);
    if (key === 'events') {
      const count = arrayCount(body, valueAt, 'events');
      events = { start: valueAt + containerHeaderBytes(body[valueAt]!), end: position, count };
    } else if (FIELD_NAMES.has(key)) {
      given.set(key, decode(body.subarray(valueAt, position)));
    }
    if (key === 'context') contextBytes = position - valueAt;
  }
  if (position !== body.length) throw new BatchError('There are bytes after the map.');
  if (!events) throw new BatchError('events is missing.');
  checkCount(events.count);
  const { start, end, count } = events;
  return {
    ...readFields(given, count, contextBytes),
    events: { format: 'msgpack', bytes: body.subarray(start, end), count },
  };
}

function readKey(body: Uint8Array, start: number, end: number): string {
  if (!isText(body[start]!)) throw new BatchError('A key is not text.');
  return decode(body.subarray(start, end)) as string;
}

/** Scanned first: see `scanFrame`. */
function decode(bytes: Uint8Array): unknown {
  scanFrame(bytes, LIMITS);
  return unpackr.unpack(bytes);
}
