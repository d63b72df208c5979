/** What a client makes of a server's frames: tolerant of what a later version may add, strict where it could not go on. */
import { describe, expect, test } from 'vitest';
import type { ServerFrame } from '../../protocol/wire.ts';
import { codecFor, ProtocolError, SUBPROTOCOLS } from '../../protocol/wire.ts';
import { bytesOf, hex, unpack } from '../helpers/wire-bytes.ts';

describe.each(SUBPROTOCOLS.map(codecFor))('$subprotocol', (codec) => {
  const decode = (fields: unknown): ServerFrame | null => codec.decodeServer(codec.encodeEvent(fields).data);

  test('an unknown op is null, also one of a client', () => {
    for (const op of [0, 1, 2, 8, 15, 27, 2 ** 53 - 1]) expect(decode([op, { anything: [1] }])).toBeNull();
  });

  test.each<[string, unknown[], unknown]>([
    ['a NACK code', [19, 5, 'later_code', 'text', 1], { op: 'NACK', from: 5, code: 'later_code', message: 'text' }],
    ['a NACK without words', [19, 5, 'over_credit', null], { op: 'NACK', from: 5, code: 'over_credit', message: '' }],
    [
      'a rejection code and a fifth field',
      [
        18,
        [
          [7, 'later_code', 'a.b', 'text', { more: 1 }],
          [8, 'withdrawn', null, null],
        ],
      ],
      {
        op: 'REJECTED',
        rejections: [
          [7, 'later_code', 'a.b', 'text'],
          [8, 'withdrawn', '', ''],
        ],
      },
    ],
    ['an end of subscription', [23, 1, 'later', ''], { op: 'UNSUBSCRIBED', sub: 1, code: 'later', message: '' }],
    [
      'a farewell',
      [25, { code: 'later', message: 'm', retryAfterMs: 5, more: 1 }],
      { op: 'GOAWAY', code: 'later', message: 'm', retryAfterMs: 5 },
    ],
    [
      'a farewell with a name only',
      [25, { code: 'overloaded' }],
      { op: 'GOAWAY', code: 'overloaded', message: '', retryAfterMs: 0 },
    ],
    ['a pressure above 10', [17, 1, 2, 3, 11, 'more'], { op: 'ACK', done: 1, limit: 2, limitBytes: 3, level: 11 }],
    [
      'a WELCOME for a subscriber',
      [16, { session: 's', serverTime: 1, later: 1 }],
      { op: 'WELCOME', session: 's', serverTime: 1 },
    ],
    ['a GAP of unknown size', [22, 1, null, 'o'], { op: 'GAP', sub: 1, skipped: null, offset: 'o' }],
    ['a token that does not expire', [24, {}], { op: 'AUTHENTICATED', expires: null }],
    [
      'a position without recovered',
      [20, 1, { epoch: 'e', offset: 'o', recovered: null }],
      { op: 'SUBSCRIBED', sub: 1, position: { epoch: 'e', offset: 'o' } },
    ],
  ])('takes %s', (_name, fields, frame) => {
    expect(decode(fields)).toStrictEqual(frame);
  });

  test('an unknown durability comes through', () => {
    const terms = { producer: 'p', epoch: 1, done: 0, limit: 4, limitBytes: 4096, maxFrameBytes: 1, maxFrameEvents: 1 };
    const rest = { maxEventBytes: 1, durability: 'quantum', dedupMs: 0, maxAgeMs: 0 };
    const frame = decode([16, { session: 's', serverTime: 1, ...terms, ...rest }]);
    expect(frame).toMatchObject({ terms: { durability: 'quantum' } });
    expect(() => decode([16, { session: 's', serverTime: 1, ...terms }])).toThrow(ProtocolError);
  });

  test.each<[string, unknown]>([
    ['no array', {}],
    ['no op', []],
    ['a WELCOME without session', [16, { serverTime: 1 }]],
    ['an ACK with too few fields', [17, 1, 2, 3]],
    ['an ACK with a negative limit', [17, 1, -2, 3, 0]],
    ['a NACK without code', [19, 1]],
    ['a rejection that is no list', [18, [{}]]],
    ['a DATA without items', [21, 1, 'o']],
    ['a GAP without offset', [22, 1, 2]],
    ['a BEAT without time', [26, {}]],
  ])('refuses %s', (_name, fields) => {
    expect(() => decode(fields)).toThrow(ProtocolError);
  });

  test('a message of the wrong kind is a protocol error', () => {
    const wrong = codec.binary ? '[17,1,2,3,0]' : bytesOf('95 11 01 02 03 00');
    expect(() => codec.decodeServer(wrong)).toThrow(ProtocolError);
  });

  test('items that the format cannot express never stop a feed', () => {
    const items = [{ a: Number.NaN, b: undefined, c: 7n, d: Uint8Array.of(1), e: 2n ** 60n, f: '\ud800' }];
    const frame = codec.decodeServer(codec.encode({ op: 'DATA', sub: 1, offset: 'o', items }));
    const item = { a: null, b: null, c: 7, d: null, e: 2 ** 60 };
    expect(frame).toMatchObject({ op: 'DATA', items: [item] });
  });
});

test('the server sends integer formats', () => {
  const codec = codecFor('gapless.v1.msgpack');
  const beat = codec.encode({ op: 'BEAT', serverTime: 1_732_129_200_000 }) as Uint8Array;
  expect(hex(beat)).toBe(`921a81aa${Buffer.from('serverTime').toString('hex')}cf000001934af21780`);
  const ack = codec.encode({ op: 'ACK', done: 2 ** 40, limit: 200, limitBytes: 70_000, level: 3 }) as Uint8Array;
  expect(hex(ack)).toBe('9511cf0000010000000000ccc8ce0001117003');
  const data = codec.encode({ op: 'DATA', sub: 1, offset: '', items: [{ received_at: 2 ** 41 }] }) as Uint8Array;
  expect(hex(data)).toContain('cf0000020000000000');
  expect(unpack(data)).toEqual([21, 1, '', [{ received_at: 2 ** 41 }]]);
});
