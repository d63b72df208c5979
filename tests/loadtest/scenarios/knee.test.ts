import fc from 'fast-check';
import { expect, it } from 'vitest';
import { KneeSearch } from '../../../loadtest/scenarios/knee.ts';

/** Searches a server that is well up to its capacity. */
function search(capacity: number, options: { first: number; most: number }): { found: KneeSearch; tried: number[] } {
  const found = new KneeSearch(options);
  const tried: number[] = [];
  for (let rate = found.next; rate !== null; rate = found.next) {
    tried.push(rate);
    if (tried.length > 60) throw new Error('it does not end');
    found.tell(rate, rate <= capacity ? 'good' : 'bad');
  }
  return { found, tried };
}

it('finds any capacity to within a tenth, from wherever it begins', () => {
  const capacity = fc.double({ min: 50, max: 900_000, noNaN: true });
  fc.assert(
    fc.property(capacity, fc.integer({ min: 1, max: 500_000 }), (capacity, first) => {
      const { found } = search(capacity, { first, most: 1_000_000 });
      expect(found.good).toBeLessThanOrEqual(capacity);
      expect(found.good * 1.1).toBeGreaterThanOrEqual(capacity * 0.999_999);
    }),
  );
});

it('stops at the highest rate that may be tried', () => {
  const { found, tried } = search(Number.POSITIVE_INFINITY, { first: 10, most: 100 });
  expect(tried).toEqual([10, 20, 40, 80, 100]);
  expect(found).toMatchObject({ good: 100, bad: Number.POSITIVE_INFINITY });
});

it('gives up on one that takes nothing', () => {
  const { found } = search(0, { first: 1000, most: 10_000 });
  expect(found.good).toBe(0);
});
