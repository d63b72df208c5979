/** `{"events": [...], ...}`. `JSON.parse` judges the syntax; where the events stand is found by walking over the top level. */
import { skipSeparator, skipSpace, skipValue } from '../../../protocol/json/skip.ts';
import { type Batch, BatchError } from './batch.ts';
import { checkCount, FIELD_NAMES, readFields } from './fields.ts';

// A byte order mark stays in the text, where JSON.parse refuses it.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const OPEN_OBJECT = 0x7b;
const QUOTE = 0x22;

/** Throws BatchError. */
export function parseJsonBatch(body: Uint8Array): Batch {
  const object = parseObject(body);
  const places = topLevel(body);
  const events = object.events;
  if (!Array.isArray(events)) throw new BatchError('events is not a list.');
  checkCount(events.length);
  const given = new Map(Object.entries(object).filter(([name]) => FIELD_NAMES.has(name)));
  const context = places.get('context');
  const { start, end } = places.get('events')!;
  return {
    ...readFields(given, events.length, context ? context.end - context.start : 0),
    // Between the brackets.
    events: { format: 'json', bytes: body.subarray(start + 1, end - 1), count: events.length },
  };
}

/** Throws BatchError. */
export function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(body));
  } catch {
    throw new BatchError('The body is not JSON in UTF-8.');
  }
}

function parseObject(body: Uint8Array): Record<string, unknown> {
  const value = parseJson(body);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new BatchError('The body is not an object.');
  return value as Record<string, unknown>;
}

/** Where the value of each key stands. A key that comes twice would mean two things. */
function topLevel(body: Uint8Array): Map<string, { start: number; end: number }> {
  const places = new Map<string, { start: number; end: number }>();
  let position = skipSpace(body, 0);
  if (body[position] !== OPEN_OBJECT) throw new BatchError('The body is not an object.');
  position = skipSpace(body, position + 1);
  while (body[position] === QUOTE) {
    const keyEnd = skipValue(body, position);
    const key = JSON.parse(decoder.decode(body.subarray(position, keyEnd))) as string;
    const start = skipSeparator(body, keyEnd);
    const end = skipValue(body, start);
    if (places.has(key)) throw new BatchError('A key comes twice.');
    places.set(key, { start, end });
    position = skipSeparator(body, end);
  }
  return places;
}
