/** An event with all its fields, where only those that projections read were read at first. */
import type { StoredEvent } from '../../format/model.ts';
import { decodeEvents } from '../../format/stored-event.ts';
import type { EventLog } from '../log/port.ts';
import type { ConsumedEvent } from './projection.ts';

/** Reads it again; as it is where the log does not have it any more. Throws LogError. */
export async function wholeEvent(log: Pick<EventLog, 'read'>, consumed: ConsumedEvent): Promise<StoredEvent> {
  const { partition, position, event } = consumed;
  const [item] = await log.read('events', partition, position, 1);
  if (!item || item.status === 'damaged') return event;
  return decodeEvents(item).find((found) => found.position === position)?.event ?? event;
}
