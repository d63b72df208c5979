import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hasLoneSurrogate, isUtf8, utf8Length } from '../../protocol/utf8.ts';

const fatal = new TextDecoder('utf-8', { fatal: true });
function decodes(bytes: Uint8Array): boolean {
  try {
    fatal.decode(bytes);
    return true;
  } catch {
    return false;
  }
}
// Bytes near the borders of the encoding, which are otherwise rare.
const byte = fc.oneof(
  fc.nat(255),
  fc.constantFrom(0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc1, 0xc2, 0xe0, 0xed, 0xf0, 0xf4, 0xf5),
);

test('isUtf8 agrees with TextDecoder', () => {
  fc.assert(
    fc.property(fc.array(byte, { maxLength: 12 }), fc.nat(3), (list, offset) => {
      const bytes = Uint8Array.from(list);
      const start = Math.min(offset, bytes.length);
      expect(isUtf8(bytes, start, bytes.length)).toBe(decodes(bytes.subarray(start)));
    }),
    { numRuns: 5_000 },
  );
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const bytes = new TextEncoder().encode(text);
      expect(isUtf8(bytes, 0, bytes.length)).toBe(true);
    }),
  );
});

test('utf8Length agrees with TextEncoder, lone surrogates included', () => {
  const units = fc.array(fc.oneof(fc.nat(0xffff), fc.integer({ min: 0xd700, max: 0xe000 }), fc.nat(0x100)));
  fc.assert(
    fc.property(units, (list) => {
      const text = String.fromCharCode(...list);
      expect(utf8Length(text)).toBe(new TextEncoder().encode(text).length);
    }),
    { numRuns: 2_000 },
  );
});

test('hasLoneSurrogate sees halves only', () => {
  expect(hasLoneSurrogate('plain \u{1f600} é')).toBe(false);
  for (const text of ['\ud83d', '\ude00', 'a\ude00\ud83db', '\ud83d\ud83d\ude00'])
    expect(hasLoneSurrogate(text)).toBe(true);
});
