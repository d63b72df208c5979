import { expect, it } from 'vitest';
import { CODINGS, chooseCoding, isKnown } from '../../../server/gateway/content-coding.ts';

it.each([
  [undefined, 'identity'],
  ['', 'identity'],
  ['gzip, deflate, br, zstd', 'br'],
  ['gzip', 'gzip'],
  ['GZIP', 'gzip'],
  ['deflate', 'identity'],
  ['*', 'br'],
  ['br;q=0, *', 'gzip'],
  ['br;q=0.5, gzip;q=0.8', 'gzip'],
  ['br;q=0.5, gzip', 'gzip'],
  ['identity, br;q=0.1', 'identity'],
  ['br;q=0, gzip;q=0', 'identity'],
  ['br;q=yes', 'identity'],
  ['*;q=0', 'identity'],
])('Accept-Encoding %j gets %s', (header, coding) => {
  expect(chooseCoding(header, CODINGS)).toBe(coding);
});

it('chooses only what is there', () => {
  expect(chooseCoding('br, gzip', ['gzip', 'identity'])).toBe('gzip');
  expect(chooseCoding('br, gzip', ['identity'])).toBe('identity');
});

it.each([
  [undefined, false],
  ['"a"', true],
  ['W/"a"', true],
  ['"b", "a"', true],
  ['*', true],
  ['"b"', false],
  ['a', false],
])('If-None-Match %j: %s', (header, known) => {
  expect(isKnown(header, '"a"')).toBe(known);
});
