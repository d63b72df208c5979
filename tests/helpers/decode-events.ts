/** The events of a PUBLISH as values; a server would leave that to a worker. */
import { Unpackr } from 'msgpackr/unpack';
import type { Publish } from '../../protocol/frames.ts';

const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true, int64AsType: 'number' });

export function decodeEvents(frame: Publish): unknown[] {
  if (frame.format === 'json') return JSON.parse(`[${new TextDecoder().decode(frame.events)}]`);
  return unpackr.unpackMultiple(frame.events) as unknown[];
}
