/** A dead letter as commands print it. */
import { Unpackr } from 'msgpackr/pack';
import type { DeadLetter, IntactEntry } from '../../format/model.ts';
import { decodeDeadLetters } from '../../format/stored-event.ts';
import { assertExpressible } from '../../protocol/expressible.ts';
import { type Column, timeText } from './columns.ts';

export interface PlacedLetter {
  partition: number;
  position: number;
  letter: DeadLetter;
}

export function placedLetters(entry: IntactEntry): PlacedLetter[] {
  return decodeDeadLetters(entry).map(({ position, letter }) => ({ partition: entry.partition, position, letter }));
}

const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true, structuredClone: false, int64AsType: 'auto' });

/** The event as the client meant it, or undefined where its bytes do not decode, or decode to what JSON cannot say. */
export function letterEvent({ format, bytes }: DeadLetter): unknown {
  try {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    const value = format === 'json' ? JSON.parse(buffer.toString('utf8')) : unpackr.unpack(buffer);
    assertExpressible(value);
    return value;
  } catch {
    return undefined;
  }
}

/** One JSON object a line; `event` where it can be decoded, otherwise its bytes as `event_hex`. */
export function letterJson({ partition, position, letter }: PlacedLetter): string {
  const { bytes, ...fields } = letter;
  const event = letterEvent(letter);
  const content = event === undefined ? { event_hex: Buffer.from(bytes).toString('hex') } : { event };
  return `${JSON.stringify({ partition, position, ...fields, ...content })}\n`;
}

export function letterUser(letter: DeadLetter): unknown {
  const event = letterEvent(letter) as { user_id?: unknown } | null | undefined;
  return event?.user_id ?? letter.context?.user_id;
}

export const LETTER_COLUMNS: readonly Column<PlacedLetter>[] = [
  { title: 'PART', width: 4, right: true, value: (row) => row.partition },
  { title: 'POSITION', width: 10, right: true, value: (row) => row.position },
  { title: 'RECEIVED (UTC)', width: 23, value: (row) => timeText(row.letter.received_at) },
  { title: 'STAGE', width: 8, value: (row) => row.letter.stage },
  { title: 'CODE', width: 14, value: (row) => row.letter.code },
  { title: 'PATH', width: 20, value: (row) => row.letter.path },
  { title: 'SEQ', width: 10, right: true, value: (row) => row.letter.seq },
  { title: 'PRODUCER', width: 32, value: (row) => row.letter.producer },
  { title: 'MESSAGE', width: 60, value: (row) => row.letter.message },
];
