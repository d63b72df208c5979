import { describe, expect, it } from 'vitest';
import { findFlaw, STRUCTURE } from '../../../protocol/events.ts';

function nested(levels: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < levels; i++) value = { a: value };
  return value;
}

function flaw(event: unknown): [string, string] | null {
  const found = findFlaw(event);
  return found && [found.path.join('.'), found.message];
}

describe('the structure of an event', () => {
  it('has up to 8 levels, itself the first', () => {
    expect(flaw(nested(8))).toBeNull();
    expect(flaw(nested(9))).toEqual(['a.a.a.a.a.a.a.a', STRUCTURE.tooDeep]);
    expect(flaw({ a: [[[[[[[]]]]]]] })).toBeNull();
    expect(flaw({ a: [[[[[[[[]]]]]]]] })?.[1]).toBe(STRUCTURE.tooDeep);
  });

  it('has up to 256 values, itself not counted', () => {
    expect(flaw({ a: new Array(255).fill(0) })).toBeNull();
    expect(flaw({ a: new Array(256).fill(0) })?.[1]).toBe(STRUCTURE.tooMany);
    const keys = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, null]));
    expect(flaw(keys(256))).toBeNull();
    expect(flaw(keys(257))?.[1]).toBe(STRUCTURE.tooMany);
  });

  it.each([
    ['NaN', { a: Number.NaN }, STRUCTURE.notFinite],
    ['an infinity', { a: Number.NEGATIVE_INFINITY }, STRUCTURE.notFinite],
    ['2^53', { a: 2 ** 53 }, STRUCTURE.tooLarge],
    ['-2^53', { a: -(2 ** 53) }, STRUCTURE.tooLarge],
    ['a bigint', { a: 1n }, STRUCTURE.tooLarge],
    ['binary', { a: new Uint8Array(3) }, STRUCTURE.notPlain],
    ['a date', { a: new Date(0) }, STRUCTURE.notPlain],
    ['a map of another kind', { a: new Map() }, STRUCTURE.notPlain],
    ['a lone surrogate', { a: '\ud800' }, STRUCTURE.notUnicode],
    ['constructor', { a: 1, constructor: 2 }, STRUCTURE.forbiddenKey],
    ['a list', [1], STRUCTURE.notMap],
  ])('refuses %s', (_name, event, message) => {
    expect(flaw(event)?.[1]).toBe(message);
  });

  it('refuses a lone surrogate in a key', () => {
    expect(flaw({ '\ud800': 1 })?.[1]).toBe(STRUCTURE.notUnicode);
  });

  it('stops at the bounds, however much there is', () => {
    const wide = { a: new Array(1_000_000).fill({}) };
    const tally = { values: 0, members: 0 };
    expect(findFlaw(wide, tally)?.message).toBe(STRUCTURE.tooMany);
    expect(tally.values).toBe(257);
    expect(findFlaw(nested(100_000))?.message).toBe(STRUCTURE.tooDeep);
  });
});
