/** An entry of the log as subscribers read it: decoded once, for however many of them. */
import { Unpackr } from 'msgpackr/pack';
import { FormatError } from '../../../format/bytes.ts';
import type { DeadLetter, IntactEntry, ReadItem } from '../../../format/model.ts';
import { decodeDeadLetters, decodeEvents } from '../../../format/stored-event.ts';
import { FeedItem, itemOf } from '../item.ts';

export interface LogItem {
  position: number;
  tenant: string;
  /** What keys and filters are compared with. */
  fields: Readonly<Record<string, unknown>>;
  item: FeedItem;
}

export interface Block {
  /** Positions that it covers; `from` follows on the block before it. */
  from: number;
  last: number;
  /** One after another, the last at `last`. Empty where they are gone, or the entry is damaged: nobody knows what it held. */
  items: readonly LogItem[];
  bytes: number;
}

/** `from`: the position after what was read before. Where items begin later, retention took what was between. */
export function openBlock(entry: ReadItem, from: number): Block {
  const { last } = entry;
  return { from, last, items: entry.status === 'damaged' ? [] : decode(entry), bytes: entry.bytes.length };
}

function decode(entry: IntactEntry): LogItem[] {
  try {
    if (entry.stream === 'dead-letters') return decodeDeadLetters(entry).map(letterItem);
    return decodeEvents(entry).map(({ position, event }) => ({
      position,
      tenant: event.tenant,
      fields: event,
      item: new FeedItem(event),
    }));
  } catch (error) {
    if (error instanceof FormatError) return [];
    throw error;
  }
}

/** `int64AsType` as in the log: numbers, also beyond 53 bits, where they are what was wrong with the event. */
const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true, structuredClone: false, int64AsType: 'number' });

function letterItem({ position, letter }: { position: number; letter: DeadLetter }): LogItem {
  const { tenant, producer, epoch, seq, stage, code, path, received_at, context } = letter;
  const event = originalEvent(letter);
  const head = { producer, epoch, seq, stage, code, path, received_at };
  const fields = { ...context, ...(isMap(event) ? event : {}), code };
  return { position, tenant, fields, item: itemOf({ ...head, event }) ?? new FeedItem({ ...head, event: null }) };
}

/** The event as its client meant it; null where its bytes do not decode, or to what a client need not be able to decode. */
function originalEvent({ format, bytes }: DeadLetter): unknown {
  try {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    const value: unknown = format === 'json' ? JSON.parse(buffer.toString('utf8')) : unpackr.unpack(buffer);
    return isDeep(value, MOST_LEVELS) ? null : value;
  } catch {
    return null;
  }
}

/** Far more than an event may have, and with the frame around it less than a client takes. */
const MOST_LEVELS = 32;

function isDeep(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeep(inner, levels - 1));
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
