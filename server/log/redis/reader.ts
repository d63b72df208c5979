/** Reading entries by position: an entry's id is the position of its last event, so a range from x begins with the entry that contains x. */
import { openEntry } from '../../../format/entry.ts';
import type { ReadItem, Stream } from '../../../format/model.ts';
import { call, type RedisClient } from '../../redis/client.ts';
import { ENTRY_FIELD } from './keys.ts';

/** Entries asked for at once, at most. */
const MOST_ENTRIES = 256;
const NOTHING = Buffer.alloc(0);

type RawEntry = [id: Buffer, fields: Buffer[] | null];

export class EntryReader {
  private readonly client: RedisClient;
  /** Bytes of an entry as last seen; only to guess how many to ask for. */
  private entryBytes = 16 * 1024;

  constructor(client: RedisClient) {
    this.client = client;
  }

  async read(key: string, stream: Stream, partition: number, from: number, maxBytes: number): Promise<ReadItem[]> {
    const items: ReadItem[] = [];
    for (let next = Math.max(1, from), left = maxBytes; ; ) {
      const count = Math.min(MOST_ENTRIES, Math.max(1, Math.ceil(left / this.entryBytes)));
      const entries = (await call(this.client, 'xrange', key, `${next}-0`, '+', 'COUNT', count)) as RawEntry[];
      const before = left;
      let taken = 0;
      for (const [id, fields] of entries) {
        const item = openEntry(stream, partition, positionOf(id), bytesOf(fields));
        items.push(item);
        taken++;
        left -= item.bytes.length;
        next = item.last + 1;
        if (left <= 0) break;
      }
      if (taken > 0) this.entryBytes = Math.max(64, (before - left) / taken);
      if (left <= 0 || entries.length < count) return items;
    }
  }
}

export function positionOf(id: Buffer): number {
  return Number.parseInt(id.toString('latin1'), 10);
}

/** An entry that is not laid out as ours has no bytes, and is found damaged. */
function bytesOf(fields: Buffer[] | null): Buffer {
  return fields?.length === 2 && fields[0]!.toString('latin1') === ENTRY_FIELD ? fields[1]! : NOTHING;
}
