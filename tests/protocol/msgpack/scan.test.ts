import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ProtocolError } from '../../../protocol/codes.ts';
import { scanFrame } from '../../../protocol/msgpack/scan.ts';
import { Writer } from '../../../protocol/msgpack/writer.ts';
import { bytesOf } from '../../helpers/wire-bytes.ts';

const limits = { depth: 8, values: 4096, binary: false };
const write = (value: unknown): Uint8Array => {
  const writer = new Writer();
  writer.value(value);
  return writer.take();
};
const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)]);
const scan = (bytes: Uint8Array, changed = {}) => scanFrame(bytes, { ...limits, ...changed });

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}
function valuesOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  return Object.values(value).reduce((sum: number, child) => sum + valuesOf(child), 1);
}

describe('scanFrame', () => {
  test('lets pass exactly what is within the limits', () => {
    fc.assert(
      fc.property(
        fc.jsonValue({ maxDepth: 5, stringUnit: 'binary' }),
        fc.nat(6),
        fc.nat(30),
        (value, depth, values) => {
          const check = () => scan(write(value), { depth, values });
          if (depthOf(value) <= depth && valuesOf(value) <= values) check();
          else expect(check).toThrow(ProtocolError);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('counts levels from the outermost array', () => {
    scan(write(nested(8)));
    expect(() => scan(write(nested(9)))).toThrow('nested deeper than 8 levels');
    expect(() => scan(new Uint8Array(5_001).fill(0x91, 0, 5_000))).toThrow(ProtocolError);
  });

  test('counts values but not keys', () => {
    scan(write(new Array(4095).fill(0)));
    expect(() => scan(write(new Array(4096).fill(0)))).toThrow('more than 4096 values');
    const wide = (keys: number) => Object.fromEntries(Array.from({ length: keys }, (_, i) => [`k${i}`, i]));
    scan(write(wide(4095)));
    expect(() => scan(write(wide(4096)))).toThrow('more than 4096 values');
  });

  test('64 KB of empty maps are refused by their number', () => {
    const bytes = new Uint8Array(65_536).fill(0x80);
    bytes.set([0xdc, 0xff, 0xfd]);
    expect(() => scan(bytes)).toThrow('more than 4096 values');
  });

  test.each([
    ['nil', '81 c0 01'],
    ['a number', '81 01 01'],
    ['a map', '81 80 01'],
    ['an array', '81 90 01'],
    ['true', '81 c3 01'],
    ['binary', '81 c401 61 01'],
  ])('refuses %s as a key', (_name, text) => {
    expect(() => scan(bytesOf(text))).toThrow('a key is not text');
  });

  test.each([
    ['a bare continuation byte', '80'],
    ['a cut-off character', 'c3'],
    ['an overlong slash', 'c0af'],
    ['an overlong three-byte form', 'e09fbf'],
    ['an overlong four-byte form', 'f08fbfbf'],
    ['a surrogate', 'eda080'],
    ['more than U+10FFFF', 'f4908080'],
    ['a five-byte form', 'f888808080'],
    ['a character broken by ASCII', 'e28261'],
  ])('refuses %s in values and keys', (_name, text) => {
    const payload = bytesOf(text);
    const header = 0xa0 + payload.length;
    expect(() => scan(Uint8Array.of(header, ...payload))).toThrow('text is not UTF-8');
    expect(() => scan(Uint8Array.of(0x81, header, ...payload, 0x01))).toThrow('text is not UTF-8');
    const long = new Uint8Array(2 + 100).fill(0x61);
    long.set([0xd9, 100]);
    long.set(payload, long.length - payload.length);
    expect(() => scan(long)).toThrow('text is not UTF-8');
  });

  test('refuses binary where it is told to', () => {
    expect(() => scan(bytesOf('91 c401 00'))).toThrow('binary is not allowed here');
    scan(bytesOf('91 c401 00'), { binary: true });
  });

  test('refuses nothing at all, extension types, 0xc1 and bytes behind the value', () => {
    for (const text of ['', '91', '91 d4 00 00', '91 c7 01 72 00', '91 c1', '90 00']) {
      expect(() => scan(bytesOf(text))).toThrow(ProtocolError);
    }
  });
});
