import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteReader, ByteWriter, FormatError } from '../../format/bytes.ts';

function written(write: (writer: ByteWriter) => void): Uint8Array {
  const writer = new ByteWriter(1);
  write(writer);
  return writer.view();
}

function leb128(value: bigint): number[] {
  return value < 128n ? [Number(value)] : [Number(value % 128n) | 128, ...leb128(value / 128n)];
}

describe('varints', () => {
  it.each([
    [0, 1],
    [127, 1],
    [128, 2],
    [2 ** 14 - 1, 2],
    [2 ** 14, 3],
    [2 ** 28 - 1, 4],
    [2 ** 28, 5],
    [2 ** 31, 5],
    [2 ** 32, 5],
    [2 ** 49 - 1, 7],
    [2 ** 49, 8],
    [Number.MAX_SAFE_INTEGER, 8],
  ])('%d takes %d bytes', (value, size) => {
    const bytes = written((writer) => writer.varint(value));
    expect(bytes.length).toBe(size);
    expect(new ByteReader(bytes).varint()).toBe(value);
  });

  it('are LEB128', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.integer({ min: 0, max: 52 }), (number, bits) => {
        const value = Math.floor(number / 2 ** bits);
        expect([...written((writer) => writer.varint(value))]).toEqual(leb128(BigInt(value)));
      }),
    );
  });

  it('read as written', () => {
    fc.assert(
      fc.property(fc.array(fc.maxSafeNat()), (values) => {
        const reader = new ByteReader(written((writer) => values.forEach((value) => void writer.varint(value))));
        expect(values.map(() => reader.varint())).toEqual(values);
        expect(reader.done).toBe(true);
      }),
    );
  });

  it.each([
    ['2^53', [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10]],
    ['nine bytes', [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01]],
    ['all bits', new Array(16).fill(0xff)],
    ['nothing', []],
    ['a cut one', [0x80, 0x80]],
  ])('refuse %s', (_name, bytes) => {
    expect(() => new ByteReader(Uint8Array.from(bytes)).varint()).toThrow(FormatError);
  });
});

describe('blocks and texts', () => {
  it('read as written, across growth and both ways of copying', () => {
    const block = fc.oneof(fc.uint8Array({ maxLength: 70 }), fc.uint8Array({ minLength: 60, maxLength: 10_000 }));
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 70 }),
      fc.string({ unit: 'grapheme-ascii', maxLength: 300 }),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(block, text)), (pairs) => {
        const bytes = written((writer) => {
          for (const [block, text] of pairs) {
            writer.block(block);
            writer.text(text);
          }
        });
        const reader = new ByteReader(bytes);
        for (const [block, text] of pairs) {
          expect(Buffer.from(reader.block()).equals(block)).toBe(true);
          expect(reader.text()).toBe(text);
        }
        expect(reader.done).toBe(true);
      }),
    );
  });

  it('a text that stops being ASCII half-way is written once', () => {
    const bytes = written((writer) => {
      writer.text('abcdefé');
      writer.byte(7);
    });
    expect([...bytes]).toEqual([8, ...Buffer.from('abcdefé'), 7]);
  });

  it('ranges and doubles', () => {
    const source = Uint8Array.from({ length: 200 }, (_, i) => i);
    const bytes = written((writer) => {
      writer.range(source, 3, 5);
      writer.range(source, 10, 150);
      writer.float64(-0.5);
    });
    expect([...bytes.subarray(0, 2)]).toEqual([3, 4]);
    expect([...bytes.subarray(2, 142)]).toEqual([...source.subarray(10, 150)]);
    expect(Buffer.from(bytes).readDoubleBE(142)).toBe(-0.5);
  });

  it('refuses to read past the end', () => {
    expect(() => new ByteReader(Uint8Array.of(3, 1, 2)).block()).toThrow(FormatError);
    expect(() => new ByteReader(Uint8Array.of(1, 2, 3, 4), 0, 2).take(3)).toThrow(FormatError);
    expect(() => new ByteReader(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x0f)).block()).toThrow(FormatError);
  });
});
