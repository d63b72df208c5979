/** Messages on the live bus as bytes. */
import { pack, unpackMap } from '../../format/msgpack.ts';

export function encodeMessage(message: object): Uint8Array {
  return pack(message);
}

/** null for what is not one of ours. What comes from another version of the server may lack fields or have more. */
export function decodeMessage<T extends object>(bytes: Uint8Array): Partial<T> | null {
  try {
    return unpackMap(bytes) as Partial<T>;
  } catch {
    return null;
  }
}
