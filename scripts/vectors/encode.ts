/** Both encodings of a value, as vectors show them. */

import type { Codec } from '../../protocol/wire.ts';
import { codecFor } from '../../protocol/wire.ts';

export const msgpack = codecFor('gapless.v1.msgpack');
export const json = codecFor('gapless.v1.json');

export const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
export const toBytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex'));

/** Any value, by the encoder of events. */
export function packed(value: unknown): string {
  return toHex(msgpack.encodeEvent(value).data as Uint8Array);
}

export function publish(codec: Codec, first: number, events: readonly unknown[]): Uint8Array | string {
  return codec.encodePublish(
    first,
    events.map((event) => codec.encodeEvent(event)),
  );
}
