/** Where an event begins and ends in the text of a list, without its brackets, and in lines. White space around it is not its own. */
import { skipValue } from '../protocol/json/skip.ts';
import type { SlabFormat } from './slab.ts';

export type JsonFormat = Exclude<SlabFormat, 'msgpack'>;

const TAB = 0x09;
const NEWLINE = 0x0a;
const RETURN = 0x0d;
const SPACE = 0x20;
const COMMA = 0x2c;

/** The position of the next event from `position` on, which is the beginning or the end of another one; the length if there is none. */
export function nextEvent(format: JsonFormat, bytes: Uint8Array, position: number): number {
  let at = position;
  for (; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (!isBlank(byte) && byte !== NEWLINE && (format === 'ndjson' || byte !== COMMA)) break;
  }
  return at;
}

/** The position behind the event that starts at `start`, which is never the same one. */
export function eventEnd(format: JsonFormat, bytes: Uint8Array, start: number): number {
  // What JSON.parse would not have taken must not keep anybody on its place.
  if (format === 'json') return Math.max(skipValue(bytes, start), start + 1);
  const newline = bytes.indexOf(NEWLINE, start);
  let end = newline < 0 ? bytes.length : newline;
  while (isBlank(bytes[end - 1]!)) end--;
  return end;
}

/** Whether an event that ends at `position` is all that stands in its place: up to the next comma, or in its line. */
export function endsAt(format: JsonFormat, bytes: Uint8Array, position: number): boolean {
  for (let at = position; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte === NEWLINE && format === 'ndjson') return true;
    if (!isBlank(byte) && byte !== NEWLINE) return format === 'json' && byte === COMMA;
  }
  return true;
}

function isBlank(byte: number): boolean {
  return byte === SPACE || byte === TAB || byte === RETURN;
}
