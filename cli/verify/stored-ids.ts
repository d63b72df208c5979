/** Events that are not stored because another event of the same user with the same `id` is. */
import { decodeEvents } from '../../format/stored-event.ts';
import type { StoredLog } from '../../server/engines/engine.ts';
import { scan, streamState } from '../log/scan.ts';

export function idKey(userId: unknown, id: unknown): string {
  return `${userId}\0${id}`;
}

/** Which of these keys the log holds. */
export async function findIds(log: StoredLog, wanted: ReadonlySet<string>): Promise<Set<string>> {
  const found = new Set<string>();
  if (wanted.size === 0) return found;
  for (const { partition, last } of await streamState(log, 'events')) {
    for await (const item of scan(log, 'events', partition, 1, last)) {
      if (item.status === 'damaged') continue;
      for (const { event } of decodeEvents(item)) {
        const key = idKey(event.user_id, event.id);
        if (wanted.has(key)) found.add(key);
      }
    }
  }
  return found;
}
