/** `gapless.v1.msgpack`. Control frames are decoded once `scanFrame` has let them pass; PUBLISH is only walked over. */
import type { ControlFrame } from '../client-frames.ts';
import { controlFields, readControl, unknownOp } from '../client-frames.ts';
import type { Codec, EncodedEvent, Message } from '../codec.ts';
import { ProtocolError } from '../codes.ts';
import { assertExpressible } from '../expressible.ts';
import type { Fields } from '../fields.ts';
import { integer } from '../fields.ts';
import type { ClientFrame, Publish, ServerFrame } from '../frames.ts';
import { OPS } from '../frames.ts';
import {
  CONTEXT_MAX_BYTES,
  CONTROL_MAX_DEPTH,
  CONTROL_MAX_VALUES,
  HELLO_MAX_BYTES,
  SERVER_MAX_DEPTH,
} from '../limits.ts';
import { readServer, serverFields } from '../server-frames.ts';
import { arrayCount, childCount, containerHeaderBytes, readNumber } from './header.ts';
import { readMessage } from './reader.ts';
import { scanFrame } from './scan.ts';
import { skipValues } from './skip.ts';
import { Writer } from './writer.ts';

const writer = new Writer();

const CONTROL_LIMITS = { depth: CONTROL_MAX_DEPTH, values: CONTROL_MAX_VALUES, binary: false };
const SERVER_LIMITS = { depth: SERVER_MAX_DEPTH, values: Number.POSITIVE_INFINITY, binary: true };

export const msgpackCodec: Codec = {
  subprotocol: 'gapless.v1.msgpack',
  binary: true,

  encode(frame: ControlFrame | ServerFrame): Uint8Array {
    if (frame.op === 'ACK') return encodeNumbers(OPS.ACK, frame.done, frame.limit, frame.limitBytes, frame.level);
    const op = OPS[frame.op];
    if (op >= OPS.WELCOME) return write(serverFields(frame as ServerFrame));
    const fields = controlFields(frame as ControlFrame);
    assertExpressible(fields);
    return write(fields);
  },

  encodeEvent(event: unknown): EncodedEvent {
    assertExpressible(event);
    try {
      writer.value(event);
      const data = writer.takeShared();
      return { data, bytes: data.length };
    } finally {
      writer.clear();
    }
  },

  encodePublish(first: number, events: readonly EncodedEvent[]): Uint8Array {
    const header = publishHeader(first, events.length);
    let length = header.length;
    for (const event of events) length += event.bytes;
    const message = new Uint8Array(length);
    message.set(header);
    let position = header.length;
    for (const event of events) {
      message.set(event.data as Uint8Array, position);
      position += event.bytes;
    }
    return message;
  },

  publishBytes(first: number, count: number, eventBytes: number): number {
    // The frame's array, the op, the number, the array of events.
    return 2 + unsignedBytes(first) + (count < 16 ? 1 : count < 0x1_0000 ? 3 : 5) + eventBytes;
  },

  decodeClient(message: Uint8Array): ClientFrame {
    const { op, position } = readOp(message);
    if (op === OPS.PUBLISH) return readPublish(message, position);
    if (op < OPS.HELLO || op > OPS.AUTH) throw unknownOp(op);
    if (op === OPS.HELLO && message.length > HELLO_MAX_BYTES) {
      throw new ProtocolError(`HELLO is longer than ${HELLO_MAX_BYTES} bytes`, 'too_large');
    }
    scanFrame(message, CONTROL_LIMITS);
    const frame = readControl(op, readMessage(message) as Fields);
    if (frame.op === 'HELLO' && frame.context && contextBytes(message, position) > CONTEXT_MAX_BYTES) {
      throw new ProtocolError(`context is longer than ${CONTEXT_MAX_BYTES} bytes`);
    }
    return frame;
  },

  decodeServer(message: Message): ServerFrame | null {
    if (typeof message === 'string') throw new ProtocolError('a text message under gapless.v1.msgpack');
    const { op } = readOp(message);
    scanFrame(message, SERVER_LIMITS);
    return readServer(op, readMessage(message) as Fields);
  },
};

/** The op and the position of the first field. */
function readOp(message: Uint8Array): { op: number; position: number } {
  const count = arrayCount(message, 0, 'the frame');
  if (count === 0) throw new ProtocolError('the frame has no op');
  const position = containerHeaderBytes(message[0]!);
  return { op: integer(readNumber(message, position, 'op'), 'op'), position: skipValues(message, position, 1) };
}

function readPublish(message: Uint8Array, firstAt: number): Publish {
  const fields = arrayCount(message, 0, 'the frame');
  if (fields < 3) throw new ProtocolError('PUBLISH has too few fields');
  const first = integer(readNumber(message, firstAt, 'first'), 'first', 1);
  const eventsAt = skipValues(message, firstAt, 1);
  const count = arrayCount(message, eventsAt, 'events');
  if (count === 0) throw new ProtocolError('events is empty');
  const start = eventsAt + containerHeaderBytes(message[eventsAt]!);
  const end = skipValues(message, start, count);
  if (skipValues(message, end, fields - 3) !== message.length) throw new ProtocolError('bytes after the frame');
  integer(first + (count - 1), 'the last number');
  return {
    op: 'PUBLISH',
    first,
    count,
    format: 'msgpack',
    events: message.subarray(start, end),
    bytes: message.length,
  };
}

/** The size of HELLO's context in its own encoding; of several the last, as the decoder takes it. */
function contextBytes(message: Uint8Array, mapAt: number): number {
  let size = 0;
  let position = mapAt + containerHeaderBytes(message[mapAt]!);
  for (let left = childCount(message, mapAt); left > 0; left -= 2) {
    const valueAt = skipValues(message, position, 1);
    const key = readMessage(message.subarray(position, valueAt));
    position = skipValues(message, valueAt, 1);
    if (key === 'context') size = position - valueAt;
  }
  return size;
}

/** The size of a number from 0 up in its smallest format. */
function unsignedBytes(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x100) return 2;
  return value < 0x1_0000 ? 3 : value < 0x1_0000_0000 ? 5 : 9;
}

function publishHeader(first: number, count: number): Uint8Array {
  writer.arrayHeader(3);
  writer.number(OPS.PUBLISH);
  writer.number(first);
  writer.arrayHeader(count);
  return writer.take();
}

function encodeNumbers(...numbers: number[]): Uint8Array {
  writer.arrayHeader(numbers.length);
  for (const number of numbers) writer.number(number);
  return writer.take();
}

function write(value: unknown): Uint8Array {
  try {
    writer.value(value);
    return writer.take();
  } finally {
    writer.clear();
  }
}
