/** Batches with real encoded entries, and the way back: what a log holds, decoded to what the tests compare. */
import { Packr } from 'msgpackr/pack';
import { ByteWriter } from '../../format/bytes.ts';
import { encodeEntry, entryBody } from '../../format/entry.ts';
import { idHash } from '../../format/id-hash.ts';
import type { ProducerRecord, ReadItem, Stream } from '../../format/model.ts';
import { type ProducerId, producerKey } from '../../format/producer-key.ts';
import { EMPTY_RECORD, encodeRecord, extendRecord } from '../../format/record.ts';
import { decodeUnits, UnitWriter } from '../../format/unit.ts';
import type { Rejection } from '../../protocol/frames.ts';
import type { AppendBatch, AppendUnit, EventLog } from '../../server/log/port.ts';

const packr = new Packr({ useRecords: false, mapsAsObjects: true });
const NOTHING = new Uint8Array(0);
const START = 1_700_000_000_000;

export function producerId(producer: string, epoch = 1): ProducerId {
  return { tenant: 'default', owner: '', producer, epoch };
}
export function keyOf(producer: string, epoch = 1): string {
  return producerKey(producerId(producer, epoch));
}
export function hashOf(id: string): string {
  return idHash('default', 'user', id);
}

/** What one producer puts into a batch: the numbers from `first` on, `count` of them. */
export interface UnitDraft {
  producer: string;
  epoch?: number;
  first: number;
  count: number;
  /** Default `first - 1`: the connection sent everything before to the same partition. */
  prev?: number;
  /** Numbers that are rejected and stand as dead letters. */
  dead?: readonly number[];
  /** Numbers that are rejected and leave nothing behind. */
  withdrawn?: readonly number[];
  /** Client ids of stored events: number to id. */
  ids?: Readonly<Record<number, string>>;
  /** What stands in storage for the producer, to be extended. */
  old?: ProducerRecord;
  /** Bytes of padding in each event. */
  padding?: number;
}

export interface BatchSettings {
  /** ms since 1970, stamped on the entries. */
  created?: number;
}

/** A batch as the committer makes it. */
export function makeBatch(partition: number, drafts: readonly UnitDraft[], settings: BatchSettings = {}): AppendBatch {
  const created = settings.created ?? START;
  const entries = { stored: new EntryDraft('events'), dead: new EntryDraft('dead-letters') };
  const units = drafts.map((draft) => addUnit(draft, entries, created));
  return { partition, units, entry: entries.stored.finish(created), dead: entries.dead.finish(created) };
}

/** Short for a batch of one producer's consecutive events. */
export function simpleBatch(partition: number, producer: string, first: number, count: number): AppendBatch {
  return makeBatch(partition, [{ producer, first, count }]);
}

class EntryDraft {
  private readonly stream: Stream;
  private readonly units: Uint8Array[] = [];
  private count = 0;
  constructor(stream: Stream) {
    this.stream = stream;
  }
  add(writer: UnitWriter, producer: ProducerId): void {
    const unit = writer.finish(producer);
    if (unit.count === 0) return;
    this.units.push(Buffer.from(unit.bytes));
    this.count += unit.count;
  }
  finish(created: number): AppendBatch['entry'] {
    if (this.count === 0) return null;
    return { bytes: encodeEntry(this.stream, created, this.count, this.units), count: this.count };
  }
}

function addUnit(draft: UnitDraft, entries: { stored: EntryDraft; dead: EntryDraft }, created: number): AppendUnit {
  const { first, count, dead = [], withdrawn = [], ids = {} } = draft;
  const stored = new UnitWriter();
  const deadLetters = new UnitWriter();
  const seqs: number[] = [];
  const rejections: Rejection[] = [];
  const hashes: string[] = [];
  for (let seq = first; seq < first + count; seq++) {
    seqs.push(seq);
    const event = { seq, subject: `user-${seq % 7}`, receivedAt: created, body: eventBody(draft, seq), added: NOTHING };
    if (withdrawn.includes(seq)) rejections.push([seq, 'withdrawn', '', '']);
    else if (dead.includes(seq)) {
      rejections.push([seq, 'invalid_field', 'action', 'not one of the actions']);
      deadLetters.add(event);
    } else {
      stored.add(event);
      const id = ids[seq];
      if (id !== undefined) hashes.push(hashOf(id));
    }
  }
  const producer = producerId(draft.producer, draft.epoch);
  entries.stored.add(stored, producer);
  entries.dead.add(deadLetters, producer);
  const record = extendRecord(draft.old ?? EMPTY_RECORD, first - 1, seqs, rejections);
  return {
    producer: producerKey(producer),
    prev: draft.prev ?? first - 1,
    first,
    last: first + count - 1,
    record: encodeRecord(record),
    ids: hashes,
  };
}

function eventBody(draft: UnitDraft, seq: number): Uint8Array {
  const body = new ByteWriter(64);
  body.bytes(packr.pack({ type: 'track_skipped', track_id: `track-${seq}`, note: 'x'.repeat(draft.padding ?? 0) }));
  return body.view();
}

/** One event as it stands in a log. */
export interface Stood {
  position: number;
  producer: string;
  epoch: number;
  seq: number;
}

/** The events of intact entries, one after another; throws where an entry is damaged. */
export function decodeItems(items: readonly ReadItem[]): Stood[] {
  return items.flatMap((item) => {
    if (item.status === 'damaged') throw new Error(`entry ${item.last} is damaged: ${item.reason}`);
    let position = item.first;
    return decodeUnits(entryBody(item.bytes)).flatMap(({ producer, items }) =>
      items.map(({ seq }) => ({ position: position++, producer: producer.producer, epoch: producer.epoch, seq })),
    );
  });
}

/** Every entry of a partition's stream from a position on, in as many reads as it takes. */
export async function readAll(
  log: Pick<EventLog, 'read'>,
  stream: Stream,
  partition: number,
  from = 1,
  maxBytes = 64 * 1024,
): Promise<ReadItem[]> {
  const all: ReadItem[] = [];
  for (let next = from; ; ) {
    const items = await log.read(stream, partition, next, maxBytes);
    if (items.length === 0) return all;
    all.push(...items);
    next = items.at(-1)!.last + 1;
  }
}

/** What a partition's stream holds, as `producer:seq` in log order. */
export async function contents(
  log: Pick<EventLog, 'read'>,
  stream: Stream,
  partition: number,
  from = 1,
): Promise<string[]> {
  return decodeItems(await readAll(log, stream, partition, from)).map(({ producer, seq }) => `${producer}:${seq}`);
}

/** `p:1 p:2 ...`: what `contents` gives for a producer's numbers. */
export function numbers(producer: string, first: number, last: number): string[] {
  return Array.from({ length: last - first + 1 }, (_, i) => `${producer}:${first + i}`);
}

/** The result of an append that must have been stored. */
export async function mustAppend(log: EventLog, batch: AppendBatch): Promise<{ last: number; lastDead: number }> {
  const result = await log.append(batch);
  if (result.status !== 'appended') throw new Error(`not appended: ${JSON.stringify(result.conflicts)}`);
  return { last: result.last, lastDead: result.lastDead };
}
