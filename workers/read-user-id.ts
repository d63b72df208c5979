/** Finds the user of an event that could not be decoded, or that nobody dares to decode. */
import { childCount, containerHeaderBytes, isMap, isText, textHeaderBytes } from '../protocol/msgpack/header.ts';
import { skipValues } from '../protocol/msgpack/skip.ts';
import { isUtf8 } from '../protocol/utf8.ts';
import type { SlabFormat } from './slab.ts';

const USER_ID = Buffer.from('user_id');

/** The raw `user_id` of one event's bytes, whatever else is wrong with them, or null where it has none that is text. Never throws. */
export function readUserId(format: SlabFormat, event: Uint8Array): string | null {
  try {
    return format === 'msgpack' ? scanUserId(event) : parseUserId(event);
  } catch {
    return null; // Cut off, or not JSON at all.
  }
}

/** Of several the last, as decoders take it. */
function scanUserId(bytes: Uint8Array): string | null {
  if (bytes.length === 0 || !isMap(bytes[0]!)) return null;
  let found: string | null = null;
  let position = containerHeaderBytes(bytes[0]!);
  for (let left = childCount(bytes, 0) / 2; left > 0; left--) {
    const valueAt = skipValues(bytes, position, 1);
    const end = skipValues(bytes, valueAt, 1);
    const key = textAt(bytes, position, valueAt);
    if (key && USER_ID.equals(key)) {
      const value = textAt(bytes, valueAt, end);
      found = value && isUtf8(value, 0, value.length) ? Buffer.from(value).toString('utf8') : null;
    }
    position = end;
  }
  return found;
}

/** The content of the text from `start` to `end`, or null where something else stands. */
function textAt(bytes: Uint8Array, start: number, end: number): Uint8Array | null {
  const token = bytes[start]!;
  return isText(token) ? bytes.subarray(start + textHeaderBytes(token), end) : null;
}

function parseUserId(bytes: Uint8Array): string | null {
  return rawUserId(JSON.parse(Buffer.from(bytes).toString('utf8')));
}

/** The same of a decoded event. */
export function rawUserId(event: unknown): string | null {
  if (typeof event !== 'object' || event === null) return null;
  const userId = (event as Record<string, unknown>).user_id;
  return typeof userId === 'string' ? userId : null;
}
