/** What a stranger may put into an event: it costs that event only, and little time. */
import { describe, expect, it } from 'vitest';
import { EventReader } from '../../workers/read-event.ts';
import { readUserId } from '../../workers/read-user-id.ts';
import { event, NOW, outcome, pack, run } from './slabs.ts';

const good = event();

/** A good event with one more field of these raw bytes. */
function withField(value: Uint8Array, key: Uint8Array = pack('extra')): Buffer {
  const map = pack(good);
  return Buffer.concat([Buffer.of(map[0]! + 1), map.subarray(1), key, value]);
}

/** The rejection of a raw event between two good ones, which must be stored. */
function rejection(bytes: Uint8Array, format: 'msgpack' | 'ndjson' = 'msgpack'): string | undefined {
  const frame =
    format === 'msgpack'
      ? Buffer.concat([pack(good), bytes, pack(good)])
      : Buffer.from(
          `${JSON.stringify(good)}\n${Buffer.from(bytes).toString('latin1')}\n${JSON.stringify(good)}`,
          'latin1',
        );
  const { stored, rejected, letters } = outcome(run([{ bytes: frame, count: 3, format }]));
  expect(stored.map(({ seq }) => seq)).toEqual([1, 3]);
  expect(letters.map((letter) => Buffer.from(letter.bytes).equals(bytes))).toEqual([true]);
  return rejected[0];
}

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const nested = (levels: number): Buffer => Buffer.concat([Buffer.alloc(levels, 0x91), Buffer.of(0xc0)]);

