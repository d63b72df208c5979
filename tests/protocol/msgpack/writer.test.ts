import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Writer } from '../../../protocol/msgpack/writer.ts';
import { hex, unpack } from '../../helpers/wire-bytes.ts';

const writer = new Writer();
const write = (value: unknown): Uint8Array => {
  writer.value(value);
  return writer.take();
};

describe('Writer', () => {
  test.each([
    [0, '00'],
    [-0, '00'],
    [127, '7f'],
    [128, 'cc80'],
    [255, 'ccff'],
    [256, 'cd0100'],
    [65_535, 'cdffff'],
    [65_536, 'ce00010000'],
    [4_294_967_295, 'ceffffffff'],
    [4_294_967_296, 'cf0000000100000000'],
    [1_732_129_200_000, 'cf000001934af21780'],
    [Number.MAX_SAFE_INTEGER, 'cf001fffffffffffff'],
    [-1, 'ff'],
    [-32, 'e0'],
    [-33, 'd0df'],
    [-128, 'd080'],
    [-129, 'd1ff7f'],
    [-32_768, 'd18000'],
    [-32_769, 'd2ffff7fff'],
    [-2_147_483_648, 'd280000000'],
    [-2_147_483_649, 'd3ffffffff7fffffff'],
    [Number.MIN_SAFE_INTEGER, 'd3ffe0000000000001'],
    [0.5, 'cb3fe0000000000000'],
    [2 ** 53, 'cb4340000000000000'],
    [7n, '07'],
    [null, 'c0'],
    [true, 'c3'],
    [false, 'c2'],
    ['', 'a0'],
    ['é', 'a2c3a9'],
    ['😀', 'a4f09f9880'],
    [[], '90'],
    [{}, '80'],
    [{ a: [1, 'b'] }, '81a1619201a162'],
  ])('writes %s in its shortest form', (value, expected) => {
    expect(hex(write(value))).toBe(expected);
  });

  test.each([31, 32, 47, 48, 255, 256, 65_535, 65_536])('writes texts of %i bytes', (length) => {
    for (const text of ['x'.repeat(length), `${'x'.repeat(length - 2)}é`]) expect(unpack(write(text))).toBe(text);
  });

  test.each([15, 16, 65_535, 65_536])('writes containers of %i', (length) => {
    const values = Array.from({ length }, (_, i) => i);
    expect(unpack(write(values))).toEqual(values);
    const map = Object.fromEntries(values.map((i) => [`k${i}`, i]));
    expect(unpack(write(map))).toEqual(map);
  });

  test('writes what msgpackr reads', () => {
    const value = fc
      .jsonValue({ maxDepth: 5, stringUnit: 'binary' })
      .map((one) => JSON.parse(JSON.stringify(one)) as unknown)
      .filter((one) => !/"(__proto__|\ufeff)/.test(JSON.stringify(one)));
    fc.assert(
      fc.property(value, (one) => {
        expect(unpack(write(one))).toEqual(one);
      }),
      { numRuns: 300 },
    );
    fc.assert(
      fc.property(fc.maxSafeInteger(), (one) => {
        expect(unpack(write(one))).toBe(one);
      }),
    );
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (one) => {
        expect(unpack(write(one))).toBe(one + 0);
      }),
    );
  });

  test('makes nil of what it cannot express, and U+FFFD of a lone surrogate', () => {
    const odd = [
      undefined,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      () => 1,
      Symbol('s'),
      Uint8Array.of(1),
      { a: undefined },
    ];
    expect(unpack(write(odd))).toEqual([null, null, null, null, null, null, { a: null }]);
    expect(unpack(write('a\ud800b'))).toBe('a\ufffdb');
    expect(unpack(write(`${'x'.repeat(60)}\udc00`))).toBe(`${'x'.repeat(60)}\ufffd`);
  });

  test('hands out copies, and forgets a value that failed', () => {
    const one = write([1, 2, 3]);
    write('something else');
    expect(hex(one)).toBe('93010203');
    writer.arrayHeader(2);
    writer.clear();
    expect(hex(write(1))).toBe('01');
  });
});
