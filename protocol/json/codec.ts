/** `gapless.v1.json`: the same arrays as text, for debugging and low rates. `JSON.parse` judges the syntax of every frame. */

import type { ControlFrame } from '../client-frames.ts';
import { controlFields, readControl, unknownOp } from '../client-frames.ts';
import type { Codec, EncodedEvent, Message } from '../codec.ts';
import { ProtocolError } from '../codes.ts';
import { assertExpressible } from '../expressible.ts';
import type { Fields } from '../fields.ts';
import { integer, list } from '../fields.ts';
import type { ClientFrame, Publish, ServerFrame } from '../frames.ts';
import { OPS } from '../frames.ts';
import { CONTEXT_MAX_BYTES, HELLO_MAX_BYTES } from '../limits.ts';
import { readServer, serverFields } from '../server-frames.ts';
import { utf8Length } from '../utf8.ts';
import { scanControl } from './scan.ts';
import { skipSeparator, skipSpace, skipValue } from './skip.ts';

// A byte order mark stays in the text, where JSON.parse refuses it.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export const jsonCodec: Codec = {
  subprotocol: 'gapless.v1.json',
  binary: false,

  encode(frame: ControlFrame | ServerFrame): string {
    const op = OPS[frame.op];
    if (op >= OPS.WELCOME) {
      const fields = serverFields(frame as ServerFrame);
      return op === OPS.DATA ? JSON.stringify(fields, plain) : JSON.stringify(fields);
    }
    const fields = controlFields(frame as ControlFrame);
    assertExpressible(fields);
    return JSON.stringify(fields, plain);
  },

  encodeEvent(event: unknown): EncodedEvent {
    assertExpressible(event);
    const data = stringify(event);
    return { data, bytes: utf8Length(data) };
  },

  encodePublish(first: number, events: readonly EncodedEvent[]): string {
    return `[${OPS.PUBLISH},${first},[${events.map((event) => event.data).join(',')}]]`;
  },

  publishBytes(first: number, count: number, eventBytes: number): number {
    return `[${OPS.PUBLISH},${first},[]]`.length + eventBytes + Math.max(0, count - 1);
  },

  decodeClient(message: Uint8Array): ClientFrame {
    const fields = parse(readText(message));
    const op = integer(fields[0], 'op');
    if (op === OPS.PUBLISH) return readPublish(message, fields);
    if (op < OPS.HELLO || op > OPS.AUTH) throw unknownOp(op);
    if (op === OPS.HELLO && message.length > HELLO_MAX_BYTES) {
      throw new ProtocolError(`HELLO is longer than ${HELLO_MAX_BYTES} bytes`, 'too_large');
    }
    scanControl(fields);
    const frame = readControl(op, fields);
    if (frame.op === 'HELLO' && frame.context && contextBytes(message) > CONTEXT_MAX_BYTES) {
      throw new ProtocolError(`context is longer than ${CONTEXT_MAX_BYTES} bytes`);
    }
    return frame;
  },

  decodeServer(message: Message): ServerFrame | null {
    if (typeof message !== 'string') throw new ProtocolError('a binary message under gapless.v1.json');
    const fields = parse(message);
    return readServer(integer(fields[0], 'op'), fields);
  },
};

function readText(message: Uint8Array): string {
  try {
    return decoder.decode(message);
  } catch {
    throw new ProtocolError('the message is not UTF-8');
  }
}

function parse(text: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ProtocolError('the message is not JSON');
  }
  return list(value, 'the frame');
}

function readPublish(message: Uint8Array, fields: Fields): Publish {
  const first = integer(fields[1], 'first', 1);
  const count = list(fields[2], 'events').length;
  if (count === 0) throw new ProtocolError('events is empty');
  integer(first + (count - 1), 'the last number');
  const firstAt = nextValue(message, inside(message, 0));
  const eventsAt = nextValue(message, firstAt);
  const end = skipValue(message, eventsAt);
  const events = message.subarray(eventsAt + 1, end - 1);
  return { op: 'PUBLISH', first, count, format: 'json', events, bytes: message.length };
}

/** The size of HELLO's context as it stands in the message; of several the last, as JSON.parse takes it. */
function contextBytes(message: Uint8Array): number {
  let size = 0;
  const mapAt = nextValue(message, inside(message, 0));
  let position = inside(message, mapAt);
  while (message[position] === 0x22) {
    const keyEnd = skipValue(message, position);
    const key = JSON.parse(decoder.decode(message.subarray(position, keyEnd)));
    const valueAt = skipSeparator(message, keyEnd);
    if (key === 'context') size = skipValue(message, valueAt) - valueAt;
    position = nextValue(message, valueAt);
  }
  return size;
}

/** The position of the first value inside the container that starts at or after `position`. */
function inside(message: Uint8Array, position: number): number {
  return skipSpace(message, skipSpace(message, position) + 1);
}

/** The position of the value after the one at `position`. */
function nextValue(message: Uint8Array, position: number): number {
  return skipSeparator(message, skipValue(message, position));
}

function stringify(event: unknown): string {
  try {
    return JSON.stringify(event);
  } catch {
    // A bigint that is in range; a replacer on every event would cost three times as much.
    return JSON.stringify(event, plain);
  }
}

/** What JSON.stringify would leave out, spell out or throw on becomes what the MessagePack writer makes of it. */
function plain(_key: string, value: unknown): unknown {
  switch (typeof value) {
    case 'bigint':
      return Number(value);
    case 'undefined':
    case 'function':
    case 'symbol':
      return null;
    default:
      return ArrayBuffer.isView(value) ? null : value;
  }
}
