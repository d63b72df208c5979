/** One line of NDJSON as what `send` makes of it; `verify` must come to the same answer. */
import { assertExpressible } from '../../protocol/expressible.ts';
import type { RawLine } from './lines.ts';

export type EventLine =
  | { kind: 'event'; event: Record<string, unknown> }
  /** Nothing stands there; its number is given up. */
  | { kind: 'blank' }
  /** What stands there cannot be sent; its number is given up. */
  | { kind: 'unreadable'; message: string };

const BLANK = /^\s*$/;
/** Only these can make text or a number that the wire cannot carry: escaped surrogates, and exponents beyond what a number holds. */
const SUSPICIOUS = /\\u[dD]|[eE]\+?\d{3}/;
const FAULTS = { not_utf8: 'is not UTF-8', too_long: 'is longer than 1 MiB' } as const;

export function parseEventLine(line: RawLine): EventLine {
  if (typeof line !== 'string') return { kind: 'unreadable', message: FAULTS[line.fault] };
  if (BLANK.test(line)) return { kind: 'blank' };
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { kind: 'unreadable', message: 'is not JSON' };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { kind: 'unreadable', message: 'is not a JSON object' };
  }
  if (SUSPICIOUS.test(line)) {
    try {
      assertExpressible(value);
    } catch (error) {
      return { kind: 'unreadable', message: (error as Error).message };
    }
  }
  return { kind: 'event', event: value as Record<string, unknown> };
}
