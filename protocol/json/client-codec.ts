/** A client's side of `gapless.v1.json`. */
import type { ControlFrame } from '../client-frames.ts';
import { controlFields } from '../client-frames.ts';
import type { ClientCodec, EncodedEvent, Message } from '../codec.ts';
import { ProtocolError } from '../codes.ts';
import { assertExpressible } from '../expressible.ts';
import type { Fields } from '../fields.ts';
import { integer, list } from '../fields.ts';
import type { ServerFrame } from '../frames.ts';
import { OPS } from '../frames.ts';
import { readServer } from '../server-frames.ts';
import { utf8Length } from '../utf8.ts';

export const jsonClientCodec: ClientCodec = {
  subprotocol: 'gapless.v1.json',
  binary: false,

  encode(frame: ControlFrame): string {
    const fields = controlFields(frame);
    assertExpressible(fields);
    return JSON.stringify(fields, plain);
  },

  encodeEvent(event: unknown): EncodedEvent {
    assertExpressible(event);
    const data = stringify(event);
    return { data, bytes: utf8Length(data) };
  },

  eventJson(event: EncodedEvent): string {
    return event.data as string;
  },

  encodePublish(first: number, events: readonly EncodedEvent[]): string {
    return `[${OPS.PUBLISH},${first},[${events.map((event) => event.data).join(',')}]]`;
  },

  publishBytes(first: number, count: number, eventBytes: number): number {
    return `[${OPS.PUBLISH},${first},[]]`.length + eventBytes + Math.max(0, count - 1);
  },

  decodeServer(message: Message): ServerFrame | null {
    if (typeof message !== 'string') throw new ProtocolError('a binary message under gapless.v1.json');
    const fields = parse(message);
    return readServer(integer(fields[0], 'op'), fields);
  },
};

/** The frame that a message is. */
export function parse(text: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ProtocolError('the message is not JSON');
  }
  return list(value, 'the frame');
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
export function plain(_key: string, value: unknown): unknown {
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
