/** The codecs as far as clients need them: half of what `wire.ts` has. */
import type { ClientCodec } from './codec.ts';
import { jsonClientCodec } from './json/client-codec.ts';
import type { Subprotocol } from './limits.ts';
import { msgpackClientCodec } from './msgpack/client-codec.ts';

export function clientCodecFor(subprotocol: Subprotocol): ClientCodec {
  return subprotocol === 'gapless.v1.msgpack' ? msgpackClientCodec : jsonClientCodec;
}
