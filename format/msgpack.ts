/** MessagePack as the log uses it: plain maps, no extension types, so that any library reads it. No native code is loaded. */
import { Packr, Unpackr } from 'msgpackr/pack';
import { FormatError } from './bytes.ts';

const options = { useRecords: false, mapsAsObjects: true, structuredClone: false, int64AsType: 'number' } as const;
const packr = new Packr(options);
const unpackr = new Unpackr(options);

/** A copy of its own: msgpackr's output is a view of a pool. */
export function pack(value: unknown): Uint8Array {
  return Buffer.from(packr.pack(value));
}

/** Throws FormatError for anything but one map. */
export function unpackMap(bytes: Uint8Array): Record<string, unknown> {
  let map: unknown;
  try {
    map = unpackr.unpack(bytes as Buffer);
  } catch (error) {
    throw new FormatError(`not MessagePack: ${(error as Error).message}`);
  }
  if (typeof map !== 'object' || map === null || Array.isArray(map)) throw new FormatError('not a map');
  return map as Record<string, unknown>;
}
