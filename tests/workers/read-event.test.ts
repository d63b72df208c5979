/** The reader against what it stands for: a scan apart from it, msgpackr, and `findFlaw` on what that decodes. */

import fc from 'fast-check';
import { Unpackr } from 'msgpackr/unpack';
import { describe, expect, it } from 'vitest';
import { type Flaw, findFlaw, STRUCTURE } from '../../protocol/events.ts';
import { skipValues } from '../../protocol/msgpack/skip.ts';
import { EventReader } from '../../workers/read-event.ts';
import { scanEvent } from './scan-oracle.ts';
import { event, pack } from './slabs.ts';

const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true, structuredClone: false, int64AsType: 'number' });

interface Outcome {
  event?: unknown;
  keys?: unknown;
  flaw?: Flaw;
  end?: number;
}

/** One reader for all runs: what it keeps from one event must not show in the next. */
const reader = new EventReader();

function read(bytes: Buffer, start = 0, limit = bytes.length): Outcome {
  const value = reader.read(bytes, start, limit);
  return value ? { event: value, keys: keysOf(value), end: reader.end } : { flaw: reader.flaw! };
}

/** The same from the scan and msgpackr. */
function expected(bytes: Buffer, start = 0, limit = bytes.length): Outcome {
  const end = scanEvent(bytes, start, limit);
  if (typeof end !== 'number') return { flaw: end };
  const value = unpackr.unpack(bytes.subarray(start, end));
  return { event: value, keys: keysOf(value), end };
}

/** toEqual does not look at the order of keys. */
function keysOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(keysOf);
  if (typeof value !== 'object' || value === null) return null;
  return Object.entries(value).map(([key, inner]) => [key, keysOf(inner)]);
}

function isWhole(bytes: Buffer): boolean {
  try {
    skipValues(bytes, 0, 1);
    return true;
  } catch {
    return false;
  }
}

/** The same value or flaw where one value stands; where it does not, which no frame brings this far, no value. */
function expectAgreement(bytes: Buffer): void {
  if (isWhole(bytes)) {
    expect(read(bytes)).toStrictEqual(expected(bytes));
    return;
  }
  let outcome: Outcome;
  try {
    outcome = read(bytes);
  } catch (error) {
    expect(String(error)).toContain('ends inside a value');
    return;
  }
  expect(outcome.flaw).toBeDefined();
}

const leaf = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double(),
  // Smaller ones are numbers once they are decoded.
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n }).chain((n) => fc.constantFrom(n, -n)),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.string({ unit: 'grapheme-ascii', maxLength: 70 }),
  fc.uint8Array({ maxLength: 3 }),
);
const key = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.constantFrom(
    'constructor',
    'prototype',
    'a',
    'toString',
    '0',
    'type',
    'timestamp',
    'user_id',
    'action',
    'context',
  ),
);
const { node } = fc.letrec<{ node: unknown }>((tie) => ({
  node: fc.oneof(
    { depthSize: 'large' },
    leaf,
    fc.array(tie('node'), { maxLength: 5 }),
    fc.dictionary(key, tie('node'), { maxKeys: 5 }),
  ),
}));
/** Known keys in any order, most of them with harmless values. */
const likely = fc
  .tuple(fc.shuffledSubarray(Object.keys(event({ id: 'x', position_ms: 1, context: {} }))), fc.array(leaf))
  .map(([keys, values]) =>
    Object.fromEntries(
      keys.map((name, i) => [name, values[i] ?? event({ context: { source: 'radio' } })[name] ?? NOW_MS + i]),
    ),
  );
const NOW_MS = 1_790_000_000_000;
const map = fc.oneof(fc.dictionary(key, node, { maxKeys: 6 }), likely);

