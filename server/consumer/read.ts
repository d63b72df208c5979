/** Reads a stretch of a partition as events, and tells what is missing from it. */
import type { IntactEntry } from '../../format/model.ts';
import { decodeEvents } from '../../format/stored-event.ts';
import type { EventLog } from '../log/port.ts';
import type { ConsumedEvent } from '../processor/projection.ts';

export interface Stretch {
  partition: number;
  /** Everything after `after` and up to `through` is here, or is said to be missing. */
  after: number;
  through: number;
  /** In order; none at or before `after`. */
  events: ConsumedEvent[];
  /** Nothing stood behind `through` when the read began. */
  reachedEnd: boolean;
  /** Events that retention had let go before they were read. */
  trimmed: number;
  /** Entries that are damaged, or not what this version writes; nothing of them is in `events`. */
  damaged: { last: number; reason: string }[];
}

/** Throws where the bytes, although undamaged, are not what this version writes. */
export type EntryDecoder = (entry: IntactEntry) => ConsumedEvent[];

const allFields: EntryDecoder = (entry) =>
  decodeEvents(entry).map(({ position, event }) => ({
    partition: entry.partition,
    position,
    event,
    activity: undefined,
  }));

/** What stands after the position `after`, until `maxBytes` is passed. Throws LogError. */
export async function readStretch(
  log: Pick<EventLog, 'read'>,
  partition: number,
  after: number,
  maxBytes: number,
  decode: EntryDecoder = allFields,
): Promise<Stretch> {
  const items = await log.read('events', partition, after + 1, maxBytes);
  const stretch: Stretch = {
    partition,
    after,
    through: after,
    events: [],
    reachedEnd: false,
    trimmed: 0,
    damaged: [],
  };
  let bytes = 0;
  for (const item of items) {
    bytes += item.bytes.length;
    if (item.last <= after) continue;
    if (item.status === 'damaged') {
      stretch.damaged.push({ last: item.last, reason: item.reason });
    } else {
      stretch.trimmed += Math.max(0, item.first - stretch.through - 1);
      try {
        for (const consumed of decode(item)) if (consumed.position > after) stretch.events.push(consumed);
      } catch (error) {
        stretch.damaged.push({ last: item.last, reason: (error as Error).message });
      }
    }
    stretch.through = item.last;
  }
  stretch.reachedEnd = bytes < maxBytes;
  return stretch;
}
