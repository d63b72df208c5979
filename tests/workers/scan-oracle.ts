/**
 * What the reader must agree with: a walk over one event's MessagePack that only judges, after which a general decoder may have it.
 * Written apart from the reader, and by the same rules as `findFlaw` of `protocol/events`.
 */
import { type Flaw, FORBIDDEN_KEYS, STRUCTURE } from '../../protocol/events.ts';
import { EVENT_MAX_DEPTH, EVENT_MAX_VALUES } from '../../protocol/limits.ts';
import { size16, size32, truncated } from '../../protocol/msgpack/skip.ts';
import { isUtf8 } from '../../protocol/utf8.ts';

const FLAWED = -1;

/** State of the walk under way; it never yields, so there is one at a time. */
let bytes: Uint8Array;
let end: number;
let values: number;
let flaw: Flaw | null = null;

/** Keys of the maps that are open, as a stack: hash, where the key starts, its length. No more keys than values can be open. */
const KEY_STACK = 3 * (EVENT_MAX_VALUES + 1);
const keys = new Int32Array(KEY_STACK);
let keysTop: number;

const FORBIDDEN = [...FORBIDDEN_KEYS].map((key) => Buffer.from(key));
const FORBIDDEN_SHORTEST = Math.min(...FORBIDDEN.map((key) => key.length));
const FORBIDDEN_LONGEST = Math.max(...FORBIDDEN.map((key) => key.length));

/**
 * The position after the event that starts at `start`, or its first flaw. Throws where the bytes end inside a value, which whoever
 * cut the frame has checked.
 */
export function scanEvent(source: Uint8Array, start: number, limit: number): number | Flaw {
  bytes = source;
  end = limit;
  values = -1; // The event itself does not count.
  keysTop = 0;
  flaw = null;
  const token = source[start]!;
  const isMap = (token & 0xf0) === 0x80 || token === 0xde || token === 0xdf;
  const position = isMap ? scanValue(start, 0) : fail(STRUCTURE.notMap);
  if (position === FLAWED) return flaw!;
  if (position > limit) throw truncated();
  return position;
}

function fail(message: string, ...path: string[]): typeof FLAWED {
  flaw = { path, message };
  return FLAWED;
}

/** Each of these takes the position of what it reads and gives the position after it, or FLAWED. */
function scanValue(position: number, depth: number): number {
  if (++values > EVENT_MAX_VALUES) return fail(STRUCTURE.tooMany);
  const token = bytes[position]!;
  const next = position + 1;
  if (token < 0x80 || token >= 0xe0) return next;
  if (token >= 0xa0 && token < 0xc0) return scanText(next, token - 0xa0);
  if (token < 0x90) return scanMap(next, token - 0x80, depth + 1);
  if (token < 0xa0) return scanList(next, token - 0x90, depth + 1);
  switch (token) {
    case 0xc0:
    case 0xc2:
    case 0xc3:
      return next;
    case 0xca:
      return scanFloat(((bytes[next]! & 0x7f) << 1) | (bytes[next + 1]! >> 7), 0xff, 127, next + 4);
    case 0xcb:
      return scanFloat(((bytes[next]! & 0x7f) << 4) | (bytes[next + 1]! >> 4), 0x7ff, 1023, next + 8);
    case 0xcc:
    case 0xd0:
      return next + 1;
    case 0xcd:
    case 0xd1:
      return next + 2;
    case 0xce:
    case 0xd2:
      return next + 4;
    case 0xcf:
      return size32(bytes, next) > 0x1f_ffff ? fail(STRUCTURE.tooLarge) : next + 8;
    case 0xd3:
      return scanInt64(next);
    case 0xd9:
      return scanText(next + 1, bytes[next]!);
    case 0xda:
      return scanText(next + 2, size16(bytes, next));
    case 0xdb:
      return scanText(next + 4, size32(bytes, next));
    case 0xdc:
      return scanList(next + 2, size16(bytes, next), depth + 1);
    case 0xdd:
      return scanList(next + 4, size32(bytes, next), depth + 1);
    case 0xde:
      return scanMap(next + 2, size16(bytes, next), depth + 1);
    case 0xdf:
      return scanMap(next + 4, size32(bytes, next), depth + 1);
    default:
      if (token === undefined) throw truncated();
      return fail(STRUCTURE.notPlain); // binary, extension types, 0xc1
  }
}

