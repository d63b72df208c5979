/**
 * Finds where values stand in JSON that `JSON.parse` has taken already, so nothing is checked here again. Linear, without recursion
 * and without allocation. Bytes are UTF-8; the ones that matter are ASCII and never part of another character.
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** The position of the next byte that is no white space. */
export function skipSpace(bytes: Uint8Array, position: number): number {
  while (isSpace(bytes[position])) position++;
  return position;
}

/** The position after the value that starts at `position`. */
export function skipValue(bytes: Uint8Array, position: number): number {
  let depth = 0;
  do {
    const byte = bytes[position];
    if (byte === undefined) return position;
    if (byte === QUOTE) position = skipText(bytes, position);
    else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) {
      depth++;
      position++;
    } else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) {
      depth--;
      position++;
    } else if (depth === 0) return skipScalar(bytes, position);
    else position++;
  } while (depth > 0);
  return position;
}

/** The position of the next value in an array or object whose last one ended at `position`. */
export function skipSeparator(bytes: Uint8Array, position: number): number {
  const next = skipSpace(bytes, position);
  return bytes[next] === COMMA || bytes[next] === COLON ? skipSpace(bytes, next + 1) : next;
}

function skipText(bytes: Uint8Array, position: number): number {
  for (position++; position < bytes.length; position++) {
    const byte = bytes[position];
    if (byte === QUOTE) return position + 1;
    if (byte === BACKSLASH) position++;
  }
  return position;
}

function skipScalar(bytes: Uint8Array, position: number): number {
  while (position < bytes.length) {
    const byte = bytes[position]!;
    if (byte === COMMA || byte === CLOSE_ARRAY || byte === CLOSE_OBJECT || byte === COLON || isSpace(byte)) break;
    position++;
  }
  return position;
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
