import fc from 'fast-check';
import { Packr, pack } from 'msgpackr';
import { describe, expect, it } from 'vitest';
import { type Batch, BatchError } from '../../../../server/gateway/batch/batch.ts';
import { MAX_EVENTS } from '../../../../server/gateway/batch/fields.ts';
import { parseJsonBatch } from '../../../../server/gateway/batch/json.ts';
import { parseMsgpackBatch } from '../../../../server/gateway/batch/msgpack.ts';
import { parseNdjsonBatch } from '../../../../server/gateway/batch/ndjson.ts';
import { splitEvents } from '../../../../workers/split.ts';

const bytes = (text: string) => new Uint8Array(Buffer.from(text));
const fromJson = (text: string) => parseJsonBatch(bytes(text));
const fromMsgpack = (value: unknown) => parseMsgpackBatch(pack(value));
const slices = ({ events: { format, bytes, count } }: Batch) =>
  splitEvents(format, bytes, count).map(({ start, end }) => bytes.subarray(start, end));

function codeOf(parse: () => unknown): string | undefined {
  try {
    parse();
  } catch (error) {
    if (error instanceof BatchError) return error.code;
    throw error;
  }
  return undefined;
}

const event = fc.oneof(
  fc.constant(null),
  fc.dictionary(fc.string({ maxLength: 5 }), fc.jsonValue({ maxDepth: 2 }), { noNullPrototype: true }),
);
const eventList = fc.array(event, { minLength: 1, maxLength: 20 });

describe('the events of a batch', () => {
  it('stand in JSON where the worker will find them, whatever stands around them', () => {
    fc.assert(
      fc.property(eventList, fc.jsonValue(), fc.boolean(), (events, other, last) => {
        const parts = [`"other" :${JSON.stringify(other, null, 1)}`, `\n"events" : ${JSON.stringify(events, null, 2)}`];
        const batch = fromJson(` { ${(last ? parts : parts.reverse()).join(' , ')} }\n`);
        const found = slices(batch).map((slice) => JSON.parse(Buffer.from(slice).toString()));
        expect(found).toEqual(JSON.parse(JSON.stringify(events)));
      }),
    );
  });

  it('stand in MessagePack where the worker will find them', () => {
    fc.assert(
      fc.property(eventList, fc.jsonValue(), (events, other) => {
        const batch = fromMsgpack({ other, events, more: other });
        expect(slices(batch).map((slice) => Buffer.from(slice))).toEqual(events.map((one) => Buffer.from(pack(one))));
      }),
    );
  });

  it('are counted in lines as the worker counts them', () => {
    const line = fc.oneof(
      fc.constantFrom('', ' ', '\t\r', '{"a":1}', ' {"b":2}\r', '\u00a0', 'x y'),
      fc.string({ maxLength: 4 }),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 30 }), (lines) => {
        const body = bytes(`${lines.join('\n')}x\n`);
        const batch = parseNdjsonBatch(body, '');
        expect(slices(batch)).toHaveLength(batch.events.count);
      }),
    );
  });

  it('may be 1 to as many as a producer is remembered', () => {
    expect(MAX_EVENTS).toBe(1024);
    const many = Array.from({ length: MAX_EVENTS + 1 }, () => null);
    for (const [parse, of] of [
      [fromMsgpack, (events: unknown[]) => ({ events })],
      [fromJson, (events: unknown[]) => JSON.stringify({ events })],
      [(text: string) => parseNdjsonBatch(bytes(text), ''), (events: unknown[]) => events.map(() => '1').join('\n')],
    ] as [(body: unknown) => unknown, (events: unknown[]) => unknown][]) {
      expect(codeOf(() => parse(of(many.slice(1))))).toBeUndefined();
      expect(codeOf(() => parse(of(many)))).toBe('too_large');
      expect(codeOf(() => parse(of([])))).toBe('invalid_body');
    }
  });
});

describe('fields beside the events', () => {
  const both = (fields: object) => [
    codeOf(() => fromJson(JSON.stringify({ events: [1], ...fields }))),
    codeOf(() => fromMsgpack({ events: [1], ...fields })),
  ];
  it.each<[string, object]>([
    ['producer without first', { producer: 'p' }],
    ['first without producer', { first: 1 }],
    ['first 0', { producer: 'p', first: 0 }],
    ['first beyond the integers', { producer: 'p', first: 2 ** 53 }],
    ['a last number beyond the integers', { producer: 'p', first: 2 ** 53 - 1, events: [1, 2] }],
    ['a fraction', { producer: 'p', first: 1.5 }],
    ['a number as text', { producer: 'p', first: '1' }],
    ['a bad producer', { producer: 'a b', first: 1 }],
    ['an empty producer', { producer: '', first: 1 }],
    ['a producer of 65', { producer: 'p'.repeat(65), first: 1 }],
    ['a producer that is no text', { producer: 1, first: 1 }],
    ['epoch 0', { producer: 'p', first: 1, epoch: 0 }],
    ['a negative done', { producer: 'p', first: 1, done: -1 }],
    ['a clock that is none', { clock: 'now' }],
    ['a token that is none', { token: 'a b' }],
    ['no events', { events: undefined }],
    ['events that are no list', { events: { 0: 1 } }],
  ])('%s: refused in both encodings', (_, fields) => {
    expect(both(fields)).toEqual(['invalid_body', 'invalid_body']);
  });

  it.each<[string, unknown]>([
    ['an unknown field', { color: 'red' }],
    ['a type', { type: 'track_skipped' }],
    ['no map', 'u1'],
    ['an invalid user', { user_id: 5 }],
    [
      'more than 1,024 bytes',
      { user_id: 'u'.repeat(100), session_id: 's'.repeat(128), context: { playlist_id: 'p'.repeat(900) } },
    ],
  ])('a context with %s: refused in both encodings', (_, context) => {
    expect(both({ context })).toEqual(['invalid_context', 'invalid_context']);
  });

  it('may be nil, or an integer in any format', () => {
    const wanted = { events: expect.anything(), producer: 'p', first: 3 };
    expect(fromJson('{"events":[1],"producer":"p","first":3.0,"epoch":null,"context":null}')).toEqual(wanted);
    const floats = new Packr({ useRecords: false }).pack({ events: [1], producer: 'p', first: 3n, done: null });
    expect(parseMsgpackBatch(floats)).toEqual(wanted);
  });

  it('of lines are those of the query, each once', () => {
    expect(parseNdjsonBatch(bytes('1'), 'producer=p&first=2')).toMatchObject({ producer: 'p', first: 2 });
    for (const query of [
      'producer=p',
      'producer=p&first=x',
      'producer=p&first=1e3',
      'producer=p&first=1&first=2',
      'producer=p&first=',
    ]) {
      expect(
        codeOf(() => parseNdjsonBatch(bytes('1'), query)),
        query,
      ).toBe('invalid_body');
    }
  });
});

