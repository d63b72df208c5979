/** Where each event of a frame stands. Whoever cut the frame has checked that it holds `count` of them; anything else throws. */
import { skipSeparator, skipSpace, skipValue } from '../protocol/json/skip.ts';
import { skipValues } from '../protocol/msgpack/skip.ts';
import type { SlabFormat } from './slab.ts';

/** An event's own bytes, without white space around them. */
export interface EventSlice {
  start: number;
  end: number;
}

/** The events of a frame's bytes, in order. */
export function splitEvents(format: SlabFormat, bytes: Uint8Array, count: number): EventSlice[] {
  const slices = SPLITTERS[format](bytes);
  if (slices.length !== count) throw new RangeError(`${slices.length} events where ${count} were announced`);
  return slices;
}

const SPLITTERS: Record<SlabFormat, (bytes: Uint8Array) => EventSlice[]> = {
  msgpack(bytes) {
    const slices: EventSlice[] = [];
    for (let start = 0; start < bytes.length; ) {
      const end = skipValues(bytes, start, 1);
      slices.push({ start, end });
      start = end;
    }
    return slices;
  },

  json(bytes) {
    const slices: EventSlice[] = [];
    for (let start = skipSpace(bytes, 0); start < bytes.length; ) {
      const end = skipValue(bytes, start);
      slices.push({ start, end });
      // What JSON.parse would not have taken must not keep this loop on its place.
      start = Math.max(skipSeparator(bytes, end), start + 1);
    }
    return slices;
  },

  ndjson(bytes) {
    const slices: EventSlice[] = [];
    for (let from = 0; from < bytes.length; ) {
      const newline = bytes.indexOf(NEWLINE, from);
      const to = newline < 0 ? bytes.length : newline;
      const start = skipSpace(bytes.subarray(0, to), from);
      let end = to;
      while (end > start && isSpace(bytes[end - 1]!)) end--;
      if (end > start) slices.push({ start, end });
      from = to + 1;
    }
    return slices;
  },
};

const NEWLINE = 0x0a;

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0d;
}
