/** A client's side of `gapless.v1.msgpack`. */
import type { ControlFrame } from '../client-frames.ts';
import { controlFields } from '../client-frames.ts';
import type { ClientCodec, EncodedEvent, Message } from '../codec.ts';
import { ProtocolError } from '../codes.ts';
import { assertExpressible } from '../expressible.ts';
import type { Fields } from '../fields.ts';
import { integer } from '../fields.ts';
import type { ServerFrame } from '../frames.ts';
import { OPS } from '../frames.ts';
import { SERVER_MAX_DEPTH } from '../limits.ts';
import { readServer } from '../server-frames.ts';
import { arrayCount, containerHeaderBytes, readNumber } from './header.ts';
import { readMessage } from './reader.ts';
import { scanFrame } from './scan.ts';
import { skipValues } from './skip.ts';
import { Writer } from './writer.ts';

const writer = new Writer();

const SERVER_LIMITS = { depth: SERVER_MAX_DEPTH, values: Number.POSITIVE_INFINITY, binary: true };

export const msgpackClientCodec: ClientCodec = {
  subprotocol: 'gapless.v1.msgpack',
  binary: true,

  encode(frame: ControlFrame): Uint8Array {
    const fields = controlFields(frame);
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

  eventJson(event: EncodedEvent): string {
    return JSON.stringify(readMessage(event.data as Uint8Array));
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

  decodeServer(message: Message): ServerFrame | null {
    if (typeof message === 'string') throw new ProtocolError('a text message under gapless.v1.msgpack');
    const { op } = readOp(message);
    scanFrame(message, SERVER_LIMITS);
    return readServer(op, readMessage(message) as Fields);
  },
};

/** The op and the position of the first field. */
export function readOp(message: Uint8Array): { op: number; position: number } {
  const count = arrayCount(message, 0, 'the frame');
  if (count === 0) throw new ProtocolError('the frame has no op');
  const position = containerHeaderBytes(message[0]!);
  return { op: integer(readNumber(message, position, 'op'), 'op'), position: skipValues(message, position, 1) };
}

/** One value. The bytes are the caller's to keep. */
export function write(value: unknown): Uint8Array {
  try {
    writer.value(value);
    return writer.take();
  } finally {
    writer.clear();
  }
}

/** An array of numbers. */
export function writeNumbers(...numbers: number[]): Uint8Array {
  writer.arrayHeader(numbers.length);
  for (const number of numbers) writer.number(number);
  return writer.take();
}

function publishHeader(first: number, count: number): Uint8Array {
  writer.arrayHeader(3);
  writer.number(OPS.PUBLISH);
  writer.number(first);
  writer.arrayHeader(count);
  return writer.take();
}

/** The size of a number from 0 up in its smallest format. */
function unsignedBytes(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x100) return 2;
  return value < 0x1_0000 ? 3 : value < 0x1_0000_0000 ? 5 : 9;
}
