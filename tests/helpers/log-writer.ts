/** Puts chosen events, dead letters and damage into a log, also such as no server would ever write. */
import { encodeReason } from '../../format/dead-letter.ts';
import { encodeEntry } from '../../format/entry.ts';
import type { DeadLetter, Stream } from '../../format/model.ts';
import { pack } from '../../format/msgpack.ts';
import { producerKey } from '../../format/producer-key.ts';
import { encodeRecord } from '../../format/record.ts';
import { type UnitItem, UnitWriter } from '../../format/unit.ts';
import type { Rejection } from '../../protocol/frames.ts';
import type { AppendBatch, EventLog } from '../../server/log/port.ts';

export interface WrittenEvent {
  seq: number;
  event: Record<string, unknown>;
  /** Default `user_id` of the event. */
  subject?: string;
  /** What enrichment added. */
  added?: Record<string, unknown>;
}
export interface WrittenLetter extends Pick<DeadLetter, 'seq' | 'code' | 'path'> {
  event: unknown;
  format?: DeadLetter['format'];
}

export const WRITTEN_AT = Date.UTC(2026, 0, 2, 3, 4, 5);

export class LogWriter {
  private readonly log: EventLog;
  private batches = 0;
  /** The server's clock, for what is written next. */
  now = WRITTEN_AT;

  constructor(log: EventLog) {
    this.log = log;
  }

  /** One entry; numbers rise within it. */
  async events(partition: number, producer: string, events: readonly WrittenEvent[], epoch = 1): Promise<void> {
    const items = events.map(({ seq, event, subject = event.user_id as string, added = {} }) => ({
      ...{ seq, subject, receivedAt: this.now },
      body: pack(event),
      added: pack(added),
    }));
    await this.append(partition, { entry: this.entry('events', producer, epoch, items) });
  }

  async deadLetters(partition: number, producer: string, letters: readonly WrittenLetter[]): Promise<void> {
    const items = letters.map(({ seq, code, path, event, format = 'msgpack' }) => ({
      ...{ seq, subject: '', receivedAt: this.now },
      body: event instanceof Uint8Array ? event : format === 'json' ? Buffer.from(JSON.stringify(event)) : pack(event),
      added: encodeReason({ stage: 'validate', code, path, message: 'not good', format }),
    }));
    await this.append(partition, { dead: this.entry('dead-letters', producer, 1, items) });
  }

  /** What the log remembers of a producer: everything up to `done` is settled. */
  async settled(partition: number, producer: string, done: number, rejected: Rejection[] = []): Promise<void> {
    const key = producerKey({ tenant: 'default', owner: '', producer, epoch: 1 });
    const record = encodeRecord({ watermark: done, base: done, settled: [], rejected });
    await this.append(partition, { unit: { producer: key, prev: 0, first: 1, last: done, record, ids: [] } });
  }

  /** An entry with a bit turned over. */
  async damaged(partition: number, stream: Stream = 'events'): Promise<void> {
    const entry = this.entry(stream, 'x', 1, [
      { seq: 1, subject: 'u', receivedAt: this.now, body: pack({}), added: pack({}) },
    ]);
    entry.bytes[entry.bytes.length - 1]! ^= 1;
    await this.append(partition, stream === 'events' ? { entry } : { dead: entry });
  }

  private entry(stream: Stream, producer: string, epoch: number, items: readonly UnitItem[]) {
    const writer = new UnitWriter();
    for (const item of items) writer.add(item);
    const { bytes, count } = writer.finish({ tenant: 'default', owner: '', producer, epoch });
    return { bytes: encodeEntry(stream, this.now, count, [Buffer.from(bytes)]), count };
  }

  /** Under a producer of its own unless one is given, so that nothing is held against it. */
  private async append(
    partition: number,
    part: Partial<Pick<AppendBatch, 'entry' | 'dead'>> & { unit?: AppendBatch['units'][number] },
  ): Promise<void> {
    const producer = `writer-${++this.batches}`;
    const record = encodeRecord({ watermark: 1, base: 1, settled: [], rejected: [] });
    const { entry = null, dead = null, unit = { producer, prev: 0, first: 1, last: 1, record, ids: [] } } = part;
    const result = await this.log.append({ partition, units: [unit], entry, dead });
    if (result.status !== 'appended') throw new Error(`not appended: ${JSON.stringify(result)}`);
  }
}
