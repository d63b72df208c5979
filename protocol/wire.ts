/** The wire door of the protocol: frames, codes, limits and codecs. No socket, clock or storage; runs in browsers and in Node. */
import type { Codec } from './codec.ts';
import { jsonCodec } from './json/codec.ts';
import type { Subprotocol } from './limits.ts';
import { msgpackCodec } from './msgpack/codec.ts';

export type { ClientCodec, Codec, EncodedEvent, Message } from './codec.ts';
export * from './codes.ts';
export * from './frames.ts';
export * from './limits.ts';

export function codecFor(subprotocol: Subprotocol): Codec {
  return subprotocol === 'gapless.v1.msgpack' ? msgpackCodec : jsonCodec;
}

/** The first of the offered subprotocols that this version speaks, or null. */
export function chooseSubprotocol(offered: readonly string[]): Subprotocol | null {
  for (const name of offered) if (name === 'gapless.v1.msgpack' || name === 'gapless.v1.json') return name;
  return null;
}
