/** `gapless.v1.msgpack`. Control frames are decoded once `scanFrame` has let them pass; PUBLISH is only walked over. */
import type { ControlFrame } from '../client-frames.ts';
import { readControl, unknownOp } from '../client-frames.ts';
import type { Codec } from '../codec.ts';
import { ProtocolError } from '../codes.ts';
import type { Fields } from '../fields.ts';
import { integer } from '../fields.ts';
import type { ClientFrame, Publish, ServerFrame } from '../frames.ts';
import { OPS } from '../frames.ts';
import { CONTEXT_MAX_BYTES, CONTROL_MAX_DEPTH, CONTROL_MAX_VALUES, HELLO_MAX_BYTES } from '../limits.ts';
import { serverFields } from '../server-frames.ts';
import { msgpackClientCodec, readOp, write, writeNumbers } from './client-codec.ts';
import { arrayCount, childCount, containerHeaderBytes, readNumber } from './header.ts';
import { readMessage } from './reader.ts';
import { scanFrame } from './scan.ts';
import { skipValues } from './skip.ts';

const CONTROL_LIMITS = { depth: CONTROL_MAX_DEPTH, values: CONTROL_MAX_VALUES, binary: false };

export const msgpackCodec: Codec = {
  ...msgpackClientCodec,

  encode(frame: ControlFrame | ServerFrame): Uint8Array {
    if (frame.op === 'ACK') return writeNumbers(OPS.ACK, frame.done, frame.limit, frame.limitBytes, frame.level);
    if (OPS[frame.op] < OPS.WELCOME) return msgpackClientCodec.encode(frame as ControlFrame) as Uint8Array;
    return write(serverFields(frame as ServerFrame));
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
};

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
    // Once for each frame: `subarray` asks for the species first.
    events: new Uint8Array(message.buffer, message.byteOffset + start, end - start),
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
