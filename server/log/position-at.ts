/** Where in a partition a time lies. */
import type { Stream } from '../../format/model.ts';
import type { EventLog, PartitionState } from './port.ts';

/**
 * A position of the partition from which on all entries made at `sinceMs` or later are found: entries are made one after another, so
 * it takes a few reads, whatever the size of the log.
 */
export async function positionAt(
  log: Pick<EventLog, 'read'>,
  stream: Stream,
  { partition, first, last }: PartitionState,
  sinceMs: number,
): Promise<number> {
  let low = first;
  let high = last + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const [item] = await log.read(stream, partition, middle, 1);
    // What is damaged tells no time; then it is safe to begin earlier.
    if (!item || item.last < middle) break;
    if (item.status === 'intact' && item.created < sinceMs) low = item.last + 1;
    else if (item.status === 'damaged') high = middle;
    else high = Math.min(item.first, middle);
  }
  return low;
}
