/** What a stranger may send: each ends as a protocol error, or is passed on for the events to be judged one by one. */
import { describe, expect, test } from 'vitest';
import type { Hello, Publish, Subscribe } from '../../protocol/wire.ts';
import { codecFor, ProtocolError } from '../../protocol/wire.ts';
import { bytesOf, eventsOf, utf8 } from '../helpers/wire-bytes.ts';

const msgpack = codecFor('gapless.v1.msgpack');
const json = codecFor('gapless.v1.json');

const pack = (value: unknown): Uint8Array => msgpack.encodeEvent(value).data as Uint8Array;
const concat = (...parts: Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));
const refusedBinary = (message: Uint8Array) => expect(() => msgpack.decodeClient(message)).toThrow(ProtocolError);
const refusedText = (message: string | Uint8Array) =>
  expect(() => json.decodeClient(typeof message === 'string' ? utf8(message) : message)).toThrow(ProtocolError);
const passes = (message: Uint8Array): Publish => msgpack.decodeClient(message) as Publish;

/** The same value in three places: as PUBLISH's only event, as a field of HELLO that nobody knows, and behind the fields of FLOW. */
function places(value: Uint8Array): { publish: Uint8Array; hello: Uint8Array; flow: Uint8Array } {
  return {
    publish: concat(bytesOf('93 02 01 91'), value),
    hello: concat(bytesOf('92 01 81 a1 78'), value),
    flow: concat(bytesOf('94 05 01 02'), value),
  };
}

describe('MessagePack', () => {
  test.each([
    ['array32', 'dd ffffffff'],
    ['map32', 'df ffffffff'],
    ['bin32', 'c6 ffffffff'],
    ['str32', 'db ffffffff'],
    ['ext32', 'c9 ffffffff 01'],
  ])('%s claiming 4 G', (_name, text) => {
    for (const message of Object.values(places(bytesOf(text)))) refusedBinary(message);
    refusedBinary(bytesOf(text));
    refusedBinary(concat(bytesOf('93 02 01'), bytesOf(text)));
  });

  test('5,000 nested arrays break a control frame; inside an event they are that event only', () => {
    const deep = new Uint8Array(5_001).fill(0x91, 0, 5_000);
    refusedBinary(deep);
    refusedBinary(places(deep).hello);
    refusedBinary(places(deep).flow);
    expect(passes(places(deep).publish)).toMatchObject({ first: 1, count: 1, events: deep });
  });

  test('64 KB of empty maps', () => {
    const maps = new Uint8Array(65_536).fill(0x80);
    const list = concat(bytesOf('dd 00010000'), maps);
    refusedBinary(places(list).flow);
    refusedBinary(places(list).hello);
    expect(passes(concat(bytesOf('93 02 01'), list)).count).toBe(65_536);
  });

  test.each([
    ['record definition', 'd5 72 40 00'],
    ['record definition, one byte', 'd4 72 40'],
    ['pointer', 'd6 70 00000001'],
    ['identity', 'd6 69 00000001 90'],
    ['RegExp', 'c7 00 78 92 a5 28612b292b a0'],
    ['Error', 'c7 00 65 92 a5 4572726f72 a1 78'],
    ['Set', 'c7 00 73 90'],
    ['typed array', 'c7 02 74 01 00'],
    ['big integer', 'c7 09 42 010000000000000000'],
    ['bundled strings', 'd6 62 00000000'],
    ['timestamp', 'd6 ff 00000000'],
    ['invalid timestamp', 'c7 0c ff ffffffff ffffffffffffffff'],
    ['undefined', 'd4 00 00'],
    ['an unknown extension', 'c7 01 05 00'],
    ['0xc1', 'c1'],
  ])('%s', (_name, text) => {
    for (const message of Object.values(places(bytesOf(text)))) refusedBinary(message);
  });

  test.each([
    ['nil', 'c0'],
    ['a number', '01'],
    ['a map', '80'],
    ['an array', '90'],
  ])('%s as a key breaks a control frame; inside an event it is that event only', (_name, text) => {
    const map = concat(bytesOf('81'), bytesOf(text), bytesOf('01'));
    refusedBinary(places(map).hello);
    refusedBinary(places(map).flow);
    expect(passes(places(map).publish).count).toBe(1);
  });

  test.each([
    ['NaN', 'cb 7ff8000000000000'],
    ['infinity', 'cb 7ff0000000000000'],
    ['the largest u64', 'cf ffffffffffffffff'],
    ['the smallest i64', 'd3 8000000000000000'],
    ['2^53', 'cf 0020000000000000'],
    ['-1', 'ff'],
    ['1.5', 'cb 3ff8000000000000'],
    ['text', 'a1 31'],
    ['nil', 'c0'],
    ['true', 'c3'],
    ['binary', 'c4 01 01'],
  ])('%s in a field of the frame', (_name, text) => {
    const value = bytesOf(text);
    refusedBinary(concat(bytesOf('93 02'), value, bytesOf('91 c0')));
    refusedBinary(concat(bytesOf('93 03'), value, bytesOf('01')));
    refusedBinary(concat(bytesOf('93 05 01'), value));
    refusedBinary(concat(bytesOf('93'), value, bytesOf('01 01')));
    if (text === 'c0') return;
    refusedBinary(concat(bytesOf('92 01 81 a5'), utf8('epoch'), value));
    refusedBinary(concat(bytesOf('92 01 81 a4'), utf8('done'), value));
  });

  test.each([
    ['NaN', 'cb 7ff8000000000000'],
    ['the largest u64', 'cf ffffffffffffffff'],
    ['binary', 'c4 01 01'],
    ['invalid UTF-8', 'a1 ff'],
  ])('%s in an event is for the event to answer', (_name, text) => {
    expect(passes(places(bytesOf(text)).publish)).toMatchObject({ count: 1, events: bytesOf(text) });
  });

  test('of two equal keys the last one counts', () => {
    const message = concat(bytesOf('92 01 82'), pack('epoch'), pack(1), pack('epoch'), pack(2));
    expect(msgpack.decodeClient(message)).toEqual({ op: 'HELLO', epoch: 2 });
    const small = pack({ user_id: 'u' });
    const large = pack({ user_id: 'u'.repeat(2000) });
    const twice = (a: Uint8Array, b: Uint8Array) => concat(bytesOf('92 01 82'), pack('context'), a, pack('context'), b);
    refusedBinary(twice(small, large));
    expect((msgpack.decodeClient(twice(large, small)) as Hello).context).toEqual({ user_id: 'u' });
  });
});