describe('MessagePack', () => {
  it.each([
    ['8 levels below the event', nested(8), '2 invalid_field extra.0.0.0.0.0.0.0'],
    ['5,000 nested arrays', nested(5_000), '2 invalid_field extra.0.0.0.0.0.0.0'],
    ['4,000 empty maps', Buffer.concat([hex('dc 0fa0'), Buffer.alloc(4_000, 0x80)]), '2 invalid_field extra.249'],
    ['binary', hex('c4 02 0102'), '2 invalid_field extra'],
    ['binary of 16 bits', hex('c5 0001 01'), '2 invalid_field extra'],
    ['NaN', hex('cb 7ff8000000000000'), '2 invalid_field extra'],
    ['infinity', hex('cb 7ff0000000000000'), '2 invalid_field extra'],
    ['minus infinity, short', hex('ca ff800000'), '2 invalid_field extra'],
    ['NaN, short', hex('ca 7fc00000'), '2 invalid_field extra'],
    ['the largest u64', hex('cf ffffffffffffffff'), '2 invalid_field extra'],
    ['2^53', hex('cf 0020000000000000'), '2 invalid_field extra'],
    ['the smallest i64', hex('d3 8000000000000000'), '2 invalid_field extra'],
    ['-2^53', hex('d3 ffe0000000000000'), '2 invalid_field extra'],
    ['2^53 as a float', hex('cb 4340000000000000'), '2 invalid_field extra'],
    ['2^127 as a short float', hex('ca 7f000000'), '2 invalid_field extra'],
    ['cut UTF-8', hex('a2 41c3'), '2 invalid_field extra'],
    ['an overlong form', hex('a2 c080'), '2 invalid_field extra'],
    ['a surrogate', hex('a3 eda080'), '2 invalid_field extra'],
    ['a list of one bad text', hex('92 01 a1ff'), '2 invalid_field extra.1'],
    ['a map with a bad text', hex('81 a1 6b a1 ff'), '2 invalid_field extra.k'],
    ['a nil key', hex('81 c0 01'), '2 invalid_field extra.?'],
    ['a number as key', hex('81 05 01'), '2 invalid_field extra.?'],
    ['a map as key', hex('81 80 01'), '2 invalid_field extra.?'],
    ['a key of bad UTF-8', hex('81 a1ff 01'), '2 invalid_field extra.?'],
    ['a key twice', hex('82 a16b 01 a16b 02'), '2 invalid_field extra.k'],
    ['a key twice in two formats', hex('82 a16b 01 d9016b 02'), '2 invalid_field extra.k'],
  ])('%s', (_name, bytes, expected) => {
    expect(rejection(withField(bytes))).toBe(expected);
  });

  it.each([
    ['2^53-1', hex('cf 001fffffffffffff')],
    ['-2^53+1', hex('d3 ffe0000000000001')],
    ['the largest float below 2^53', hex('cb 433fffffffffffff')],
    ['7 levels below the event', nested(7)],
    ['a text of 32 bits length', hex('db 00000001 61')],
    ['-0', hex('cb 8000000000000000')],
    ['a number of 8 bits', hex('d0 80')],
    ['a number of 16 bits', hex('d1 8000')],
    ['a number of 32 bits', hex('d2 80000000')],
    ['a map of 32 bits length', hex('df 00000001 a16b 01')],
    ['a list of 32 bits length', hex('dd 00000001 01')],
  ])('%s is sound, and then an unknown field', (_name, bytes) => {
    expect(rejection(withField(bytes))).toBe('2 unknown_field extra');
  });

  it.each(['__proto__', 'constructor', 'prototype'])('the key %s anywhere', (key) => {
    expect(rejection(withField(hex('01'), pack(key)))).toBe(`2 invalid_field ${key}`);
    expect(rejection(withField(pack({ a: [{ b: 1 }] })))).toBe('2 unknown_field extra');
    const deep = Buffer.concat([hex('81 a161 91 81'), pack(key), hex('01')]);
    expect(rejection(withField(deep))).toBe(`2 invalid_field extra.a.0.${key}`);
    expect(({} as Record<string, unknown>).a).toBeUndefined();
  });

  it('a field twice', () => {
    expect(rejection(withField(pack('u-2'), pack('user_id')))).toBe('2 invalid_field user_id');
  });

  it.each([
    ['a list', pack([good])],
    ['a text', pack('event')],
    ['a number', pack(5)],
    ['binary', hex('c4 01 00')],
    ['true', pack(true)],
  ])('%s in the place of an event', (_name, bytes) => {
    expect(rejection(bytes)).toBe('2 invalid_field');
  });

  it('1,000 unknown fields, and a name of 100 KB', () => {
    const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`k${i}`, i]));
    expect(rejection(pack({ ...good, ...many }))).toBe('2 invalid_field k250');
    expect(rejection(pack({ ...good, ['x'.repeat(100_000)]: 1 }))).toBe('2 too_large');
    expect(rejection(pack({ ...good, ['x'.repeat(1_000)]: 1 }))).toBe('2 unknown_field ?');
  });

  it('an event larger than maxEventBytes, whatever is wrong with it', () => {
    expect(rejection(pack({ ...good, session_id: 'x'.repeat(9_000) }))).toBe('2 too_large');
    expect(rejection(withField(Buffer.concat([hex('c5 4000'), Buffer.alloc(0x4000)])))).toBe('2 too_large');
    const limits = { maxEventBytes: 200, maxFrameBytes: 16_384, maxFrameEvents: 256 };
    const exactly = (size: number) => {
      const padding = size - pack(event({ session_id: 'x'.repeat(40) })).length;
      return pack(event({ session_id: 'x'.repeat(40 + padding) }));
    };
    for (const [size, verdict] of [
      [200, []],
      [201, ['1 too_large']],
    ] as const) {
      expect(exactly(size).length).toBe(size);
      expect(outcome(run([{ bytes: exactly(size), count: 1 }], undefined, { limits })).rejected).toEqual(verdict);
    }
  });

  it.each([
    ['ext 0x72, a record definition', hex('d4 72 40')],
    ['ext 0x70, a pointer', hex('d6 70 00000001')],
    ['ext 0x78, a regular expression', hex('c7 05 78 92 a1 61 a0 00')],
    ['ext 0x65, an error', hex('c7 01 65 90')],
    ['a timestamp', hex('d6 ff 00000001')],
    ['0xc1', hex('c1')],
    ['an array of 4 G', hex('dd ffffffff')],
    ['a map of 4 G', hex('df ffffffff')],
    ['a text of 4 G', hex('db ffffffff 61')],
    ['binary of 4 G', hex('c6 ffffffff 61')],
    ['a list that ends too early', hex('93 01')],
  ])('%s, which no frame may bring this far, throws or is refused and builds nothing', (_name, bytes) => {
    const whole = withField(bytes);
    let refused: unknown;
    try {
      const reader = new EventReader();
      if (!reader.read(whole, 0, whole.length)) refused = reader.flaw;
    } catch (error) {
      refused = error;
    }
    expect(refused).toBeTypeOf('object');
    expect(() => run([{ bytes: whole, count: 1 }])).toThrow();
    expect([null, 'u-1']).toContain(readUserId('msgpack', whole));
  });

  it('every cut of an event throws or is refused', () => {
    const whole = pack({ ...good, context: { source: 'radio' }, position_ms: 70_000, list: [1.5, -3, null, true] });
    for (let length = 1; length < whole.length; length++) {
      expect(() => run([{ bytes: whole.subarray(0, length), count: 1 }])).toThrow();
      readUserId('msgpack', whole.subarray(0, length));
    }
  });
});

