/** What the packer takes is JSON, and its bytes hold the parsed value. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pack, unpackMap } from '../../format/msgpack.ts';
import { JsonPacker } from '../../workers/json-packer.ts';
import { event } from './slabs.ts';

const MOST = 4096;
const packer = new JsonPacker();

/** What its bytes hold, and how much of the text they stand for; null where the packer does not take it. */
function packed(text: string): { value: unknown; end: number } | null {
  packer.clear();
  if (!packer.pack(Buffer.from(text), 0, MOST)) return null;
  return { value: unpackMap(packer.buffer.subarray(packer.start, packer.length)), end: packer.end };
}

/** Whatever it takes is what JSON.parse makes of it, as the log holds that (whose reader renames a `__proto__`). */
function expectTruth(text: string): void {
  const found = packed(text);
  if (found) expect(found.value).toEqual(unpackMap(pack(JSON.parse(text.slice(0, found.end)))));
}

const number = fc.oneof(
  fc.integer(),
  fc.integer({ min: -70_000, max: 70_000 }),
  fc.maxSafeInteger(),
  fc.tuple(fc.integer({ min: -999_999, max: 999_999 }), fc.integer({ min: 1, max: 8 })).map(([n, k]) => n / 10 ** k),
);
const text = fc.string({ unit: 'grapheme-ascii', maxLength: 300 });
const { map } = fc.letrec<{ map: Record<string, unknown> }>((tie) => ({
  map: fc.dictionary(
    fc.string({ unit: 'grapheme-ascii', maxLength: 40 }),
    fc.oneof({ depthSize: 'small' }, text, number, fc.boolean(), fc.constant(null), tie('map')),
    { maxKeys: 5 },
  ),
}));

describe('JsonPacker', () => {
  it('takes events as clients write them', () => {
    const plain = event({ id: 'e', position_ms: 70_000, context: { source: 'radio' }, duration_ms: 4_294_967_296 });
    for (const written of [JSON.stringify(plain), JSON.stringify(plain).replaceAll(/([:,{}])/g, '$1 \t')]) {
      expect(packed(written)?.value).toEqual(plain);
    }
  });

  it('holds the parsed value', () => {
    fc.assert(
      fc.property(map, (value) => expectTruth(JSON.stringify(value))),
      { numRuns: 500 },
    );
  });

  it('writes a hostile key as the ordinary way does', () => {
    for (const name of ['__proto__', 'constructor', 'toString']) expectTruth(`{"a":{"${name}":{"b":1}},"${name}":0}`);
  });

  it('takes nothing that is not JSON, however it is damaged', () => {
    const damage = fc.tuple(fc.nat(), fc.nat(3), fc.constantFrom(...'{}[]",:.-+eE019 \\tn\n\u0000\u007fü', ''));
    fc.assert(
      fc.property(map, fc.array(damage, { minLength: 1, maxLength: 3 }), (value, damages) => {
        let damaged = JSON.stringify(value);
        for (const [at, cut, put] of damages) {
          const place = at % damaged.length;
          damaged = damaged.slice(0, place) + put + damaged.slice(place + cut);
        }
        expectTruth(damaged);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ['-0', '01', '1.0', '1e3', '0.', '.5', '-', '--1', '1.2.3', '9007199254740993', '00.5', '1234567890.123456'],
    ['"a\\n"', '"\\u0041"', '"ü"', '"\u0001"', '"open', `"${'x'.repeat(256)}"`],
    ['[]', 'tru', 'nul', 'undefined', '', '1\n', '{"b":{"c":1}'],
  ])('leaves the unusual to JSON.parse: %s', (...values) => {
    for (const value of values) expect(packed(`{"a":${value}}`), value).toBeNull();
  });

  it('leaves what is too long, too deep or too wide', () => {
    expect(packed(`{"a":"${'x'.repeat(MOST)}"}`)).toBeNull();
    expect(packed(`${'{"a":'.repeat(9)}1${'}'.repeat(9)}`)).toBeNull();
    const wide = Object.fromEntries(Array.from({ length: 16 }, (_, i) => [`k${i}`, i]));
    expect(packed(JSON.stringify(wide))).toBeNull();
  });

  it('keeps what it packed when its buffer is full', () => {
    const value = { a: 'x'.repeat(200) };
    const bytes = Buffer.from(JSON.stringify(value));
    packer.clear();
    const kept = Array.from({ length: 3_000 }, () => {
      expect(packer.pack(bytes, 0, MOST)).toBe(true);
      return packer.buffer.subarray(packer.start, packer.length);
    });
    expect(kept.every((one) => unpackMap(one).a === value.a)).toBe(true);
  });
});
