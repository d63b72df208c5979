/** The scan against what it stands for: `findFlaw` on what msgpackr decodes. */

import fc from 'fast-check';
import { Unpackr } from 'msgpackr/unpack';
import { describe, expect, it } from 'vitest';
import { findFlaw, STRUCTURE } from '../../protocol/events.ts';
import { scanEvent } from '../../workers/scan-event.ts';
import { event, pack } from './slabs.ts';

const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true, structuredClone: false, int64AsType: 'number' });

const leaf = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double(),
  // Smaller ones are numbers once they are decoded.
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n }).chain((n) => fc.constantFrom(n, -n)),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.uint8Array({ maxLength: 3 }),
);
const key = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 12 }), fc.constantFrom('constructor', 'prototype', 'a'));
const { node } = fc.letrec<{ node: unknown }>((tie) => ({
  node: fc.oneof(
    { depthSize: 'large' },
    leaf,
    fc.array(tie('node'), { maxLength: 5 }),
    fc.dictionary(key, tie('node'), { maxKeys: 5 }),
  ),
}));

describe('scanEvent', () => {
  it('finds what findFlaw finds in the decoded event', () => {
    fc.assert(
      fc.property(fc.dictionary(key, node, { maxKeys: 6 }), (value) => {
        const bytes = pack(value);
        const scanned = scanEvent(bytes, 0, bytes.length);
        const flaw = findFlaw(value);
        if (flaw) expect(scanned).toEqual({ path: flaw.path.map(String), message: flaw.message });
        else expect(scanned).toBe(bytes.length);
      }),
      { numRuns: 1_000 },
    );
  });

  it('reads any bytes without trouble: a position, a flaw, or "ends inside a value"', () => {
    const token = fc.integer({ min: 0x80, max: 0xdf });
    const bytes = fc
      .array(fc.oneof(token, fc.nat({ max: 255 })), { maxLength: 64 })
      .map((list) => Uint8Array.from([0x82, ...list]));
    fc.assert(
      fc.property(bytes, (raw) => {
        let scanned: ReturnType<typeof scanEvent>;
        try {
          scanned = scanEvent(raw, 0, raw.length);
        } catch (error) {
          expect(String(error)).toContain('ends inside a value');
          return;
        }
        if (typeof scanned !== 'number') return;
        expect(scanned).toBeLessThanOrEqual(raw.length);
        const value = unpackr.unpack(Buffer.from(raw.subarray(0, scanned)));
        expect(findFlaw(value)).toBeNull();
      }),
      { numRuns: 2_000 },
    );
  });

  it('keeps to its event inside a larger buffer', () => {
    const one = pack(event());
    const two = pack(event({ context: { source: 'radio' } }));
    const both = Buffer.concat([Buffer.of(0xc1), one, two, Buffer.of(0xc1)]);
    expect(scanEvent(both, 1, both.length)).toBe(1 + one.length);
    expect(scanEvent(both, 1 + one.length, both.length - 1)).toBe(both.length - 1);
    expect(() => scanEvent(both, 1 + one.length, both.length - 2)).toThrow('ends inside a value');
  });

  it('tells keys apart that have the same hash', () => {
    // 31 * 'b' + 'A' = 31 * 'a' + '`'
    const bytes = pack({ bA: 1, 'a`': 2 });
    expect(scanEvent(bytes, 0, bytes.length)).toBe(bytes.length);
    const twice = Buffer.concat([Buffer.of(0x83), bytes.subarray(1), pack('bA'), pack(1)]);
    expect(scanEvent(twice, 0, twice.length)).toEqual({ path: ['bA'], message: STRUCTURE.duplicateKey });
  });

  it('allows the same key in different maps', () => {
    const bytes = pack({ a: { a: { a: 1 } }, b: [{ a: 1 }, { a: 1 }] });
    expect(scanEvent(bytes, 0, bytes.length)).toBe(bytes.length);
  });
});
