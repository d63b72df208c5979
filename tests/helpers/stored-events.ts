/** What the log of a server on the embedded engine holds, read from its folder beside it. */
import type { IntactEntry, StoredEvent } from '../../format/model.ts';
import { decodeEvents } from '../../format/stored-event.ts';
import { openEmbeddedReader } from '../../server/log/embedded/reader.ts';

export async function storedEvents(dataDir: string): Promise<StoredEvent[]> {
  const log = await openEmbeddedReader(dataDir);
  const events: StoredEvent[] = [];
  for (let partition = 0; partition < log.partitions; partition++) {
    const items = (await log.read('events', partition, 1, 1e9)) as IntactEntry[];
    events.push(...items.flatMap(decodeEvents).map(({ event }) => event));
  }
  await log.close();
  return events;
}
