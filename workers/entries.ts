/** Entries of a MessagePack map without its header: packed once, they are laid into the `added` map of many events. */
import { pack } from '../format/msgpack.ts';

export interface Entries {
  count: number;
  bytes: Uint8Array;
}

export function packEntries(fields: Record<string, unknown>): Entries {
  const parts = Object.entries(fields).flatMap(([key, value]) => [pack(key), pack(value)]);
  return { count: parts.length / 2, bytes: Buffer.concat(parts) };
}
