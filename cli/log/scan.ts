/** Reading a stream of a log from front to back, entry by entry. */
import type { ReadItem, Stream } from '../../format/model.ts';
import type { EventLog, PartitionState } from '../../server/log/port.ts';

const READ_BYTES = 512 * 1024;

/** What the partition's stream holds from a position on, up to `to` if it is given. Damaged entries come as such. */
export async function* scan(
  log: Pick<EventLog, 'read'>,
  stream: Stream,
  partition: number,
  from = 1,
  to = Number.POSITIVE_INFINITY,
): AsyncGenerator<ReadItem, void> {
  for (let next = from; next <= to; ) {
    const items = await log.read(stream, partition, next, READ_BYTES);
    if (items.length === 0) return;
    yield* items;
    next = items.at(-1)!.last + 1;
  }
}

/** The state of every partition's stream. */
export async function streamState(log: Pick<EventLog, 'state'>, stream: Stream): Promise<PartitionState[]> {
  const { events, deadLetters } = await log.state();
  return stream === 'events' ? events : deadLetters;
}
