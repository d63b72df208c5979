/** Request bodies of one connection, put together from events that were encoded beforehand. */
import { pack } from '../../format/msgpack.ts';
import { asJson, asLines, asMsgpack, type EncodedEvents, type PlainEvent } from '../generator/events.ts';
import type { BodyFormat, HttpDialect } from './plan.ts';
import { MOST_EVENTS } from './sizes.ts';

export interface Body {
  path: string;
  bytes: Buffer;
}

const PATH = '/v1/events';
export const CONTENT_TYPES: Record<BodyFormat, string> = {
  ndjson: 'application/x-ndjson',
  json: 'application/json',
  msgpack: 'application/msgpack',
};
const ENCODERS: Record<BodyFormat, (events: readonly PlainEvent[]) => EncodedEvents> = {
  ndjson: asLines,
  json: asJson,
  msgpack: asMsgpack,
};
const FIXMAP = 0x80;
const ARRAY16 = 0xdc;

export class Bodies {
  private readonly format: BodyFormat;
  private readonly dialect: HttpDialect;
  private readonly producer: string;
  private readonly events: EncodedEvents;

  constructor(format: BodyFormat, dialect: HttpDialect, producer: string, events: readonly PlainEvent[]) {
    if (dialect === 'plain' && format === 'msgpack') throw new RangeError('peers take no MessagePack over HTTP');
    this.format = format;
    this.dialect = dialect;
    this.producer = producer;
    this.events = ENCODERS[format](events);
  }

  /** The request that carries the numbers from `first` on. */
  make(first: number, count: number): Body {
    if (count < 1 || count > MOST_EVENTS) throw new RangeError(`a request holds 1 to ${MOST_EVENTS} events`);
    const events = this.slices(first, count);
    const plain = this.dialect === 'plain';
    switch (this.format) {
      case 'ndjson':
        return { path: plain ? PATH : `${PATH}?producer=${this.producer}&first=${first}`, bytes: joined(events) };
      case 'json': {
        const head = plain ? '[' : `{"producer":"${this.producer}","first":${first},"events":[`;
        return { path: PATH, bytes: joined([Buffer.from(head), ...events, Buffer.from(plain ? ']' : ']}')]) };
      }
      case 'msgpack': {
        const fields = [Buffer.of(FIXMAP | 3), ...['producer', this.producer, 'first', first, 'events'].map(pack)];
        return { path: PATH, bytes: joined([...fields, Buffer.of(ARRAY16, count >> 8, count & 0xff), ...events]) };
      }
    }
  }

  /** The bytes of these events with the separators between them, but none behind the last. */
  private slices(first: number, count: number): Buffer[] {
    const { bytes, offsets, separator, count: distinct } = this.events;
    const parts: Buffer[] = [];
    for (let at = (first - 1) % distinct, left = count; left > 0; at = 0) {
      const some = Math.min(left, distinct - at);
      left -= some;
      const end = offsets[at + some]! - (left === 0 ? separator : 0);
      parts.push(bytes.subarray(offsets[at]!, end));
    }
    return parts;
  }
}

function joined(parts: readonly Uint8Array[]): Buffer {
  return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
}
