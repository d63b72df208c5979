/** What the log of a server on the embedded engine holds, read beside it, whether it runs or not. */
import type { IntactEntry, StoredEvent } from '../../format/model.ts';
import { decodeEvents } from '../../format/stored-event.ts';
import type { LogReader } from '../../server/log/embedded/reader.ts';

export async function storedEvents(log: LogReader): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  for (let partition = 0; partition < log.partitions; partition++) {
    const items = (await log.read('events', partition, 1, 1e9)) as IntactEntry[];
    events.push(...items.flatMap(decodeEvents).map(({ event }) => event));
  }
  return events;
}
