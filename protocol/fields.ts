/** Checks of a frame's own fields after decoding, the same for both subprotocols. What does not fit throws `ProtocolError`. */
import { ProtocolError } from './codes.ts';
import { MAX_NUMBER } from './limits.ts';

export type Fields = readonly unknown[];
export type FieldMap = Record<string, unknown>;

/** An integer from `min` to 2^53-1, in whatever number format it came. */
export function integer(value: unknown, name: string, min = 0): number {
  const number = typeof value === 'bigint' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isInteger(number) || number < min || number > MAX_NUMBER) {
    throw new ProtocolError(`${name} is not an integer of at least ${min}`);
  }
  return number + 0; // -0 becomes 0
}

export function text(value: unknown, name: string, max = Number.POSITIVE_INFINITY): string {
  if (typeof value !== 'string') throw new ProtocolError(`${name} is not text`);
  if (value.length > max) throw new ProtocolError(`${name} is longer than ${max} characters`);
  return value;
}

export function map(value: unknown, name: string): FieldMap {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || ArrayBuffer.isView(value)) {
    throw new ProtocolError(`${name} is not a map`);
  }
  return value as FieldMap;
}

export function list(value: unknown, name: string): unknown[] {
  if (!Array.isArray(value)) throw new ProtocolError(`${name} is not a list`);
  return value;
}

/** nil stands for an absent optional field. */
export function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** The values of `keys` that the object has, under those keys, added to `into`: what an optional field lacks is not sent at all. */
export function pick(source: object, keys: readonly string[], into: FieldMap = {}): FieldMap {
  for (const key of keys) {
    const value = (source as FieldMap)[key];
    if (isGiven(value)) into[key] = value;
  }
  return into;
}

/** Reads an optional field of a map into the object under construction. */
export function readOptional<T extends object, K extends keyof T & string>(
  into: T,
  from: FieldMap,
  key: K,
  read: (value: unknown, name: string) => T[K],
): void {
  if (isGiven(from[key])) into[key] = read(from[key], key);
}
