/** The fields of a client's frames: what is taken, what is ignored, what breaks the frame. Both codecs give the same answers. */
import { describe, expect, test } from 'vitest';
import type { ClientFrame, Codec, Publish } from '../../protocol/wire.ts';
import { codecFor, ProtocolError, SUBPROTOCOLS } from '../../protocol/wire.ts';
import { bytesOf, hex, wireBytes } from '../helpers/wire-bytes.ts';

const codecs = SUBPROTOCOLS.map(codecFor);
const encode = (codec: Codec, fields: unknown): Uint8Array => wireBytes(codec.encodeEvent(fields).data);
const letters = (length: number): string => 'x'.repeat(length);

function closeOf(codec: Codec, fields: unknown): string {
  try {
    codec.decodeClient(encode(codec, fields));
    return 'taken';
  } catch (error) {
    expect(error).toBeInstanceOf(ProtocolError);
    return (error as ProtocolError).close;
  }
}

describe.each(codecs)('$subprotocol', (codec) => {
  const decode = (fields: unknown): ClientFrame => codec.decodeClient(encode(codec, fields));

  test.each<[string, unknown[], ClientFrame]>([
    ['an empty HELLO', [1, {}], { op: 'HELLO' }],
    ['nil for every optional field', [1, { token: null, epoch: null, context: null }], { op: 'HELLO' }],
    ['unknown keys and trailing fields', [1, { done: 3, later: [{ a: 1 }] }, 'x', {}], { op: 'HELLO', done: 3 }],
    ['the largest numbers', [3, 2 ** 53 - 1, 2 ** 53 - 1], { op: 'BLOCKED', seq: 2 ** 53 - 1, bytes: 2 ** 53 - 1 }],
    ['any feed name', [4, 0, '', { limit: 0 }], { op: 'SUBSCRIBE', sub: 0, feed: '', options: { limit: 0 } }],
    [
      'nil options of SUBSCRIBE',
      [4, 1, 'stats', { limit: 1, key: null, filter: null, from: null }],
      { op: 'SUBSCRIBE', sub: 1, feed: 'stats', options: { limit: 1 } },
    ],
    ['FLOW with more fields', [5, 1, 2, 3, 4], { op: 'FLOW', sub: 1, limit: 2 }],
    ['UNSUBSCRIBE', [6, 7], { op: 'UNSUBSCRIBE', sub: 7 }],
    ['AUTH', [7, ''], { op: 'AUTH', token: '' }],
  ])('takes %s', (_name, fields, frame) => {
    expect(decode(fields)).toStrictEqual(frame);
  });

  test.each<[string, unknown]>([
    ['no array', { op: 1 }],
    ['no op', []],
    ['op 0', [0, {}]],
    ['an op of the server', [16, {}]],
    ['an op that nobody knows', [8, {}]],
    ['an op as text', ['HELLO', {}]],
    ['a large op', [2 ** 53, 1, [null]]],
    ['HELLO without its map', [1]],
    ['HELLO with nil', [1, null]],
    ['HELLO with a list', [1, []]],
    ['a token that is no text', [1, { token: 1 }]],
    ['an empty producer', [1, { producer: '' }]],
    ['a long producer', [1, { producer: letters(65) }]],
    ['a producer with a dot', [1, { producer: 'a.b' }]],
    ['a producer with a line break', [1, { producer: 'a\n' }]],
    ['epoch 0', [1, { epoch: 0 }]],
    ['a negative attempt', [1, { attempt: -1 }]],
    ['a clock with a fraction', [1, { clock: 1.5 }]],
    ['done as text', [1, { done: '1' }]],
    ['a context that is a list', [1, { context: [] }]],
    ['a context that is text', [1, { context: 'x' }]],
    ['an agent that is a map', [1, { agent: {} }]],
    ['PUBLISH without events', [2, 1]],
    ['PUBLISH of nil', [2, 1, null]],
    ['PUBLISH of a map', [2, 1, {}]],
    ['PUBLISH of nothing', [2, 1, []]],
    ['PUBLISH from 0', [2, 0, [null]]],
    ['PUBLISH beyond the last number', [2, 2 ** 53 - 1, [null, null]]],
    ['BLOCKED without bytes', [3, 1]],
    ['SUBSCRIBE without options', [4, 1, 'stats']],
    ['SUBSCRIBE without limit', [4, 1, 'stats', {}]],
    ['a sub that is text', [4, 'a', 'stats', { limit: 1 }]],
    ['a feed that is a number', [4, 1, 2, { limit: 1 }]],
    ['a key that is a number', [4, 1, 'stats', { limit: 1, key: 2 }]],
    ['a filter that is a list', [4, 1, 'stats', { limit: 1, filter: [] }]],
    ['a filter value of nil', [4, 1, 'stats', { limit: 1, filter: { type: null } }]],
    ['a filter value that is a map', [4, 1, 'stats', { limit: 1, filter: { type: {} } }]],
    ['a list in a list in a filter', [4, 1, 'stats', { limit: 1, filter: { type: [[]] } }]],
    ['from without epoch', [4, 1, 'stats', { limit: 1, from: { offset: '1' } }]],
    ['from as text', [4, 1, 'stats', { limit: 1, from: '1' }]],
    ['a long epoch', [4, 1, 'stats', { limit: 1, from: { epoch: letters(513), offset: '' } }]],
    ['a long offset', [4, 1, 'stats', { limit: 1, from: { epoch: '', offset: letters(513) } }]],
    ['FLOW without limit', [5, 1]],
    ['UNSUBSCRIBE without sub', [6]],
    ['AUTH without token', [7]],
    ['AUTH with nil', [7, null]],
  ])('refuses %s', (_name, fields) => {
    expect(closeOf(codec, fields)).toBe('protocol_error');
  });

  test('takes cursors of 512 characters and producers of 64', () => {
    const from = { epoch: letters(512), offset: letters(512) };
    expect(closeOf(codec, [4, 1, 'events', { limit: 1, from }])).toBe('taken');
    expect(closeOf(codec, [1, { producer: letters(64) }])).toBe('taken');
  });

  test('filters may be of any size, which only their subscription answers for', () => {
    const fields = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`f${i}`, 'x']));
    const subscribe = (filter: unknown) => closeOf(codec, [4, 1, 'events', { limit: 1, filter }]);
    expect(subscribe(fields(17))).toBe('taken');
    expect(subscribe({ type: new Array(101).fill('x') })).toBe('taken');
    expect(subscribe({ type: { x: 'x' } })).toBe('protocol_error');
    expect(subscribe({ type: [['x']] })).toBe('protocol_error');
    expect(subscribe({ type: null })).toBe('protocol_error');
  });

  test('HELLO has at most 8 KiB, its context at most 1,024 bytes of its own encoding', () => {
    const hello = (padding: number) => [1, { token: letters(padding) }];
    const overhead = encode(codec, hello(8_000)).length - 8_000;
    expect(closeOf(codec, hello(8_192 - overhead))).toBe('taken');
    expect(closeOf(codec, hello(8_193 - overhead))).toBe('too_large');

    const context = (length: number) => ({ user_id: letters(100), é: 1, context: { source: letters(length) } });
    const size = (length: number) => codec.encodeEvent(context(length)).bytes;
    const longest = Array.from({ length: 1024 }, (_, i) => i).findLast((length) => size(length) <= 1024)!;
    expect(size(longest)).toBe(1024);
    expect(closeOf(codec, [1, { agent: 'a', context: context(longest), done: 1 }])).toBe('taken');
    expect(closeOf(codec, [1, { agent: 'a', context: context(longest + 1), done: 1 }])).toBe('protocol_error');
  });

  test('events are passed on whatever they are, with what follows them skipped', () => {
    const frame = decode([2, 5, [null, 1, 'x', [], {}, { type: 1 }], 'later', { a: [1] }]) as Publish;
    expect(frame).toMatchObject({ op: 'PUBLISH', first: 5, count: 6 });
    expect(frame.bytes).toBeGreaterThan(frame.events.length);
  });
});

