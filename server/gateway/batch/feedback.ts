/**
 * A body of `POST /feedback`: one event, a list of events, or an object with `events` as `POST /v1/events` takes it. Its events are of the
 * types that tell what became of recommendations; whether they are sound is judged where all events are.
 */
import { EVENT_TYPES } from '../../../protocol/events.ts';
import { skipSpace } from '../../../protocol/json/skip.ts';
import { type Batch, BatchError } from './batch.ts';
import { checkCount } from './fields.ts';
import { parseJson, parseJsonBatch } from './json.ts';

export const FEEDBACK_EVENTS = [
  'feedback_event',
  'recommendation_shown',
  'recommendation_clicked',
  'explicit_rating',
] as const;
const OTHERS: ReadonlySet<unknown> = new Set(
  EVENT_TYPES.filter((type) => !(FEEDBACK_EVENTS as readonly string[]).includes(type)),
);

/** Throws BatchError. */
export function parseFeedback(body: Uint8Array): Batch {
  const value = parseJson(body);
  if (isMap(value) && 'events' in value) {
    const batch = parseJsonBatch(body);
    checkTypes(value.events as unknown[]);
    return batch;
  }
  const events = Array.isArray(value) ? value : [value];
  checkCount(events.length);
  checkTypes(events);
  const bytes = Array.isArray(value) ? betweenBrackets(body) : body;
  return { events: { format: 'json', bytes, count: events.length } };
}

function checkTypes(events: readonly unknown[]): void {
  for (const [i, event] of events.entries()) {
    if (isMap(event) && OTHERS.has(event.type))
      throw new BatchError(`The event at ${i} is no feedback: POST it to /v1/events.`);
  }
}

function betweenBrackets(body: Uint8Array): Uint8Array {
  return body.subarray(skipSpace(body, 0) + 1, body.lastIndexOf(CLOSE_LIST));
}
const CLOSE_LIST = 0x5d;

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
