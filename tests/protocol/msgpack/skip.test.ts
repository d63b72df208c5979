import fc from 'fast-check';
import { Packr } from 'msgpackr/pack';
import { Unpackr } from 'msgpackr/unpack';
import { describe, expect, test } from 'vitest';
import { ProtocolError } from '../../../protocol/codes.ts';
import { skipValues } from '../../../protocol/msgpack/skip.ts';
import { isRefused } from '../../helpers/refused.ts';
import { bytesOf } from '../../helpers/wire-bytes.ts';

const packr = new Packr({ useRecords: false, useFloat32: 3, encodeUndefinedAsNil: true });
const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: false, structuredClone: false });

/** Every kind of value without an extension type, packed by another encoder than ours. */
const value = fc.oneof(
  fc.jsonValue({ maxDepth: 6, stringUnit: 'binary' }),
  fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
  fc.double(),
  fc.float(),
  fc.string({ minLength: 100, maxLength: 70_000, size: 'max' }),
  fc.array(fc.integer(), { maxLength: 300, size: 'max' }),
  fc.dictionary(fc.string(), fc.integer(), { maxKeys: 40, size: 'max' }),
);

const concat = (parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

describe('skipValues', () => {
  test('agrees with msgpackr on where each value ends', () => {
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 8 }), fc.nat(20), (values, offset) => {
        const parts = values.map((one) => new Uint8Array(packr.pack(one)));
        const bytes = concat([new Uint8Array(offset), ...parts, Uint8Array.of(0xc1, 0xc1)]);
        const ends: number[] = [];
        unpackr.unpackMultiple(concat(parts), (_value: unknown, _start?: number, end?: number) => {
          ends.push(offset + end!);
        });
        expect(ends).toHaveLength(values.length);
        expect(ends.map((_end, i) => skipValues(bytes, offset, i + 1))).toEqual(ends);
      }),
      { numRuns: 200 },
    );
  });

  test('refuses values cut off at any byte', () => {
    fc.assert(
      fc.property(value, (one) => {
        const bytes = new Uint8Array(packr.pack(one));
        const ends = Array.from({ length: Math.min(bytes.length, 300) }, (_, end) => end);
        expect(ends.filter((end) => !isRefused(() => skipValues(bytes, 0, 1, end)))).toEqual([]);
        expect(ends.filter((end) => !isRefused(() => skipValues(bytes.subarray(0, end), 0, 1)))).toEqual([]);
        expect(skipValues(bytes, 0, 1)).toBe(bytes.length);
      }),
    );
  });

  test('takes nothing for no values', () => {
    expect(skipValues(new Uint8Array(), 0, 0)).toBe(0);
    expect(skipValues(bytesOf('c1'), 0, 0)).toBe(0);
  });

  const everyToken = Array.from({ length: 256 }, (_, token) => token);
  const refusedTokens = [0xc1, 0xc7, 0xc8, 0xc9, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8];

  test.each(everyToken)('knows token %i', (token) => {
    // Zeros complete any value but a container with elements, whose elements they are.
    const bytes = new Uint8Array(64);
    bytes[0] = token;
    if (refusedTokens.includes(token)) expect(() => skipValues(bytes, 0, 1)).toThrow(ProtocolError);
    else expect(skipValues(bytes, 0, 1)).toBeGreaterThan(0);
  });

  test.each([
    ['array32', 'dd ffffffff'],
    ['map32', 'df ffffffff'],
    ['bin32', 'c6 ffffffff'],
    ['str32', 'db ffffffff'],
    ['array16', 'dc ffff'],
    ['map16', 'de ffff'],
  ])('refuses at once what a %s claims and does not have', (_name, header) => {
    const bytes = new Uint8Array(1000);
    bytes.set(bytesOf(header));
    expect(() => skipValues(bytes, 0, 1)).toThrow(ProtocolError);
  });

  test('walks 5,000 nested arrays and maps without recursion', () => {
    const arrays = new Uint8Array(5_001).fill(0x91, 0, 5_000);
    expect(skipValues(arrays, 0, 1)).toBe(5_001);
    const maps = new Uint8Array(10_001);
    for (let i = 0; i < 10_000; i += 2) maps[i] = 0x81;
    expect(skipValues(maps, 0, 1)).toBe(10_001);
  });

  test('random bytes end somewhere inside or are refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.nat(5), (bytes, count) => {
        try {
          const end = skipValues(bytes, 0, count);
          expect(end).toBeGreaterThanOrEqual(count);
          expect(end).toBeLessThanOrEqual(bytes.length);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }),
      { numRuns: 4_000 },
    );
  });
});
