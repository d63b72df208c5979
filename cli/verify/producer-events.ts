/** What the log holds of one producer, over all partitions in rising order of sequence numbers, as far as each partition has them in order. */
import TinyQueue from 'tinyqueue';
import { entryBody } from '../../format/entry.ts';
import type { DamagedEntry, IntactEntry } from '../../format/model.ts';
import { unpackMap } from '../../format/msgpack.ts';
import type { ProducerId } from '../../format/producer-key.ts';
import { decodeUnits } from '../../format/unit.ts';
import type { StoredLog } from '../../server/engines/engine.ts';
import { scan, streamState } from '../log/scan.ts';

export interface ProducerEvent {
  partition: number;
  position: number;
  owner: ProducerId;
  seq: number;
  subject: string;
  /** What the client's own bytes hold. */
  body: Record<string, unknown>;
  /** What readers get: the body and what context and enrichment added. */
  stored: Record<string, unknown>;
}

/** Where the reading of one partition stands. */
interface Cursor {
  batch: ProducerEvent[];
  index: number;
  rest: AsyncIterator<ProducerEvent[], void>;
}

/** Damaged entries are told to `damaged` and left out. */
export async function* producerEvents(
  log: StoredLog,
  producer: string,
  damaged: (entry: DamagedEntry) => void,
): AsyncGenerator<ProducerEvent, void> {
  const queue = new TinyQueue<Cursor>([], (a, b) => head(a).seq - head(b).seq || head(a).position - head(b).position);
  for (const { partition, last } of await streamState(log, 'events')) {
    const rest = ofPartition(log, partition, last, producer, damaged);
    const step = await rest.next();
    if (!step.done) queue.push({ batch: step.value, index: 0, rest });
  }
  for (let cursor = queue.pop(); cursor; cursor = queue.pop()) {
    yield head(cursor);
    if (++cursor.index >= cursor.batch.length) {
      const step = await cursor.rest.next();
      if (step.done) continue;
      cursor.batch = step.value;
      cursor.index = 0;
    }
    queue.push(cursor);
  }
}

function head(cursor: Cursor): ProducerEvent {
  return cursor.batch[cursor.index]!;
}

/** One entry's events of the producer at a time; entries without any are left out. */
async function* ofPartition(
  log: StoredLog,
  partition: number,
  last: number,
  producer: string,
  damaged: (entry: DamagedEntry) => void,
): AsyncGenerator<ProducerEvent[], void> {
  for await (const item of scan(log, 'events', partition, 1, last)) {
    if (item.status === 'damaged') {
      damaged(item);
      continue;
    }
    const events = ofEntry(item, producer);
    if (events.length > 0) yield events;
  }
}

function ofEntry(entry: IntactEntry, producer: string): ProducerEvent[] {
  const events: ProducerEvent[] = [];
  let position = entry.first;
  for (const { producer: owner, items } of decodeUnits(entryBody(entry.bytes))) {
    const wanted = owner.producer === producer;
    for (const { seq, subject, body: bytes, added } of items) {
      if (wanted) {
        const body = unpackMap(bytes);
        const stored = { ...body, ...unpackMap(added) };
        events.push({ partition: entry.partition, position, owner, seq, subject, body, stored });
      }
      position++;
    }
  }
  return events;
}
