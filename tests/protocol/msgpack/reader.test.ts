/** The decoder of control frames agrees with msgpackr on everything that `scanFrame` lets pass. */
import fc from 'fast-check';
import { Packr, Unpackr } from 'msgpackr/pack';
import { expect, test } from 'vitest';
import { readMessage } from '../../../protocol/msgpack/reader.ts';
import { scanFrame } from '../../../protocol/msgpack/scan.ts';

const options = { useRecords: false, mapsAsObjects: true, structuredClone: false, int64AsType: 'auto' } as const;
const packr = new Packr({ ...options, useFloat32: 3 });
const unpackr = new Unpackr(options);
const LIMITS = { depth: 64, values: Number.POSITIVE_INFINITY, binary: true };

const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 5 },
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.string({ unit: 'grapheme-ascii', maxLength: 40 }),
    fc.maxSafeInteger(),
    fc.integer(),
    fc.integer({ min: -130, max: 300 }),
    fc.double({ noNaN: true }),
    fc.float({ noNaN: true }),
    fc.boolean(),
    fc.constant(null),
    fc.uint8Array({ maxLength: 300 }),
    fc.array(tie('any'), { maxLength: 20 }),
    fc.dictionary(fc.string({ unit: 'grapheme' }), tie('any'), { maxKeys: 20, noNullPrototype: true }),
  ),
})).any;

test('it decodes what msgpackr decodes, in every format', () => {
  fc.assert(
    fc.property(value, (wanted) => {
      const bytes = new Uint8Array(packr.pack(wanted));
      scanFrame(bytes, LIMITS);
      expect(plain(readMessage(bytes))).toEqual(plain(unpackr.unpack(bytes)));
    }),
    { numRuns: 500 },
  );
});

test.each([
  ['fixarray', [0x92, 0x01, 0xff], [1, -1]],
  ['array16 and array32', [0xdc, 0, 1, 0xdd, 0, 0, 0, 1, 0xc3], [[true]]],
  ['map16 and map32', [0xde, 0, 1, 0xa1, 0x61, 0xdf, 0, 0, 0, 0], { a: {} }],
  ['str8 to str32', [0x93, 0xd9, 1, 0x61, 0xda, 0, 1, 0x62, 0xdb, 0, 0, 0, 1, 0x63], ['a', 'b', 'c']],
  ['a byte order mark', [0xa3, 0xef, 0xbb, 0xbf], '\ufeff'],
  ['uint64', [0xcf, 0, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], Number.MAX_SAFE_INTEGER],
  ['int64', [0xd3, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe], -2],
  ['the last of two keys', [0x82, 0xa1, 0x61, 1, 0xa1, 0x61, 2], { a: 2 }],
])('%s', (_, bytes, wanted) => {
  const message = Uint8Array.from(bytes);
  scanFrame(message, LIMITS);
  expect(readMessage(message)).toEqual(wanted);
});

test('no key reaches a prototype', () => {
  const read = readMessage(
    Uint8Array.from([0x81, 0xa9, ...new TextEncoder().encode('__proto__'), 0x81, 0xa1, 0x61, 1]),
  );
  expect(Object.keys(read as object)).toEqual(['__proto_']);
  expect((read as { a?: unknown }).a).toBeUndefined();
});

test('binary is a copy', () => {
  const message = Uint8Array.from([0xc4, 2, 1, 2]);
  const read = readMessage(message) as Uint8Array;
  message.fill(0);
  expect([...read]).toEqual([1, 2]);
});

/** msgpackr gives Buffers. */
function plain(read: unknown): unknown {
  if (ArrayBuffer.isView(read)) return [...(read as Uint8Array)];
  if (Array.isArray(read)) return read.map(plain);
  if (read === null || typeof read !== 'object') return read;
  return Object.fromEntries(Object.entries(read).map(([key, inner]) => [key, plain(inner)]));
}