describe('JSON', () => {
  test.each([
    ['nothing', ''],
    ['a cut-off frame', '[2,1,[{}'],
    ['something behind it', '[6,1]]'],
    ['two frames', '[6,1][6,1]'],
    ['no array', '{"op":6}'],
    ['a bare number', '6'],
    ['NaN', '[6,NaN]'],
    ['a comment', '[6,1]//'],
    ['a trailing comma', '[6,1,]'],
    ['a leading zero', '[6,01]'],
    ['a control character in text', '[7,"a\nb"]'],
    ['1e400', '[6,1e400]'],
    ['-1', '[6,-1]'],
    ['1.5', '[6,1.5]'],
    ['2^53', '[6,9007199254740992]'],
    ['a number as text', '[6,"1"]'],
    ['null for a number', '[6,null]'],
    ['a lone surrogate', '[7,"\\ud800"]'],
    ['a lone surrogate as a key', '[1,{"\\udc00":1}]'],
    ['5,000 nested arrays', `${'['.repeat(5_000)}${']'.repeat(5_000)}`],
    ['9 levels', '[1,{"x":[[[[[[[1]]]]]]]}]'],
    ['too many values', `[1,{"x":[${'0,'.repeat(4_095)}0]}]`],
  ])('%s', (_name, text) => {
    refusedText(text);
  });

  test('bytes that are not UTF-8 without a byte order mark', () => {
    const frame = '[7,"abc"]';
    expect(json.decodeClient(utf8(frame))).toEqual({ op: 'AUTH', token: 'abc' });
    refusedText(utf8(`\ufeff${frame}`));
    refusedText(new Uint8Array(Buffer.from(frame, 'utf16le')));
    refusedText(concat(Uint8Array.of(0xff, 0xfe), new Uint8Array(Buffer.from(frame, 'utf16le'))));
    refusedText(new Uint8Array(Buffer.from('[7,"\xe9"]', 'latin1')));
    refusedText(new Uint8Array(Buffer.from('[2,1,["\xe9"]]', 'latin1')));
    refusedText(bytesOf('5b 37 2c 22 eda080 22 5d'));
  });

  test('deep, duplicate, infinite and lone things in an event are for the event to answer', () => {
    const odd = ['['.repeat(5_000) + ']'.repeat(5_000), '{"a":1,"a":2}', '1e400', '"\\ud800"', '{"__proto__":{"x":1}}'];
    for (const event of odd) {
      const frame = json.decodeClient(utf8(`[2,1,[ ${event} , null ]]`)) as Publish;
      expect(frame.count).toBe(2);
      expect(new TextDecoder().decode(frame.events)).toBe(` ${event} , null `);
    }
  });

  test('white space anywhere', () => {
    const text = ' [ 2 ,\n\t1 , [ {"a" : "]" } ,\r\n "[" ] , { "later" : [ ] } ] ';
    const frame = json.decodeClient(utf8(text)) as Publish;
    expect(eventsOf(frame)).toEqual([{ a: ']' }, '[']);
    expect(frame.bytes).toBe(text.length);
  });

  test('of two equal keys the last one counts', () => {
    expect(json.decodeClient(utf8('[1,{"epoch":1,"\\u0065poch":2}]'))).toEqual({ op: 'HELLO', epoch: 2 });
    const context = (length: number) => `"context":{"user_id":"${'u'.repeat(length)}"}`;
    refusedText(`[1,{${context(1)},${context(2000)}}]`);
    expect((json.decodeClient(utf8(`[1,{${context(2000)},${context(1)}}]`)) as Hello).context).toEqual({
      user_id: 'u',
    });
  });
});

