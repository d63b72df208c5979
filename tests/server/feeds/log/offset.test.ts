import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CURSOR_MAX } from '../../../../protocol/limits.ts';
import { decodeOffset, encodeOffset, OffsetError } from '../../../../server/feeds/log/offset.ts';

const all = (positions: readonly number[]) => ({ partitions: positions.length, next: new Map(positions.entries()) });

describe('offsets', () => {
  it('come back as they were, of any partitions at any positions that fit', () => {
    const place = fc
      .uniqueArray(fc.nat(15), { maxLength: 16 })
      .chain((own) =>
        fc.tuple(
          ...own.map((partition) =>
            fc.tuple(
              fc.constant(partition),
              fc.maxSafeNat().map((n) => n || 1),
            ),
          ),
        ),
      )
      .map((entries) => ({ partitions: 16, next: new Map(entries.sort(([a], [b]) => a - b)) }));
    fc.assert(
      fc.property(place, (one) => {
        const text = encodeOffset('events', one);
        expect(text.length).toBeLessThanOrEqual(CURSOR_MAX);
        expect(text).toMatch(/^[A-Za-z0-9_-]+$/);
        expect(decodeOffset('events', text)).toEqual(one);
        expect(decodeOffset('dead-letters', text)).toBeNull();
      }),
    );
  });

  it('fit for 256 partitions with tens of millions between them', () => {
    const positions = Array.from(
      { length: 256 },
      (_, partition) => 9_000_000_000 + ((partition * 7_919_123) % 2 ** 26),
    );
    const text = encodeOffset('dead-letters', all(positions));
    expect(text.length).toBeLessThanOrEqual(CURSOR_MAX);
    expect(text.normalize('NFC')).toBe(text);
    expect(text.normalize('NFKD')).toBe(text);
    expect(decodeOffset('dead-letters', text)).toEqual(all(positions));
  });

  it('are refused where they cannot fit', () => {
    const positions = Array.from({ length: 256 }, (_, partition) => 1 + partition * 2 ** 40);
    expect(() => encodeOffset('events', all(positions))).toThrow(OffsetError);
  });

  it('that nobody made are none', () => {
    const texts = fc.oneof(
      fc.string(),
      fc.base64String(),
      fc.array(fc.integer({ min: 0x4d00, max: 0x9000 })).map((codes) => String.fromCharCode(...codes)),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const place = decodeOffset('events', text);
        expect([...(place?.next.values() ?? [])].every(Number.isSafeInteger)).toBe(true);
      }),
    );
    expect(decodeOffset('events', '')).toBeNull();
    expect(decodeOffset('events', '17')).toBeNull();
  });
});
