/** What a client sends, but PUBLISH: between the frame in memory and its array on the wire. */
import { ProtocolError } from './codes.ts';
import type { FieldMap, Fields } from './fields.ts';
import { integer, map, pick, readOptional, text } from './fields.ts';
import type { ClientFrame, Cursor, FilterValue, Hello, Publish, SubscribeOptions } from './frames.ts';
import { OPS } from './frames.ts';
import { CURSOR_MAX } from './limits.ts';

export type ControlFrame = Exclude<ClientFrame, Publish>;

const HELLO_KEYS = ['token', 'producer', 'epoch', 'attempt', 'done', 'clock', 'context', 'agent'] as const;
const SUBSCRIBE_KEYS = ['limit', 'key', 'filter', 'from'] as const;
const PRODUCER = /^[A-Za-z0-9_-]{1,64}$/;

export function controlFields(frame: ControlFrame): unknown[] {
  const op = OPS[frame.op];
  switch (frame.op) {
    case 'HELLO':
      return [op, pick(frame, HELLO_KEYS)];
    case 'BLOCKED':
      return [op, frame.seq, frame.bytes];
    case 'SUBSCRIBE':
      return [op, frame.sub, frame.feed, pick(frame.options, SUBSCRIBE_KEYS)];
    case 'FLOW':
      return [op, frame.sub, frame.limit];
    case 'UNSUBSCRIBE':
      return [op, frame.sub];
    case 'AUTH':
      return [op, frame.token];
  }
}

/** `fields[0]` is the op, already known to be an integer. The size limits of HELLO and its context are the codec's to check. */
export function readControl(op: number, fields: Fields): ControlFrame {
  switch (op) {
    case OPS.HELLO:
      return readHello(map(fields[1], 'HELLO'));
    case OPS.BLOCKED:
      return { op: 'BLOCKED', seq: integer(fields[1], 'seq'), bytes: integer(fields[2], 'bytes') };
    case OPS.SUBSCRIBE:
      return {
        op: 'SUBSCRIBE',
        sub: integer(fields[1], 'sub'),
        feed: text(fields[2], 'feed'),
        options: readOptions(map(fields[3], 'SUBSCRIBE')),
      };
    case OPS.FLOW:
      return { op: 'FLOW', sub: integer(fields[1], 'sub'), limit: integer(fields[2], 'limit') };
    case OPS.UNSUBSCRIBE:
      return { op: 'UNSUBSCRIBE', sub: integer(fields[1], 'sub') };
    case OPS.AUTH:
      return { op: 'AUTH', token: text(fields[1], 'token') };
    default:
      throw unknownOp(op);
  }
}

export function unknownOp(op: number): ProtocolError {
  return new ProtocolError(`op ${op} is none that a client sends`);
}

function readHello(fields: FieldMap): Hello {
  const hello: Hello = { op: 'HELLO' };
  readOptional(hello, fields, 'token', text);
  readOptional(hello, fields, 'producer', (value, name) => {
    if (typeof value !== 'string' || !PRODUCER.test(value)) throw new ProtocolError(`${name} is not a producer id`);
    return value;
  });
  readOptional(hello, fields, 'epoch', (value, name) => integer(value, name, 1));
  readOptional(hello, fields, 'attempt', integer);
  readOptional(hello, fields, 'done', integer);
  readOptional(hello, fields, 'clock', integer);
  readOptional(hello, fields, 'context', readContext);
  readOptional(hello, fields, 'agent', text);
  return hello;
}

/** Its fields are judged by the event schemas; here only that no key can reach a prototype, whatever is done with the map later. */
function readContext(value: unknown, name: string): FieldMap {
  const context = map(value, name);
  refusePrototypeKeys(context);
  return context;
}

function refusePrototypeKeys(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  // msgpackr decodes `__proto__` as `__proto_`; neither is a field of an event.
  for (const key of Object.keys(value)) {
    if (key === '__proto__' || key === '__proto_') throw new ProtocolError('context has an unknown field');
    refusePrototypeKeys((value as FieldMap)[key]);
  }
}

function readOptions(fields: FieldMap): SubscribeOptions {
  const options: SubscribeOptions = { limit: integer(fields.limit, 'limit') };
  readOptional(options, fields, 'key', text);
  readOptional(options, fields, 'filter', readFilter);
  readOptional(options, fields, 'from', readCursor);
  return options;
}

function readCursor(value: unknown, name: string): Cursor {
  const cursor = map(value, name);
  return { epoch: text(cursor.epoch, 'epoch', CURSOR_MAX), offset: text(cursor.offset, 'offset', CURSOR_MAX) };
}

/** Of any size: how much a subscription may ask for is judged by `feed/filter.ts`, and ends only that subscription. */
function readFilter(value: unknown, name: string): Record<string, FilterValue | FilterValue[]> {
  const filter: Record<string, FilterValue | FilterValue[]> = {};
  for (const [key, wanted] of Object.entries(map(value, name))) {
    // As msgpackr does it; the subscription is refused for its unknown field either way.
    filter[key === '__proto__' ? '__proto_' : key] = Array.isArray(wanted)
      ? wanted.map(filterValue)
      : filterValue(wanted);
  }
  return filter;
}

function filterValue(value: unknown): FilterValue {
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value + 0;
  throw new ProtocolError('a filter value is not text, number or boolean');
}