describe('JSON', () => {
  const text = (json: string): string | undefined => rejection(Buffer.from(json, 'utf8'), 'ndjson');
  const field = (json: string): string => `${JSON.stringify(good).slice(0, -1)},${json}}`;

  it.each([
    ['no JSON', '{"type":', '2 invalid_field'],
    ['two values', '{} {}', '2 invalid_field'],
    ['a comma too many', '{"a":1,}', '2 invalid_field'],
    ['NaN', field('"x":NaN'), '2 invalid_field'],
    ['1e400', field('"x":1e400'), '2 invalid_field x'],
    ['2^53', field('"x":9007199254740992'), '2 invalid_field x'],
    ['a lone surrogate', field('"x":"\\ud83c"'), '2 invalid_field x'],
    ['a lone surrogate in a key', field('"\\ud83c":1'), '2 invalid_field ?'],
    ['a byte order mark', '\ufeff{"a":1}', '2 invalid_field'],
    ['__proto__', field('"__proto__":{"a":1}'), '2 invalid_field __proto__'],
    ['__proto__, escaped', field('"__prot\\u006f__":{"a":1}'), '2 invalid_field __proto__'],
    ['constructor, inside', field('"context":{"constructor":1}'), '2 invalid_field context.constructor'],
    ['a key twice', field('"user_id":"u-2"'), '2 invalid_field'],
    ['a key twice, escaped', field('"user_\\u0069d":"u-2"'), '2 invalid_field'],
    ['a key twice, inside', field('"context":{"source":"radio","source":"radio"}'), '2 invalid_field'],
    ['100,000 levels', field(`"x":${'['.repeat(3_000)}${']'.repeat(3_000)}`), '2 invalid_field x.0.0.0.0.0.0.0'],
    ['a list', '[1]', '2 invalid_field'],
    ['a text that looks like members', field('"x":"a\\":1,\\"b:"'), '2 unknown_field x'],
  ])('%s', (_name, json, expected) => {
    expect(text(json)).toBe(expected);
    expect(({} as Record<string, unknown>).a).toBeUndefined();
  });

  it('bytes that are no UTF-8', () => {
    expect(rejection(Buffer.from(field('"x":"\xff"'), 'latin1'), 'ndjson')).toBe('2 invalid_field');
  });

  it('lines with white space, carriage returns and blanks between', () => {
    const one = JSON.stringify(good);
    const bytes = Buffer.from(`\n  ${one}\r\n\r\n \t\n${one}  \nnull\n${one}`);
    const { stored, rejected } = outcome(run([{ bytes, count: 4, format: 'ndjson' }]));
    expect(stored.map(({ seq }) => seq)).toEqual([1, 2, 4]);
    expect(rejected).toEqual(['3 withdrawn']);
  });

  it('a list with white space, and brackets and commas inside texts', () => {
    const odd = event({ session_id: 'a],[{"\\,' });
    const bytes = Buffer.from(` ${JSON.stringify(odd)} ,\n null ,\t${JSON.stringify(good)} `);
    const { stored, rejected } = outcome(run([{ bytes, count: 3, format: 'json' }]));
    expect(stored.map(({ session_id }) => session_id)).toEqual([odd.session_id, 's-1']);
    expect(rejected).toEqual(['2 withdrawn']);
  });
});

describe('times', () => {
  const DAY = 86_400_000;
  const judge = (timestamp: unknown, maxAgeMs = 0) =>
    outcome(run([{ events: [event({ timestamp })] }], undefined, { maxAgeMs })).rejected;

  it.each([
    [NOW + 300_000, 0, []],
    [NOW + 300_001, 0, ['1 in_future timestamp']],
    [NOW + 3_600_000, 0, ['1 in_future timestamp']],
    [NOW + 3_650 * DAY, 0, ['1 in_future timestamp']],
    [2 ** 53 - 1, 0, ['1 in_future timestamp']],
    [0, 0, []],
    ['1970-01-01T00:00:00Z', 0, []],
    [NOW - DAY, DAY, []],
    [NOW - DAY - 1, DAY, ['1 too_old timestamp']],
    ['1970-01-01T00:00:00Z', DAY, ['1 too_old timestamp']],
    [new Date(NOW + 300_001).toISOString(), 0, ['1 in_future timestamp']],
  ])('%s with maxAgeMs %d', (timestamp, maxAgeMs, expected) => {
    expect(judge(timestamp, maxAgeMs)).toEqual(expected);
  });
});

describe('readUserId', () => {
  it('finds the text whatever else is wrong, and of several the last', () => {
    expect(readUserId('msgpack', withField(hex('cb 7ff8000000000000')))).toBe('u-1');
    expect(readUserId('msgpack', withField(pack('u-2'), pack('user_id')))).toBe('u-2');
    expect(readUserId('msgpack', withField(pack('Jürgen'), pack('user_id')))).toBe('Jürgen');
    expect(readUserId('msgpack', withField(pack(7), pack('user_id')))).toBeNull();
    expect(readUserId('msgpack', withField(hex('a1ff'), pack('user_id')))).toBeNull();
    expect(readUserId('msgpack', pack({ context: { user_id: 'inner' } }))).toBeNull();
    expect(readUserId('msgpack', pack({ list: [1, 'user_id'], user_id: 'u' }))).toBe('u');
    expect(readUserId('json', Buffer.from('{"user_id":"u-3","x":1e999}'))).toBe('u-3');
    expect(readUserId('ndjson', Buffer.from('{"user_id":3}'))).toBeNull();
  });

  it('never throws', () => {
    for (const bytes of [
      hex(''),
      hex('c0'),
      hex('81'),
      hex('de ffff'),
      hex('df ffffffff'),
      hex('c1'),
      pack([1]),
      pack('x'),
    ]) {
      for (const format of ['msgpack', 'json', 'ndjson'] as const) expect(readUserId(format, bytes)).toBeNull();
    }
  });
});
