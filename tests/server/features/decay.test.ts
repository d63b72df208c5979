import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addDecayed, decayedAt, remaining } from '../../../server/features/decay.ts';
import { NOW, times } from './arbitrary-events.ts';

const HALF_LIVES = [3_600_000, 86_400_000, 30 * 86_400_000];

test('half is left after a half-life', () => {
  const sum = { value: 0, at: 0 };
  addDecayed(sum, 8, NOW, 1000);
  expect(decayedAt(sum, NOW, 1000)).toBe(8);
  expect(decayedAt(sum, NOW + 1000, 1000)).toBe(4);
  expect(decayedAt(sum, NOW + 3000, 1000)).toBe(1);
});

test('a late event counts what is left of it', () => {
  const sum = { value: 0, at: 0 };
  addDecayed(sum, 1, NOW, 1000);
  addDecayed(sum, 1, NOW - 2000, 1000);
  expect(sum).toEqual({ value: 1.25, at: NOW });
});

test('in any order it is the sum of the formula', () => {
  const events = fc.array(fc.record({ at: times, weight: fc.double({ min: 0.01, max: 1000, noNaN: true }) }), {
    minLength: 1,
  });
  const shuffled = events.chain((list) =>
    fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
  );
  fc.assert(
    fc.property(
      shuffled,
      fc.constantFrom(...HALF_LIVES),
      fc.nat(30 * 86_400_000),
      ([inOrder, mixed], halfLife, after) => {
        const edge = Math.max(...inOrder.map(({ at }) => at)) + after;
        const formula = inOrder.reduce((sum, { at, weight }) => sum + weight * 2 ** (-(edge - at) / halfLife), 0);
        for (const list of [inOrder, mixed]) {
          const sum = { value: 0, at: 0 };
          for (const { at, weight } of list) addDecayed(sum, weight, at, halfLife);
          expect(Math.abs(decayedAt(sum, edge, halfLife) - formula)).toBeLessThanOrEqual(1e-6 * formula);
        }
      },
    ),
  );
});

test('no age is too great', () => {
  expect(remaining(Number.MAX_SAFE_INTEGER, 3_600_000)).toBe(0);
  const sum = { value: 0, at: 0 };
  for (const at of [Number.MAX_SAFE_INTEGER, 0, NOW]) addDecayed(sum, 1, at, 3_600_000);
  expect(sum).toEqual({ value: 1, at: Number.MAX_SAFE_INTEGER });
  expect(decayedAt(sum, 0, 3_600_000)).toBe(1);
});