describe('integers come in any format', () => {
  const [msgpack, json] = codecs as [Codec, Codec];
  const formats = [
    '07',
    'cc07',
    'cd0007',
    'ce00000007',
    'cf0000000000000007',
    'd007',
    'd10007',
    'd200000007',
    'd30000000000000007',
    'ca40e00000',
    'cb401c000000000000',
  ];
  const seven = { op: 'BLOCKED', seq: 7, bytes: 7 };

  test.each(formats)('MessagePack %s', (format) => {
    expect(msgpack.decodeClient(bytesOf(`93 03 ${format} ${format}`))).toEqual(seven);
    expect(msgpack.decodeClient(bytesOf(`93 02 ${format} 91 c0`))).toMatchObject({ op: 'PUBLISH', first: 7, count: 1 });
    // 7 is AUTH, here as the op itself.
    expect(msgpack.decodeClient(bytesOf(`92 ${format} a178`))).toEqual({ op: 'AUTH', token: 'x' });
    expect(msgpack.decodeServer(bytesOf(`95 11 ${format} 08 09 01`))).toMatchObject({ op: 'ACK', done: 7 });
  });

  test.each(['7', '7.0', '7e0', '70e-1', '0.7E+1'])('JSON %s', (format) => {
    const decode = (text: string) => json.decodeClient(new TextEncoder().encode(text));
    expect(decode(`[3,${format},${format}]`)).toEqual(seven);
    expect(decode(`[2,${format},[null]]`)).toMatchObject({ op: 'PUBLISH', first: 7, count: 1 });
    expect(decode(`[${format},"x"]`)).toEqual({ op: 'AUTH', token: 'x' });
  });

  test('-0 is 0', () => {
    const frame = { op: 'UNSUBSCRIBE', sub: 0 };
    expect(msgpack.decodeClient(bytesOf('92 06 cb8000000000000000'))).toStrictEqual(frame);
    expect(json.decodeClient(new TextEncoder().encode('[6,-0.0]'))).toStrictEqual(frame);
  });

  test.each(['92 06 07', 'dc 0002 06 07', 'dd 00000002 06 07'])('arrays too: %s', (text) => {
    expect(msgpack.decodeClient(bytesOf(text))).toEqual({ op: 'UNSUBSCRIBE', sub: 7 });
  });

  test.each(['91 c0', 'dc 0001 c0', 'dd 00000001 c0'])('and the array of events: %s', (text) => {
    const frame = msgpack.decodeClient(bytesOf(`dc 0003 02 01 ${text}`)) as Publish;
    expect(hex(frame.events)).toBe('c0');
  });
});
