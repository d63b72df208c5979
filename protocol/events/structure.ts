/**
 * What every event must be before its fields are looked at: a map of plain values with harmless keys, within the bounds of depth and
 * number. For decoded values; `workers/read-event.ts` says the same of MessagePack bytes.
 */
import { EVENT_MAX_DEPTH, EVENT_MAX_VALUES, MAX_NUMBER } from '../limits.ts';
import { hasLoneSurrogate } from '../utf8.ts';

export const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** The messages of what is wrong with an event's structure; its code is `invalid_field`. */
export const STRUCTURE = {
  notMap: 'an event is a map',
  tooDeep: `nested deeper than ${EVENT_MAX_DEPTH} levels`,
  tooMany: `more than ${EVENT_MAX_VALUES} values`,
  forbiddenKey: 'this key is forbidden',
  duplicateKey: 'this key stands twice',
  keyNotText: 'a key is not text',
  notFinite: 'must not be NaN or infinite',
  tooLarge: 'integers end at 2^53-1',
  notUnicode: 'text is not well-formed Unicode',
  notPlain: 'only maps, lists, text, numbers, booleans and nil are allowed',
} as const;

export interface Flaw {
  /** Keys and indexes from the event down. */
  path: PropertyKey[];
  message: string;
}

/** What `findFlaw` met on its way; a JSON text with more members than its value has keys holds one twice. */
export interface Tally {
  values: number;
  members: number;
}

/** The first structural flaw of a decoded event, or null. Bounded: it stops at the limits of depth and number. */
export function findFlaw(event: unknown, tally: Tally = { values: 0, members: 0 }): Flaw | null {
  if (!isMap(event)) return { path: [], message: STRUCTURE.notMap };
  return inMap(event, 1, tally);
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.prototype.toString.call(value) === '[object Object]';
}

function inMap(map: Record<string, unknown>, depth: number, tally: Tally): Flaw | null {
  for (const key of Object.keys(map)) {
    tally.members++;
    if (FORBIDDEN_KEYS.has(key)) return { path: [key], message: STRUCTURE.forbiddenKey };
    if (hasLoneSurrogate(key)) return { path: [key], message: STRUCTURE.notUnicode };
    const flaw = inValue(map[key], depth, tally);
    if (flaw) return below(key, flaw);
  }
  return null;
}

function inList(list: readonly unknown[], depth: number, tally: Tally): Flaw | null {
  for (let i = 0; i < list.length; i++) {
    const flaw = inValue(list[i], depth, tally);
    if (flaw) return below(i, flaw);
  }
  return null;
}

function below(key: PropertyKey, flaw: Flaw): Flaw {
  flaw.path.unshift(key);
  return flaw;
}

function inValue(value: unknown, depth: number, tally: Tally): Flaw | null {
  if (++tally.values > EVENT_MAX_VALUES) return { path: [], message: STRUCTURE.tooMany };
  switch (typeof value) {
    case 'string':
      return hasLoneSurrogate(value) ? { path: [], message: STRUCTURE.notUnicode } : null;
    case 'number':
      if (!Number.isFinite(value)) return { path: [], message: STRUCTURE.notFinite };
      // Beyond 2^53 every double is an integer.
      return Math.abs(value) > MAX_NUMBER ? { path: [], message: STRUCTURE.tooLarge } : null;
    case 'boolean':
    case 'undefined':
      return null;
    case 'object': {
      if (value === null) return null;
      const list = Array.isArray(value);
      if (!list && !isMap(value)) return { path: [], message: STRUCTURE.notPlain };
      if (depth === EVENT_MAX_DEPTH) return { path: [], message: STRUCTURE.tooDeep };
      return list ? inList(value, depth + 1, tally) : inMap(value, depth + 1, tally);
    }
    default:
      return { path: [], message: typeof value === 'bigint' ? STRUCTURE.tooLarge : STRUCTURE.notPlain };
  }
}
