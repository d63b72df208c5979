/** Where each event of a frame stands. Whoever cut the frame has checked that it holds `count` of them; anything else throws. */
import { skipValues } from '../protocol/msgpack/skip.ts';
import type { SlabFormat } from './slab.ts';
import { eventEnd, type JsonFormat, nextEvent } from './split-json.ts';

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

  json: (bytes) => splitJson('json', bytes),
  ndjson: (bytes) => splitJson('ndjson', bytes),
};

function splitJson(format: JsonFormat, bytes: Uint8Array): EventSlice[] {
  const slices: EventSlice[] = [];
  for (let start = nextEvent(format, bytes, 0); start < bytes.length; ) {
    const end = eventEnd(format, bytes, start);
    slices.push({ start, end });
    start = nextEvent(format, bytes, end);
  }
  return slices;
}
