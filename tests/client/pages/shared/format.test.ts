import { expect, it } from 'vitest';
import {
  age,
  bytes,
  clock,
  count,
  milliseconds,
  percent,
  perSecond,
  plural,
  whole,
} from '../../../../client/pages/shared/format.ts';
import { serverUrl, urlFlag } from '../../../../client/pages/shared/server-url.ts';

const plain = (text: string) => text.replaceAll('\u202f', ' ');

it.each([
  [count, 0, '0'],
  [count, 0.44, '0.4'],
  [count, 7, '7'],
  [count, 12.6, '13'],
  [count, 1204, '1,204'],
  [count, 99_999, '99,999'],
  [count, 123_456, '123 k'],
  [count, 1_204_000, '1.20 M'],
  [count, 12_040_000, '12.0 M'],
  [count, -3, '-3'],
  [count, Number.NaN, '–'],
  [whole, 1_234_567, '1,234,567'],
  [perSecond, 302, '302 /s'],
  [milliseconds, 0, '0 ms'],
  [milliseconds, 0.421, '0.42 ms'],
  [milliseconds, 4.2, '4.20 ms'],
  [milliseconds, 42.4, '42 ms'],
  [milliseconds, 1_204, '1.20 s'],
  [milliseconds, 75_000, '1 min 15 s'],
  [age, 900, '0 s'],
  [age, 59_999, '59 s'],
  [age, 200_000, '3 min 20 s'],
  [age, 7_500_000, '2 h 5 min'],
  [age, 273_600_000, '3 d 4 h'],
  [age, -5, '0 s'],
  [bytes, 0, '0 B'],
  [bytes, 1023, '1,023 B'],
  [bytes, 1536, '1.50 KiB'],
  [bytes, 64 * 1024 * 1024, '64.0 MiB'],
  [bytes, 331 * 1024 * 1024, '331 MiB'],
  [percent, 0, '0 %'],
  [percent, 0.004, '<1 %'],
  [percent, 0.426, '43 %'],
  [percent, 1, '100 %'],
])('%o writes %d as %s', (format, value, text) => {
  expect(plain(format(value))).toBe(text);
});

it('writes one and many', () => {
  expect([plural(1, 'event'), plural(2, 'event'), plural(0, 'item')]).toEqual(['1 event', '2 events', '0 items']);
});

it('writes the time of day', () => {
  const at = new Date(2026, 0, 2, 3, 4, 5).getTime();
  expect([clock(at), clock(at, false)]).toEqual(['03:04:05', '03:04']);
});

it('knows the server that the page came from, and how a command reaches it', () => {
  expect(serverUrl({ protocol: 'http:', host: 'localhost:8080' })).toBe('ws://localhost:8080');
  expect(serverUrl({ protocol: 'https:', host: 'example.org' })).toBe('wss://example.org');
  expect(urlFlag('ws://localhost:8080')).toBe('');
  expect(urlFlag('wss://example.org')).toBe(' --url wss://example.org');
});
