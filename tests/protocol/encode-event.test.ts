import { describe, expect, test } from 'vitest';
import { codecFor, SUBPROTOCOLS } from '../../protocol/wire.ts';
import { wireBytes } from '../helpers/wire-bytes.ts';

class Listener {
  name = 'x';
}
const circular: Record<string, unknown> = {};
circular.self = circular;

describe.each(SUBPROTOCOLS.map(codecFor))('$subprotocol', (codec) => {
  test.each<[string, unknown, string]>([
    ['undefined', undefined, 'undefined'],
    ['an undefined field', { a: { b: undefined } }, 'undefined at b at a'],
    ['a hole', { list: new Array(2) }, 'undefined at [0] at list'],
    ['a function', { f: () => 1 }, 'a function at f'],
    ['a symbol', { s: Symbol('s') }, 'a symbol at s'],
    ['NaN', { n: Number.NaN }, 'NaN at n'],
    ['infinity', [Number.NEGATIVE_INFINITY], '-Infinity at [0]'],
    ['a bigint of 54 bits', { n: 2n ** 53n }, 'a bigint of more than 53 bits at n'],
    ['a negative bigint of 54 bits', { n: -(2n ** 53n) }, 'a bigint of more than 53 bits at n'],
    ['bytes', { b: new Uint8Array(2) }, 'a Uint8Array at b'],
    ['a Date', { timestamp: new Date(0) }, 'a Date at timestamp'],
    ['a Map', new Map([['a', 1]]), 'a Map'],
    ['an instance', { who: new Listener() }, 'a Listener at who'],
    ['a lone surrogate', { s: 'a\ud800' }, 'a lone surrogate at s'],
    ['a key with a lone surrogate', { '\udc00': 1 }, 'a key with a lone surrogate'],
    ['a circle', circular, 'more than 64 levels'],
  ])('throws TypeError for %s and says where', (_name, event, fault) => {
    expect(() => codec.encodeEvent(event)).toThrow(TypeError);
    expect(() => codec.encodeEvent(event)).toThrow(fault);
  });

  test('encodes null, bigints of 53 bits, odd keys and objects without a prototype', () => {
    const event = Object.assign(Object.create(null) as object, { n: 7n, 'odd key \u0000': [null, -0, 1e300] });
    for (const value of [null, event, JSON.parse('{"__proto__":1}')]) {
      const { data, bytes } = codec.encodeEvent(value);
      expect(wireBytes(data)).toHaveLength(bytes);
    }
  });

  test('a context that cannot be encoded throws before anything is sent', () => {
    expect(() => codec.encode({ op: 'HELLO', context: { user_id: undefined } })).toThrow(TypeError);
    expect(() => codec.encode({ op: 'AUTH', token: '\ud800' })).toThrow(TypeError);
  });

  test('an encoded event is laid into any number of frames', () => {
    const event = codec.encodeEvent({ type: 'x' });
    const one = wireBytes(codec.encodePublish(1, [event]));
    const two = wireBytes(codec.encodePublish(1_000_000, [event, event]));
    expect(one.length).toBe(codec.publishBytes(1, 1, event.bytes));
    expect(two.length).toBe(codec.publishBytes(1_000_000, 2, 2 * event.bytes));
  });
});
