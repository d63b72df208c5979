/** What both formats can express alike: the values of JSON, with integers, as plain objects and arrays. */
import { hasLoneSurrogate } from './utf8.ts';

/** Deeper is taken for a cycle. Far above what a server takes, which rejects such an event by its own rules. */
const MAX_DEPTH = 64;

/**
 * Throws TypeError, naming the place, for undefined, functions, symbols, NaN, infinities, integers of more than 53 bits as bigint, binary,
 * lone surrogates, and objects that are neither plain nor arrays (Date, Map, class instances).
 */
export function assertExpressible(value: unknown): void {
  const fault = findFault(value, 1);
  if (fault !== null) throw new TypeError(`cannot encode ${fault}`);
}

/** null, or what is wrong and where. */
function findFault(value: unknown, depth: number): string | null {
  switch (typeof value) {
    case 'string':
      return hasLoneSurrogate(value) ? 'a lone surrogate' : null;
    case 'number':
      return Number.isFinite(value) ? null : String(value);
    case 'boolean':
      return null;
    case 'bigint':
      return Number.isSafeInteger(Number(value)) ? null : 'a bigint of more than 53 bits';
    case 'object':
      if (value === null) return null;
      if (depth > MAX_DEPTH) return 'more than 64 levels';
      return Array.isArray(value) ? findInArray(value, depth) : findInObject(value as Record<string, unknown>, depth);
    default:
      return typeof value === 'undefined' ? 'undefined' : `a ${typeof value}`;
  }
}

function findInArray(values: readonly unknown[], depth: number): string | null {
  for (let i = 0; i < values.length; i++) {
    const fault = findFault(values[i], depth + 1);
    if (fault !== null) return `${fault} at [${i}]`;
  }
  return null;
}

function findInObject(object: Record<string, unknown>, depth: number): string | null {
  // A plain object's prototype has none itself, in whatever realm it was made.
  const prototype = Object.getPrototypeOf(object);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) return `a ${className(object)}`;
  for (const key of Object.keys(object)) {
    if (hasLoneSurrogate(key)) return 'a key with a lone surrogate';
    const fault = findFault(object[key], depth + 1);
    if (fault !== null) return `${fault} at ${key}`;
  }
  return null;
}

function className(object: object): string {
  return object.constructor?.name || 'class instance';
}
