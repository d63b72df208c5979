/** The kinds of values a setting may have. Each takes the text of an environment variable; its error message says what to write. */
import { isIP } from 'node:net';
import { z } from 'zod';
import { formatBytes, formatDuration, parseBytes, parseDuration } from './units.ts';

/** Reads the text, or answers null where it is not of this kind; `expected` completes "Write ...". */
function value<T>(read: (text: string) => T | null, expected: string) {
  return z.string().transform((text, context): T => {
    const result = read(text);
    if (result !== null) return result;
    context.issues.push({ code: 'custom', input: text, message: `Write ${expected}.` });
    return z.NEVER;
  });
}

const within = (n: number | null, min: number, max: number) => (n !== null && n >= min && n <= max ? n : null);

export function count(min: number, max: number) {
  return value(
    (text) => (/^\d{1,9}$/.test(text) ? within(Number(text), min, max) : null),
    `a whole number from ${min} to ${max}`,
  );
}

/** `bare`: a number without a unit is milliseconds, for names that end in `_MS`. */
export function duration(min: number, max: number, mode?: 'bare') {
  const off = min === 0 ? ', or 0' : '';
  return value(
    (text) => within(parseDuration(mode && /^\d+$/.test(text) ? `${text}ms` : text), min, max),
    `a duration like 500ms, 30s, 10m, 1h or 7d, from ${formatDuration(min || 1)} to ${formatDuration(max)}${off}`,
  );
}

export function bytes(min: number, max: number) {
  return value(
    (text) => within(parseBytes(text), min, max),
    `bytes like 65536, 64KiB, 64MiB or 2GiB, from ${formatBytes(min)} to ${formatBytes(max)}`,
  );
}

export function flag() {
  return value((text) => {
    if (/^(true|1|yes|on)$/i.test(text)) return true;
    return /^(false|0|no|off)$/i.test(text) ? false : null;
  }, 'true or false');
}

export function choice<const T extends readonly string[]>(options: T) {
  return value((text) => (options.includes(text) ? (text as T[number]) : null), `one of ${options.join(', ')}`);
}

export function text(pattern = /^[^\u0000-\u001f\u007f]+$/, expected = 'text without control characters') {
  return value((written) => (pattern.test(written) ? written : null), expected);
}

/** Fits into a header: the whole block of headers may have 4 KiB. */
export function secret() {
  return value(
    (written) => (/^[\x21-\x7e]{1,3000}$/.test(written) ? written : null),
    '1 to 3000 printable ASCII characters without spaces',
  );
}

export function redisUrl() {
  return value(
    (written) => (/^rediss?(\+sentinel|\+cluster)?:\/\/[^\s/]+/.test(written) ? written : null),
    'a URL like redis://host:6379, rediss://, redis+sentinel://a,b/master or redis+cluster://a,b,c',
  );
}

/** Separated by commas, without repeats; `options` closes the set and may not be left empty. */
export function list<const T extends readonly string[] = readonly string[]>(kind: 'origin' | 'role', options?: T) {
  const fits = (one: string) => (options ? options.includes(one) : isOrigin(one));
  const expected = options
    ? `one or more of ${options.join(', ')}, separated by commas`
    : `origins like https://app.example.com, separated by commas`;
  return value((written) => {
    const items = [
      ...new Set(
        written
          .split(',')
          .map((one) => one.trim())
          .filter(Boolean),
      ),
    ];
    if (kind === 'role' && items.length === 0) return null;
    return items.every(fits) ? (items as T[number][]) : null;
  }, expected);
}

/** An origin is what a browser sends: scheme, host and port and nothing else. */
function isOrigin(written: string): boolean {
  try {
    return new URL(written).origin === written;
  } catch {
    return false;
  }
}

/** Whether only this machine can reach a listener on `host`. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost' || host === '::1') return true;
  return isIP(host) === 4 && host.startsWith('127.');
}
