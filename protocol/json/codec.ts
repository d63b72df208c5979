/** `gapless.v1.json`: the same arrays as text, for debugging and low rates. `JSON.parse` judges the syntax of every frame. */

import type { ControlFrame } from '../client-frames.ts';
import { readControl, unknownOp } from '../client-frames.ts';
import type { Codec } from '../codec.ts';
import { ProtocolError } from '../codes.ts';
import type { Fields } from '../fields.ts';
import { integer, list } from '../fields.ts';
import type { ClientFrame, Publish, ServerFrame } from '../frames.ts';
import { OPS } from '../frames.ts';
import { CONTEXT_MAX_BYTES, HELLO_MAX_BYTES } from '../limits.ts';
import { serverFields } from '../server-frames.ts';
import { jsonClientCodec, parse, plain } from './client-codec.ts';
import { scanControl } from './scan.ts';
import { skipSeparator, skipSpace, skipValue } from './skip.ts';

// A byte order mark stays in the text, where JSON.parse refuses it.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export const jsonCodec: Codec = {
  ...jsonClientCodec,

  encode(frame: ControlFrame | ServerFrame): string {
    if (OPS[frame.op] < OPS.WELCOME) return jsonClientCodec.encode(frame as ControlFrame) as string;
    const fields = serverFields(frame as ServerFrame);
    return frame.op === 'DATA' ? JSON.stringify(fields, plain) : JSON.stringify(fields);
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
};

function readText(message: Uint8Array): string {
  try {
    return decoder.decode(message);
  } catch {
    throw new ProtocolError('the message is not UTF-8');
  }
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