/** From 2^53 on every number of a binary float is an integer. */
function scanFloat(exponent: number, special: number, bias: number, next: number): number {
  if (exponent === special) return fail(STRUCTURE.notFinite);
  return exponent >= bias + 53 ? fail(STRUCTURE.tooLarge) : next;
}

function scanInt64(position: number): number {
  const high = size32(bytes, position) | 0;
  const tooLow = high < -0x20_0000 || (high === -0x20_0000 && size32(bytes, position + 4) === 0);
  return tooLow || high > 0x1f_ffff ? fail(STRUCTURE.tooLarge) : position + 8;
}

function scanText(position: number, length: number): number {
  const next = position + length;
  if (next > end) throw truncated();
  for (let i = position; i < next; i++) {
    if (bytes[i]! >= 0x80) return isUtf8(bytes, i, next) ? next : fail(STRUCTURE.notUnicode);
  }
  return next;
}

function scanList(position: number, count: number, depth: number): number {
  if (depth > EVENT_MAX_DEPTH) return fail(STRUCTURE.tooDeep);
  let at = position;
  for (let i = 0; i < count; i++) {
    at = scanValue(at, depth);
    if (at === FLAWED) return below(String(i));
  }
  return at;
}

function scanMap(position: number, count: number, depth: number): number {
  if (depth > EVENT_MAX_DEPTH) return fail(STRUCTURE.tooDeep);
  const base = keysTop;
  let at = position;
  for (let i = 0; i < count; i++) {
    const key = keysTop;
    at = scanKey(at, base);
    if (at === FLAWED) return FLAWED;
    at = scanValue(at, depth);
    if (at === FLAWED) return below(textAt(keys[key + 1]!, keys[key + 2]!));
  }
  keysTop = base;
  return at;
}

function scanKey(position: number, base: number): number {
  const token = bytes[position]!;
  let start = position + 1;
  let length: number;
  if (token >= 0xa0 && token < 0xc0) length = token - 0xa0;
  else if (token === 0xd9) length = bytes[start++]!;
  else if (token === 0xda) {
    length = size16(bytes, start);
    start += 2;
  } else if (token === 0xdb) {
    length = size32(bytes, start);
    start += 4;
  } else if (token === undefined) throw truncated();
  else return fail(STRUCTURE.keyNotText, '?');

  const next = start + length;
  if (next > end) throw truncated();
  let hash = length;
  let high = 0;
  for (let i = start; i < next; i++) {
    const byte = bytes[i]!;
    high |= byte;
    hash = (Math.imul(hash, 31) + byte) | 0;
  }
  if (high >= 0x80 && !isUtf8(bytes, start, next)) return fail(STRUCTURE.notUnicode, '?');
  if (length >= FORBIDDEN_SHORTEST && length <= FORBIDDEN_LONGEST && isForbidden(start, length)) {
    return fail(STRUCTURE.forbiddenKey, textAt(start, length));
  }
  for (let other = base; other < keysTop; other += 3) {
    if (keys[other] === hash && keys[other + 2] === length && sameBytes(keys[other + 1]!, start, length)) {
      return fail(STRUCTURE.duplicateKey, textAt(start, length));
    }
  }
  keys[keysTop] = hash;
  keys[keysTop + 1] = start;
  keys[keysTop + 2] = length;
  keysTop += 3;
  return next;
}

function isForbidden(start: number, length: number): boolean {
  for (const key of FORBIDDEN) {
    if (key.length !== length) continue;
    let i = 0;
    while (i < length && key[i] === bytes[start + i]) i++;
    if (i === length) return true;
  }
  return false;
}

function sameBytes(a: number, b: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (bytes[a + i] !== bytes[b + i]) return false;
  return true;
}

/** Adds a level to the path of the flaw on the way out. */
function below(key: string): typeof FLAWED {
  flaw!.path.unshift(key);
  return FLAWED;
}

function textAt(start: number, length: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, length).toString('utf8');
}
