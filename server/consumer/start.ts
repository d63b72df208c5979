/** Where a group begins in partitions that it has not consumed before. */
import type { EventLog } from '../log/port.ts';
import { positionAt } from '../log/position-at.ts';

/**
 * `earliest`: the oldest event that is retained. `latest`: what is stored from now on. `time`: what was stored at that time (ms since
 * 1970, or a Date) or later. A list: by partition, the position that counts as consumed; 0 for nothing.
 */
export type Start = 'earliest' | 'latest' | { time: number | Date } | readonly number[];

/** By partition, the position that counts as consumed. Throws RangeError for a list that does not fit, and LogError. */
export async function startPositions(log: Pick<EventLog, 'read' | 'state'>, start: Start): Promise<number[]> {
  const { events } = await log.state();
  if (start === 'earliest') return events.map(({ first }) => first - 1);
  if (start === 'latest') return events.map(({ last }) => last);
  if ('time' in start) {
    const since = Number(start.time);
    return Promise.all(events.map(async (state) => (await positionAt(log, 'events', state, since)) - 1));
  }
  const fits =
    start.length === events.length && start.every((position) => Number.isSafeInteger(position) && position >= 0);
  if (!fits) throw new RangeError(`start is a list of ${events.length} positions from 0 up, one for each partition`);
  return [...start];
}
