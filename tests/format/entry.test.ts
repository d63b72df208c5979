import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ENTRY_HEADER_BYTES, encodeEntry, entryBody, openEntry } from '../../format/entry.ts';
import { STREAMS } from '../../format/model.ts';

const UNITS = [Uint8Array.of(1, 2, 3), new Uint8Array(0), Uint8Array.from({ length: 200 }, (_, i) => i)];
const CREATED = 1_790_000_000_123;
const entry = encodeEntry('events', CREATED, 5, UNITS);

function reason(bytes: Uint8Array, last = 12): string {
  const item = openEntry('events', 3, last, bytes);
  return item.status === 'damaged' ? item.reason : 'intact';
}

describe('entries', () => {
  it('read as written', () => {
    const units = fc.array(fc.uint8Array({ maxLength: 500 }), { maxLength: 5 });
    fc.assert(
      fc.property(
        fc.constantFrom(...STREAMS),
        units,
        fc.integer({ min: 1, max: 2 ** 32 - 1 }),
        fc.nat(),
        fc.maxSafeNat(),
        (stream, units, count, more, created) => {
          const bytes = encodeEntry(stream, created, count, units);
          const last = count + more;
          expect(openEntry(stream, 7, last, bytes)).toEqual({
            status: 'intact',
            partition: 7,
            stream,
            first: more + 1,
            last,
            created,
            bytes,
          });
          expect(Buffer.concat(units).equals(entryBody(bytes))).toBe(true);
        },
      ),
    );
  });

  it('show every flipped bit', () => {
    for (let at = 0; at < entry.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const bytes = Uint8Array.from(entry);
        bytes[at]! ^= 1 << bit;
        expect(reason(bytes), `byte ${at}, bit ${bit}`).not.toBe('intact');
      }
    }
  });

  it('show every other value of any byte', () => {
    fc.assert(
      fc.property(fc.nat({ max: entry.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const bytes = Uint8Array.from(entry);
        bytes[at]! ^= change;
        expect(reason(bytes)).not.toBe('intact');
      }),
    );
  });

  it('show every truncation and every extension', () => {
    for (let length = 0; length < entry.length; length++) {
      expect(reason(entry.subarray(0, length))).toBe(length < ENTRY_HEADER_BYTES ? 'truncated' : 'checksum');
    }
    expect(reason(Buffer.concat([entry, Buffer.of(0)]))).toBe('checksum');
  });

  it('say what is wrong', () => {
    const changed = (at: number, value: number) => {
      const bytes = Uint8Array.from(entry);
      bytes[at] = value;
      return bytes;
    };
    expect(reason(changed(0, 0))).toBe('bad_magic');
    expect(reason(changed(2, 2))).toBe('unknown_version');
    expect(reason(changed(3, 1))).toBe('bad_magic');
    expect(reason(changed(40, 99))).toBe('checksum');
    expect(reason(new Uint8Array(100))).toBe('bad_magic');
    expect(reason(entry, 4)).toBe('count');
    expect(reason(encodeEntry('events', CREATED, 0, UNITS))).toBe('count');
    expect(openEntry('dead-letters', 3, 12, entry)).toMatchObject({ status: 'damaged', last: 12, reason: 'bad_magic' });
  });

  it('do not depend on where they stand in a larger buffer', () => {
    const larger = Buffer.concat([Buffer.alloc(13, 0xff), entry, Buffer.alloc(7, 0xff)]);
    expect(reason(larger.subarray(13, 13 + entry.length))).toBe('intact');
  });
});
