/** Checks of the fields beside the events, the same for every media type. */
import { ProtocolError } from '../../../protocol/codes.ts';
import { parseContext } from '../../../protocol/events.ts';
import { integer, isGiven } from '../../../protocol/fields.ts';
import { CONTEXT_MAX_BYTES, WINDOW_CAP } from '../../../protocol/limits.ts';
import { BatchError, type BatchFields } from './batch.ts';

const PRODUCER = /^[A-Za-z0-9_-]{1,64}$/;
const TOKEN_MAX = 3_000;

/** The names that are read; others are ignored, as in frames. */
export const FIELD_NAMES: ReadonlySet<string> = new Set([
  'producer',
  'epoch',
  'first',
  'done',
  'clock',
  'context',
  'token',
]);

/** The most events of one request: what a producer's rejections are remembered of. */
export const MAX_EVENTS = WINDOW_CAP.events;

export function checkCount(count: number): void {
  if (count === 0) throw new BatchError('There are no events.');
  if (count > MAX_EVENTS)
    throw new BatchError(`There are more than ${MAX_EVENTS} events; send them in several requests.`, 'too_large');
}

/** `contextBytes` is the size of the context in its own encoding. Throws BatchError. */
export function readFields(given: ReadonlyMap<string, unknown>, count: number, contextBytes: number): BatchFields {
  const fields: BatchFields = {};
  const has = (name: string) => isGiven(given.get(name));
  const number = (name: string, min: number) => whole(given.get(name), name, min);

  if (has('producer') !== has('first')) throw new BatchError('producer and first come together or not at all.');
  if (has('producer')) {
    fields.producer = text(given.get('producer'), 'producer', PRODUCER);
    fields.first = number('first', 1);
    whole(fields.first + (count - 1), 'The number of the last event', 1);
    if (has('epoch')) fields.epoch = number('epoch', 1);
    if (has('done')) fields.done = number('done', 0);
  }
  if (has('clock')) fields.clock = number('clock', 0);
  if (has('token')) fields.token = text(given.get('token'), 'token', /^[\x21-\x7e]+$/, TOKEN_MAX);
  if (has('context')) {
    if (contextBytes > CONTEXT_MAX_BYTES)
      throw new BatchError(`The context has more than ${CONTEXT_MAX_BYTES} bytes.`, 'invalid_context');
    fields.context = context(given.get('context'));
  }
  return fields;
}

function whole(value: unknown, name: string, min: number): number {
  try {
    return integer(value, name, min);
  } catch (error) {
    throw new BatchError((error as ProtocolError).message);
  }
}

function text(value: unknown, name: string, pattern: RegExp, max = 64): string {
  if (typeof value === 'string' && value.length <= max && pattern.test(value)) return value;
  throw new BatchError(`${name} is not valid.`);
}

function context(value: unknown) {
  try {
    return parseContext(value);
  } catch (error) {
    if (error instanceof ProtocolError) throw new BatchError(error.message, 'invalid_context');
    throw error;
  }
}