describe('keys that reach for a prototype', () => {
  const polluted = () => ({}) as { polluted?: unknown };

  test.each(['__proto__', 'constructor', 'prototype'])('%s', (key) => {
    const evil = `{"${key}":{"polluted":1}}`;
    const value = JSON.parse(evil) as unknown;
    for (const message of [`[1,${evil}]`, `[4,1,"stats",{"limit":1,"filter":{"${key}":"x"}}]`, `[2,1,[${evil}]]`]) {
      json.decodeClient(utf8(message));
      msgpack.decodeClient(pack(JSON.parse(message)));
    }
    for (const codec of [json, msgpack]) {
      const message = codec.encode({ op: 'DATA', sub: 1, offset: '', items: [value] });
      codec.decodeServer(message);
    }
    expect(polluted().polluted).toBeUndefined();
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
  });

  test('__proto__ is ignored in HELLO itself and breaks its context', () => {
    for (const text of ['[1,{"__proto__":{"token":"evil"},"epoch":3}]']) {
      expect(json.decodeClient(utf8(text))).toStrictEqual({ op: 'HELLO', epoch: 3 });
      expect(msgpack.decodeClient(pack(JSON.parse(text)))).toStrictEqual({ op: 'HELLO', epoch: 3 });
    }
    for (const text of ['[1,{"context":{"__proto__":{"a":1}}}]', '[1,{"context":{"context":{"__proto__":1}}}]']) {
      refusedText(text);
      refusedBinary(pack(JSON.parse(text)));
    }
  });

  test('a filter keeps its own prototype', () => {
    const text = '[4,1,"events",{"limit":1,"filter":{"__proto__":"x"}}]';
    const frames = [json.decodeClient(utf8(text)), msgpack.decodeClient(pack(JSON.parse(text)))] as Subscribe[];
    for (const frame of frames) {
      expect(Object.getPrototypeOf(frame.options.filter)).toBe(Object.prototype);
      expect(Object.keys(frame.options.filter!)).toEqual(['__proto_']);
    }
  });
});
