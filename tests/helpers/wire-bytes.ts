/** Small tools for tests that write bytes by hand. */
import { Unpackr } from 'msgpackr/unpack';
import type { Codec, Message, Publish } from '../../protocol/wire.ts';

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
/** Spaces and comments in `(...)` are for the reader. */
export const bytesOf = (text: string): Uint8Array =>
  new Uint8Array(Buffer.from(text.replace(/\(.*?\)|\s/g, ''), 'hex'));
export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
export const wireBytes = (message: Message): Uint8Array => (typeof message === 'string' ? utf8(message) : message);

/** The same message as a server's receive buffer would hold it: a view in the middle of other bytes. */
export function embedded(message: Uint8Array): Uint8Array {
  const buffer = new Uint8Array(message.length + 32).fill(0xa5);
  buffer.set(message, 16);
  return buffer.subarray(16, 16 + message.length);
}

/** What the receiving codec takes from this message of a server. */
export function fromServer(codec: Codec, message: Message): Message {
  return codec.binary ? embedded(message as Uint8Array) : message;
}

const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true, structuredClone: false, int64AsType: 'auto' });

/** Decodes the events of a PUBLISH, which the codec leaves to others. */
export function eventsOf(publish: Publish): unknown[] {
  if (publish.format === 'json') return JSON.parse(`[${new TextDecoder().decode(publish.events)}]`);
  return publish.events.length === 0 ? [] : (unpackr.unpackMultiple(publish.events) as unknown[]);
}

export const unpack = (bytes: Uint8Array): unknown => unpackr.unpack(bytes);