describe('EventReader', () => {
  it('reads what msgpackr reads, and finds what findFlaw finds', () => {
    fc.assert(
      fc.property(map, (value) => {
        const bytes = pack(value);
        const outcome = read(bytes);
        const flaw = findFlaw(value);
        if (flaw) expect(outcome.flaw).toEqual({ path: flaw.path.map(String), message: flaw.message });
        else expect(outcome).toStrictEqual(expected(bytes));
      }),
      { numRuns: 1_000 },
    );
  });

  it('agrees with the scan and msgpackr on changed bytes', () => {
    const change = fc.record({
      at: fc.nat(),
      byte: fc.oneof(fc.nat({ max: 255 }), fc.integer({ min: 0xc0, max: 0xdf })),
    });
    fc.assert(
      fc.property(map, fc.array(change, { minLength: 1, maxLength: 4 }), fc.nat(), (value, changes, cut) => {
        const bytes = pack(value);
        for (const { at, byte } of changes) bytes[at % bytes.length] = byte;
        expectAgreement(bytes);
        expectAgreement(bytes.subarray(0, 1 + (cut % bytes.length)));
      }),
      { numRuns: 1_000 },
    );
  });

  it('agrees with them on keys that stand twice or are no text', () => {
    const rawKey = fc.oneof(
      key.map(pack),
      fc.constantFrom('d904', 'da0004', 'db00000004').map(longType),
      leaf.map(pack),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(rawKey, node.map(pack)), { maxLength: 12 }), (entries) => {
        expectAgreement(Buffer.concat([Buffer.of(0x80 | entries.length), ...entries.flat()]));
      }),
      { numRuns: 500 },
    );
  });

  it('agrees with them on any bytes', () => {
    const token = fc.integer({ min: 0x80, max: 0xdf });
    const bytes = fc
      .array(fc.oneof(token, fc.nat({ max: 255 })), { maxLength: 64 })
      .map((list) => Buffer.from([0x82, ...list]));
    fc.assert(fc.property(bytes, expectAgreement), { numRuns: 1_000 });
  });

  it('reads an order of keys the same the first and the thousandth time, also when the next event differs', () => {
    const orders = [
      event(),
      event({ context: { source: 'radio', device_type: 'tv' } }),
      event({ extra: { type: 'x' } }),
    ];
    orders.push(Object.fromEntries(Object.entries(event()).reverse()), {}, { type: 1, context: { context: {} } });
    for (let i = 0; i < 300; i++) {
      for (const order of orders) {
        const bytes = pack(order);
        expect(read(bytes)).toEqual({ event: order, keys: keysOf(order), end: bytes.length });
      }
    }
    const own = read(pack(event())).event as Record<string, unknown>;
    own.context = 'changed';
    expect(read(pack(event())).event).toEqual(event());
    expect(Object.getPrototypeOf(own)).toBe(Object.prototype);
  });

  it('learns no more orders than it can hold, and reads on', () => {
    const names = Object.keys(event({ id: 'x', position_ms: 1, duration_ms: 2 }));
    fc.assert(
      fc.property(fc.shuffledSubarray(names, { minLength: names.length }), (order) => {
        const value = Object.fromEntries(order.map((name) => [name, name]));
        const bytes = pack(value);
        for (let i = 0; i < order.length; i++)
          expect(read(bytes)).toEqual({ event: value, keys: keysOf(value), end: bytes.length });
      }),
      { numRuns: 1_000 },
    );
  });

  it('tells texts apart that fall on the same place of its cache', () => {
    const texts = Array.from({ length: 20_000 }, (_, i) => `t${i.toString(36)}`);
    for (const text of [...texts, ...texts])
      expect(reader.read(pack({ a: text }), 0, text.length + 4)).toEqual({ a: text });
    for (const head of ['aXbcdefg', 'aYbcdefg']) expect(read(pack({ a: head })).event).toEqual({ a: head });
  });

  it('keeps to its event inside a larger buffer', () => {
    const one = pack(event());
    const two = pack(event({ context: { source: 'radio' } }));
    const both = Buffer.concat([Buffer.of(0xc1), one, two, Buffer.of(0xc1)]);
    expect(read(both, 1)).toEqual(expected(both, 1));
    expect(read(both, 1 + one.length, both.length - 1)).toEqual(expected(both, 1 + one.length));
    for (let limit = 2 + one.length; limit < both.length - 1; limit++) {
      expect(() => reader.read(both, 1 + one.length, limit)).toThrow('ends inside a value');
    }
  });

  it('knows a key in whatever format it comes', () => {
    const twice = Buffer.concat([Buffer.of(0x82), pack('type'), pack(1), longType('d904'), pack(2)]);
    expect(read(twice).flaw).toEqual({ path: ['type'], message: STRUCTURE.duplicateKey });
    expect(read(Buffer.concat([Buffer.of(0x81), longType('db00000004'), pack(2)])).event).toEqual({ type: 2 });
  });

  it('reads long texts whole, a byte order mark at their start included', () => {
    for (const length of [1, 40, 41, 60, 61, 62, 63, 64, 65, 300]) {
      const event = {
        user_id: `\ufeff${'x'.repeat(length)}`,
        track_id: 'x'.repeat(length),
        action: 'é'.repeat(length),
      };
      expect(read(pack(event)).event).toStrictEqual(event);
    }
  });

  it('allows the same key in different maps', () => {
    const bytes = pack({ a: { a: { a: 1 } }, b: [{ a: 1 }, { a: 1 }], type: { type: 1 } });
    expect(read(bytes)).toEqual(expected(bytes));
  });
});

/** The key `type` behind a longer header than it needs. */
function longType(header: string): Buffer {
  return Buffer.concat([Buffer.from(header, 'hex'), Buffer.from('type')]);
}