describe('hostile bodies', () => {
  const deep = (open: string, close: string) => open.repeat(100_000) + close.repeat(100_000);
  it.each([
    ['nothing', ''],
    ['no JSON', '{"events":'],
    ['a list', '[1]'],
    ['null', 'null'],
    ['a byte order mark', '\ufeff{"events":[1]}'],
    ['a key twice', '{"events":[1],"events":[2]}'],
    ['a key twice in two spellings', '{"events":[1],"\\u0065vents":[2]}'],
    ['something after it', '{"events":[1]} x'],
  ])('JSON: %s', (_, text) => {
    expect(codeOf(() => fromJson(text))).toBe('invalid_body');
  });

  it('JSON: text that is not UTF-8, UTF-16', () => {
    expect(codeOf(() => parseJsonBatch(new Uint8Array([...bytes('{"events":["'), 0xc0, 0x80, ...bytes('"]}')])))).toBe(
      'invalid_body',
    );
    expect(codeOf(() => parseJsonBatch(new Uint8Array(Buffer.from('{"events":[1]}', 'utf16le'))))).toBe('invalid_body');
  });

  it('JSON: depth and prototype keys touch nothing', () => {
    expect(fromJson(`{"events":[${deep('[', ']')}]}`).events.count).toBe(1);
    expect(codeOf(() => fromJson(`{"events":[1],"context":${deep('{"a":', '}').replace('::', ':1')}}`))).toMatch(
      /invalid/,
    );
    expect(fromJson('{"__proto__":{"events":[1],"producer":"p"},"events":[1]}')).toEqual({ events: expect.anything() });
    expect(codeOf(() => fromJson('{"__proto__":{"events":[1]}}'))).toBe('invalid_body');
    expect(codeOf(() => fromJson('{"events":[1],"context":{"__proto__":{"user_id":"u"}}}'))).toBe('invalid_context');
    expect(({} as { events?: unknown }).events).toBeUndefined();
  });

  it.each<[string, number[]]>([
    ['nothing', []],
    ['no map', [0x91, 0x01]],
    ['a map that claims 4 G', [0xdf, 0xff, 0xff, 0xff, 0xff]],
    ['a list that claims 4 G', [0x81, 0xa6, ...bytes('events'), 0xdd, 0xff, 0xff, 0xff, 0xff]],
    ['a key that is no text', [0x81, 0x01, 0x02]],
    ['a key that is not UTF-8', [0x81, 0xa2, 0xc0, 0x80, 0x02]],
    ['a key twice', [0x82, 0xa6, ...bytes('events'), 0x91, 0x01, 0xa6, ...bytes('events'), 0x91, 0x01]],
    ['an extension type', [0x81, 0xa6, ...bytes('events'), 0x91, 0xd4, 0x01, 0x00]],
    ['0xc1', [0x81, 0xa6, ...bytes('events'), 0x91, 0xc1]],
    ['bytes after it', [0x81, 0xa6, ...bytes('events'), 0x91, 0x01, 0x00]],
    ['an end too early', [0x81, 0xa6, ...bytes('events'), 0x92, 0x01]],
    ['binary as context', [0x82, 0xa6, ...bytes('events'), 0x91, 0x01, 0xa7, ...bytes('context'), 0xc4, 0x01, 0x00]],
  ])('MessagePack: %s', (_, body) => {
    expect(codeOf(() => parseMsgpackBatch(new Uint8Array(body)))).toBe('invalid_body');
  });

  it('MessagePack: a context that nests a hundred thousand levels', () => {
    const nested = new Uint8Array(100_002).fill(0x91);
    nested[100_001] = 0x01;
    const body = Buffer.concat([
      Buffer.from([0x82, 0xa6]),
      bytes('events'),
      Buffer.from([0x91, 0x01, 0xa7]),
      bytes('context'),
      nested,
    ]);
    expect(codeOf(() => parseMsgpackBatch(body))).toBe('invalid_body');
  });

  it('random bytes end in a batch or a BatchError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.boolean(), (tail, map) => {
        const body = map ? new Uint8Array([0x82, 0xa6, ...bytes('events'), ...tail]) : tail;
        codeOf(() => parseMsgpackBatch(body));
        codeOf(() => parseJsonBatch(body));
        codeOf(() => parseNdjsonBatch(body, ''));
      }),
      { numRuns: 500 },
    );
  });
});
