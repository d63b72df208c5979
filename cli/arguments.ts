/** Reads the values of options; what does not fit becomes a sentence that says what to write. */
import { InvalidArgumentError } from 'commander';
import { parseDuration } from '../server/units.ts';

export function wholeNumber(min: number, max = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    const range = max === Number.MAX_SAFE_INTEGER ? `of ${min} or more` : `from ${min} to ${max}`;
    throw new InvalidArgumentError(`Write a whole number ${range}.`);
  };
}

/** ms. */
export function duration(text: string): number {
  const value = parseDuration(text);
  if (value === null) throw new InvalidArgumentError('Write a duration like 500ms, 30s, 10m, 1h or 7d.');
  return value;
}

/** Events per second, or `max`, which is Infinity. */
export function rate(text: string): number {
  if (text === 'max') return Number.POSITIVE_INFINITY;
  const value = Number(text);
  if (text.trim() !== '' && value > 0 && value <= 10_000_000) return value;
  throw new InvalidArgumentError('Write events per second, like 0.5 or 1000, or max.');
}

/** ms since 1970 from a date, milliseconds, `now`, or how long ago: `10m`, `7d`. */
export function moment(text: string): number {
  if (text === 'now') return Date.now();
  const ago = parseDuration(text.replace(/^-/, ''));
  if (ago !== null && text !== '0') return Date.now() - ago;
  const value = /^\d{10,16}$/.test(text) ? Number(text) : Date.parse(text);
  if (Number.isFinite(value)) return value;
  throw new InvalidArgumentError('Write a date like 2026-01-31T12:00:00Z, or how long ago: 10m, 1h, 7d.');
}

/** Options that may be repeated or separated by commas. */
export function list(text: string, before: string[] | undefined): string[] {
  return [...(before ?? []), ...text.split(',').filter((part) => part !== '')];
}

export function producerId(text: string): string {
  if (/^[A-Za-z0-9_-]{1,64}$/.test(text)) return text;
  throw new InvalidArgumentError('Write 1 to 64 of A-Z a-z 0-9 _ and -.');
}

export function groupName(text: string): string {
  if (/^[A-Za-z0-9_.-]{1,64}$/.test(text)) return text;
  throw new InvalidArgumentError('Write 1 to 64 of A-Z a-z 0-9 _ - and . .');
}

/** Where a consumer group begins. */
export function start(text: string): 'earliest' | 'latest' {
  if (text === 'earliest' || text === 'latest') return text;
  throw new InvalidArgumentError('Write earliest or latest.');
}
