import fc from 'fast-check';
import { expect, test } from 'vitest';
import { skipSeparator, skipSpace, skipValue } from '../../../protocol/json/skip.ts';
import { utf8 } from '../../helpers/wire-bytes.ts';

const space = fc.stringMatching(/^[ \t\r\n]{0,3}$/);
const value = fc
  .tuple(fc.jsonValue({ maxDepth: 5, stringUnit: 'binary' }), fc.constantFrom(undefined, 1, '\t', ' \n'))
  .map(([one, indent]) => JSON.stringify(one, null, indent));

test('finds every value of an array, however it is spaced', () => {
  fc.assert(
    fc.property(fc.array(value, { minLength: 1 }), space, space, (texts, before, after) => {
      const bytes = utf8(`${before}[${texts.map((text) => `${before}${text}${after}`).join(',')}]`);
      let position = skipSpace(bytes, skipSpace(bytes, 0) + 1);
      for (const text of texts) {
        const end = skipValue(bytes, position);
        expect(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(position, end))).toBe(text);
        position = skipSeparator(bytes, end);
      }
      expect(String.fromCharCode(bytes[position]!)).toBe(']');
    }),
    { numRuns: 1000 },
  );
});

test.each([
  ['brackets in text', '"]}[{"'],
  ['an escaped quote', '"a\\"]"'],
  ['escaped backslashes', '"\\\\"'],
  ['text in text', '{"a]":["}\\\\",{"b":"\\"["}]}'],
  ['a number', '-1.5e+3'],
  ['a word', 'null'],
])('is not misled by %s', (_name, text) => {
  expect(skipValue(utf8(`${text},"after"]`), 0)).toBe(text.length);
  expect(skipValue(utf8(`${text} ]`), 0)).toBe(text.length);
  expect(skipValue(utf8(text), 0)).toBe(text.length);
});

test('walks 5,000 nested arrays without recursion, and stops where the bytes do', () => {
  const deep = utf8('['.repeat(5_000) + ']'.repeat(5_000));
  expect(skipValue(deep, 0)).toBe(10_000);
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect(skipValue(bytes, 0)).toBeGreaterThanOrEqual(0);
    }),
  );
});
